/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/packet-tcp-sender.h"
#include "ns3/test.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;

namespace
{

constexpr int64_t MS = 1'000'000;

/** A receiver with all the room in the world. */
constexpr uint32_t ROOM = 100'000'000;

/** A sender on a wire of paper: what it sends is written down, what it gets is made up. */
class Bench : public PacketSenderWire
{
  public:
    /**
     * Connect a sender at time 0; the answer to its SYN comes after a round trip of 100 ms.
     * @param given numbers of TCP
     */
    explicit Bench(const PacketTcpOptions& given = {})
        : options(given),
          sender(options, *this, false)
    {
        sender.Connect();
        At(100);
        sender.HandleSynAck(0, ROOM);
        sent.clear();
    }

    /**
     * Let time pass; the timer expires when it does.
     * @param ms the time
     */
    void At(double ms)
    {
        const auto time = static_cast<int64_t>(ms * MS);
        while (sender.GetDeadline() <= time)
        {
            now = std::max(now, sender.GetDeadline());
            sender.HandleTimer();
        }
        now = time;
    }

    /**
     * Write so many full segments.
     * @param segments how many
     */
    void Write(uint32_t segments)
    {
        sender.Write(uint64_t{segments} * options.segmentSize);
    }

    /**
     * An acknowledgement comes.
     * @param number the next segment that is expected
     * @param echoMs the time stamp that is echoed
     * @param blocks what has arrived beyond it
     */
    void Ack(uint32_t number, double echoMs, const std::vector<PacketSackBlock>& blocks = {})
    {
        PacketSack sack;
        for (const PacketSackBlock& block : blocks)
        {
            sack.blocks[sack.count++] = block;
        }
        const auto echo = static_cast<int64_t>(echoMs * MS);
        sender.HandleAck({number, ROOM, echo, blocks.empty() ? nullptr : &sack});
    }

    /**
     * An acknowledgement tells that a segment has come twice.
     * @param number the next segment that is expected
     * @param echoMs the time stamp that is echoed
     * @param duplicate the segment
     */
    void AckDuplicate(uint32_t number, double echoMs, uint32_t duplicate)
    {
        PacketSack sack;
        sack.isDuplicate = true;
        sack.blocks[sack.count++] = {duplicate, duplicate + 1};
        sender.HandleAck({number, ROOM, static_cast<int64_t>(echoMs * MS), &sack});
    }

    /** @return what was sent since this was asked before */
    std::vector<uint32_t> TakeSent()
    {
        return std::exchange(sent, {});
    }

    int64_t GetNow() const override
    {
        return now;
    }

    void SendSyn() override
    {
        synTimes.push_back(now / MS);
    }

    void SendHandshakeAck() override
    {
    }

    void SendSegment(const PacketSending& sending) override
    {
        sent.push_back(sending.number);
        if (sending.isPushed)
        {
            pushed.push_back(sending.number);
        }
    }

    void HandleFirstSending(uint32_t /* number */, uint64_t /* end */) override
    {
    }

    void Fail(const std::string& reason) override
    {
        failure = reason;
        failedAt = now;
    }

    PacketTcpOptions options;      //!< Numbers of TCP
    int64_t now{0};                //!< The time
    int64_t failedAt{0};           //!< When the connection failed
    std::string failure;           //!< Why
    std::vector<int64_t> synTimes; //!< When SYNs were sent, in ms
    std::vector<uint32_t> sent;    //!< Numbers of segments sent
    std::vector<uint32_t> pushed;  //!< Of those, the ends of buffers of several
    PacketTcpSender sender;        //!< Comes last: it uses the others
};

/** @return the numbers from `begin` to before `end` */
std::vector<uint32_t>
Range(uint32_t begin, uint32_t end)
{
    std::vector<uint32_t> numbers;
    for (uint32_t number = begin; number < end; ++number)
    {
        numbers.push_back(number);
    }
    return numbers;
}

/** Ten segments; each acknowledgement of two lets four go. */
class SlowStartTestCase : public TestCase
{
  public:
    SlowStartTestCase()
        : TestCase("slow start: initial window of 10, one more for each acknowledged")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(1000);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(0, 10)), true, "the initial window");
        bench.At(200);
        bench.Ack(2, 100);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(10, 14)), true, "two and two more");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 12, "by what was acknowledged");
        bench.Ack(10, 100);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(14, 30)), true, "twice as many");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 20, "doubled");
    }
};

/** At a slow rate a buffer has two segments (tcp_tso_autosize()), and its end is pushed. */
class PushTestCase : public TestCase
{
  public:
    PushTestCase()
        : TestCase("buffers: of two segments at a slow rate, whose second one is pushed")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(1000);
        const std::vector<uint32_t> initial{1, 3, 5, 7, 9};
        NS_TEST_EXPECT_MSG_EQ((bench.pushed == initial), true, "five buffers of two");
        bench.pushed.clear();
        bench.At(200);
        bench.Ack(1, 100);
        NS_TEST_EXPECT_MSG_EQ((bench.pushed == std::vector<uint32_t>{11}), true, "10 and 11");
        bench.pushed.clear();
        bench.Ack(3, 100);
        const std::vector<uint32_t> later{13, 15};
        NS_TEST_EXPECT_MSG_EQ((bench.pushed == later), true, "12 to 15");
    }
};

/**
 * HyStart: a round whose eight samples are all 12.5 ms above the least one (100 ms / 8) does not
 * end slow start, and one above that does, at its ninth sample.
 */
class HyStartTestCase : public TestCase
{
  public:
    HyStartTestCase()
        : TestCase("HyStart leaves slow start at the ninth sample that is an eighth too long")
    {
    }

  private:
    /**
     * Round 1 takes 100 ms, round 2 more.
     * @param rise how much more, in ms
     * @return how many acknowledgements of round 2 came before slow start ended; 20: all
     */
    uint32_t CountSamples(double rise)
    {
        Bench bench;
        bench.Write(1000);
        bench.At(200);
        // 3 ms apart: not a train.
        for (uint32_t segment = 1; segment <= 10; ++segment)
        {
            bench.At(200 + 3 * (segment - 1));
            bench.Ack(segment, 100);
            // Two segments leave, at 200, 203 ... 227 ms.
        }
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 20, "the window has doubled");
        for (uint32_t count = 0; count < 20; ++count)
        {
            const double sentAt = 200 + 3 * (count / 2);
            bench.At(std::max(sentAt + 100 + rise, 1e-6 * static_cast<double>(bench.now)));
            bench.Ack(11 + count, sentAt);
            if (!bench.sender.GetWindow().IsSlowStart())
            {
                return count + 1;
            }
        }
        return 20;
    }

    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(CountSamples(12.4), 20, "an eighth of 100 ms is no reason");
        NS_TEST_EXPECT_MSG_EQ(CountSamples(12.6), 9, "more than that is, after 8 samples");
    }
};

/** One of ten is lost: three are told to have arrived, it is sent again, the window falls to 7. */
class OneLossTestCase : public TestCase
{
  public:
    OneLossTestCase()
        : TestCase("one loss: sent again at the third duplicate, CUBIC's 0.7, PRR, no timeout")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(10);
        bench.At(200);
        bench.TakeSent();
        bench.Ack(2, 100);
        bench.At(201);
        bench.Ack(2, 100, {{3, 4}});
        bench.Ack(2, 100, {{3, 5}});
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 0, "two duplicates may be reordering");
        bench.Ack(2, 100, {{3, 6}});
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(2, 3)), true, "the third means a loss");
        NS_TEST_EXPECT_MSG_EQ((bench.sender.GetPhase() == PacketTcpSender::Phase::RECOVERY),
                              true,
                              "recovery");
        // 12 x 717 / 1024 = 8.4
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().threshold, 8, "CUBIC's factor");
        bench.Ack(2, 100, {{3, 10}});
        bench.At(301);
        bench.Ack(10, 201);
        NS_TEST_EXPECT_MSG_EQ((bench.sender.GetPhase() == PacketTcpSender::Phase::OPEN),
                              true,
                              "repaired");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 8, "the window has fallen");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().timeouts, 0, "no timeout");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().retransmissions, 1, "one sent again");
    }
};

/** The last two of ten are lost: a probe after two round trips, then the other one. */
class TailLossTestCase : public TestCase
{
  public:
    TailLossTestCase()
        : TestCase("tail loss: probe after 2 SRTT + 2 jiffies, RACK finds the other one")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(10);
        bench.TakeSent();
        bench.At(200);
        bench.Ack(8, 100);
        // SRTT is 100 ms: 200 + 200 + 8.
        bench.At(407.9);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 0, "not yet");
        bench.At(408.1);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(9, 10)), true, "the last one");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().probes, 1, "as a probe");
        bench.At(508.1);
        bench.Ack(8, 100, {{9, 10}});
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size() + bench.sender.GetCounts().timeouts,
                              1,
                              "what was sent before the probe and has not arrived is lost");
        bench.At(608.1);
        bench.Ack(10, 508.1);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetScoreboard().GetSize(), 0, "all has arrived");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().timeouts, 0, "no timeout");
    }
};

/** Segments that overtake each other: nothing is sent again, once reordering has been seen. */
class ReorderingTestCase : public TestCase
{
  public:
    ReorderingTestCase()
        : TestCase("reordering: a spurious repair is undone by the time stamp")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(10);
        bench.TakeSent();
        bench.At(200);
        bench.Ack(0, 100, {{1, 4}});
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(0, 1)), true, "taken for a loss");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().threshold, 7, "10 x 0.7");
        // The first one was only late: what is echoed was sent before it was sent again.
        bench.At(205);
        bench.Ack(10, 100);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().undone, 1, "undone by the time stamp");
        NS_TEST_EXPECT_MSG_EQ((bench.sender.GetWindow().size >= 10), true, "the window is back");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().IsSlowStart(), true, "and its threshold");
    }
};

/** All acknowledgements are late: a timeout, found to be spurious by the first of them. */
class SpuriousTimeoutTestCase : public TestCase
{
  public:
    SpuriousTimeoutTestCase()
        : TestCase("spurious timeout: one segment is sent again, and the window restored")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(20);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 10, "the initial window");
        // A probe with new data after 2 SRTT; RTO = 100 + max(200, 200) = 300 ms after it.
        bench.At(900);
        const std::vector<uint32_t> again = bench.TakeSent();
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().timeouts, 1, "a timeout");
        NS_TEST_EXPECT_MSG_EQ(std::count(again.begin(), again.end(), 0U), 1, "the first one");
        NS_TEST_EXPECT_MSG_EQ(std::count(again.begin(), again.end(), 1U), 0, "and no other");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 1, "as small as can be");
        bench.At(950);
        bench.Ack(2, 100);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().undone, 1, "undone");
        NS_TEST_EXPECT_MSG_EQ((bench.sender.GetPhase() == PacketTcpSender::Phase::OPEN),
                              true,
                              "as before");
        NS_TEST_EXPECT_MSG_EQ((bench.sender.GetWindow().size >= 10), true, "the window is back");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetScoreboard().GetNLost(), 0, "nothing is lost");
        const std::vector<uint32_t> next = bench.TakeSent();
        NS_TEST_EXPECT_MSG_EQ((!next.empty() && next.front() > 10), true, "new data goes on");
    }
};

/** Nothing is answered any more: timeouts double, until Linux's limit. */
class BackoffTestCase : public TestCase
{
  public:
    BackoffTestCase()
        : TestCase("timeouts double up to 120 s; given up after 924.6 s and more")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(1);
        bench.TakeSent();
        // One segment under way: its probe waits for 2 SRTT + 200 ms, more than the timeout of
        // 100 + 200 = 300 ms, which it takes the place of; the timeout itself follows after 300 ms.
        bench.At(399);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 0, "not yet");
        bench.At(401);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 1, "the probe");
        std::vector<double> expected{700, 1300, 2500, 4900};
        for (const double time : expected)
        {
            bench.At(time - 1);
            NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 0, "not before " << time);
            bench.At(time + 1);
            NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 1, "at " << time);
        }
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().timeouts, 4, "four");
        bench.At(2'000'000);
        NS_TEST_EXPECT_MSG_EQ(bench.failure, "retransmissions were not acknowledged", "given up");
        const double seconds = 1e-9 * static_cast<double>(bench.failedAt) - 0.7;
        NS_TEST_EXPECT_MSG_EQ((seconds >= 924.6 && seconds < 924.6 + 120),
                              true,
                              "after " << seconds);
    }
};

/** A SYN that is not answered. */
class SynTestCase : public TestCase
{
  public:
    SynTestCase()
        : TestCase("SYNs at 0, 1, 2, 3, 4 s, then doubling; given up after 131 s")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        PacketTcpSender sender(bench.options, bench, false);
        bench.now = 0;
        bench.synTimes.clear();
        sender.Connect();
        while (sender.GetDeadline() != PacketTcpSender::NEVER)
        {
            bench.now = sender.GetDeadline();
            sender.HandleTimer();
        }
        const std::vector<int64_t>
            expected{0, 1000, 2000, 3000, 4000, 5000, 7000, 11000, 19000, 35000, 67000};
        NS_TEST_EXPECT_MSG_EQ((bench.synTimes == expected),
                              true,
                              "as tcp_syn_linear_timeouts has it");
        NS_TEST_EXPECT_MSG_EQ(bench.failure, "the connection attempt timed out", "given up");
        NS_TEST_EXPECT_MSG_EQ(bench.failedAt / MS, 131'000, "after the last doubling");
    }
};

/** A pause of two and a half timeouts halves the window twice. */
class IdleTestCase : public TestCase
{
  public:
    IdleTestCase()
        : TestCase("restart after idle: half a window for each timeout, down to the initial one")
    {
    }

  private:
    /**
     * Two rounds of slow start, a pause, and data again.
     * @param options numbers of TCP
     * @param pause in ms
     * @return how many segments leave at once
     */
    std::size_t CountAfterPause(const PacketTcpOptions& options, double pause)
    {
        Bench bench(options);
        bench.Write(70);
        bench.At(200);
        bench.Ack(10, 100);
        bench.At(300);
        bench.Ack(30, 200);
        bench.At(400);
        bench.Ack(70, 300);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 80, "grown");
        bench.TakeSent();
        // Nothing was sent since 300 ms. RTO = 100 + 200 ms.
        bench.At(300 + pause);
        bench.Write(200);
        return bench.TakeSent().size();
    }

    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(CountAfterPause({}, 250), 80, "less than a timeout");
        NS_TEST_EXPECT_MSG_EQ(CountAfterPause({}, 350), 40, "one");
        NS_TEST_EXPECT_MSG_EQ(CountAfterPause({}, 750), 20, "two");
        NS_TEST_EXPECT_MSG_EQ(CountAfterPause({}, 9000), 10, "not below the initial window");
        PacketTcpOptions off;
        off.slowStartAfterIdle = false;
        NS_TEST_EXPECT_MSG_EQ(CountAfterPause(off, 9000), 80, "unless it is off");
    }
};

/** NewReno: half, and one more for each window. */
class NewRenoTestCase : public TestCase
{
  public:
    NewRenoTestCase()
        : TestCase("NewReno halves its window")
    {
    }

  private:
    void DoRun() override
    {
        PacketTcpOptions options;
        options.congestionControl = TcpSettings::CongestionControl::NEW_RENO;
        Bench bench(options);
        bench.Write(100);
        bench.At(200);
        bench.Ack(0, 100, {{1, 4}});
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().threshold, 5, "half of 10");
    }
};

/** Never more under way than the window, whatever comes. */
class WindowTestCase : public TestCase
{
  public:
    WindowTestCase()
        : TestCase("what the receiver allows is never exceeded")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(1000);
        bench.At(200);
        bench.sender.HandleAck({10, 3 * 1448, 100 * MS, nullptr});
        // What was allowed before is not taken back; here it was everything.
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetAllowedBytes(), ROOM, "never taken back");
        PacketTcpSender small(bench.options, bench, false);
        small.Connect();
        bench.TakeSent();
        small.HandleSynAck(bench.now, 4 * 1448 + 100);
        small.Write(100'000);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 4, "four full segments fit");
        NS_TEST_EXPECT_MSG_EQ((small.GetSentBytes() <= small.GetAllowedBytes()), true, "bytes");
    }
};

/** A duplicate of each segment that was sent again: nothing had been lost. */
class DuplicateTestCase : public TestCase
{
  public:
    DuplicateTestCase()
        : TestCase("duplicates told of undo a repair [RFC 3708]")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench;
        bench.Write(20);
        bench.At(200);
        bench.Ack(0, 100, {{1, 4}});
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().retransmissions, 1, "one is sent again");
        bench.At(300);
        bench.Ack(10, 200);
        NS_TEST_EXPECT_MSG_EQ((bench.sender.GetPhase() == PacketTcpSender::Phase::OPEN),
                              true,
                              "repaired");
        bench.AckDuplicate(10, 200, 0);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().undone, 1, "and came twice");
    }
};

/** The tests of the sending end. */
class PacketTcpSenderTestSuite : public TestSuite
{
  public:
    PacketTcpSenderTestSuite()
        : TestSuite("murmuration-packet-sender")
    {
        AddTestCase(new SlowStartTestCase);
        AddTestCase(new PushTestCase);
        AddTestCase(new HyStartTestCase);
        AddTestCase(new OneLossTestCase);
        AddTestCase(new TailLossTestCase);
        AddTestCase(new ReorderingTestCase);
        AddTestCase(new SpuriousTimeoutTestCase);
        AddTestCase(new BackoffTestCase);
        AddTestCase(new SynTestCase);
        AddTestCase(new IdleTestCase);
        AddTestCase(new NewRenoTestCase);
        AddTestCase(new WindowTestCase);
        AddTestCase(new DuplicateTestCase);
    }
};

PacketTcpSenderTestSuite g_packetTcpSenderTestSuite; //!< Registers the suite

} // namespace
