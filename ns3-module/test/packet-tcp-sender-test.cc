/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-sender-bench.h"

#include "ns3/test.h"

#include <algorithm>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using namespace ns3::murmuration::test;

namespace
{

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
        SenderBench bench;
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
        SenderBench bench;
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
        SenderBench bench;
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
        SenderBench bench(options);
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

/** A window that has not been used for a timeout: half of what was not is given up. */
class UnusedTestCase : public TestCase
{
  public:
    UnusedTestCase()
        : TestCase("a window of 80 of which 12 are used for a timeout becomes 46")
    {
    }

  private:
    void DoRun() override
    {
        SenderBench bench;
        bench.Write(70);
        bench.At(200);
        bench.Ack(10, 100);
        bench.At(300);
        bench.Ack(30, 200);
        bench.At(400);
        bench.Ack(70, 300);
        // RTO is 300 ms; the window was used up to 300 ms.
        uint32_t acked = 70;
        for (const double time : {410, 510})
        {
            bench.At(time);
            bench.Write(12);
            NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 80, "at " << time);
            acked += 12;
            bench.At(time + 100);
            bench.Ack(acked, time);
        }
        bench.Write(12);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 46, "(80 + 12) / 2");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().threshold,
                              PacketCongestionWindow::NO_THRESHOLD,
                              "and grows as before");
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
        SenderBench bench(options);
        bench.Write(100);
        bench.At(200);
        bench.Ack(0, 100, {{1, 4}});
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().threshold, 5, "half of 10");
    }
};

/**
 * The send buffer of a connection that carries 120,000 bytes: what real Linux had written, and its
 * memory (SO_MEMINFO), at the same segments.
 */
class SendBufferTestCase : public TestCase
{
  public:
    SendBufferTestCase()
        : TestCase("send buffer: 46,336 of 120,000 bytes at first, 101,376 when they have run out")
    {
    }

  private:
    void DoRun() override
    {
        constexpr uint32_t WINDOW = 65160;
        constexpr uint64_t MESSAGE = 120'000;
        SenderBench bench;
        PacketTcpSender sender(bench.options, bench, false);
        const PacketSendBuffer& buffer = sender.GetSendBuffer();
        sender.Connect();
        sender.HandleSynAck(bench.now - 100 * MS, WINDOW);
        bench.TakeSent();
        sender.Write(MESSAGE);
        // A piece of 22 segments, half the window; five times two of them are sent, and as much
        // is added.
        NS_TEST_EXPECT_MSG_EQ(buffer.GetWritten(), 32 * 1448, "written");
        NS_TEST_EXPECT_MSG_EQ(buffer.GetMemory(), 32 * 1448 + 6 * 832, "six pieces");
        NS_TEST_EXPECT_MSG_EQ(buffer.GetSize(), 2 * 10 * 2304, "twice the initial window");
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(0, 10)), true, "ten are sent");
        bench.now += 100 * MS;
        for (uint32_t acked = 2; acked <= 10; acked += 2)
        {
            sender.HandleAck({acked, WINDOW, 100 * MS, nullptr});
            NS_TEST_EXPECT_MSG_EQ(buffer.GetWritten(), 32 * 1448, "the window is used");
        }
        // 22 fit the window now, and 20 are left.
        bench.now += 100 * MS;
        sender.HandleAck({12, 80'512, 200 * MS, nullptr});
        NS_TEST_EXPECT_MSG_EQ(buffer.GetSize(), 2 * 22 * 2304, "twice the window");
        NS_TEST_EXPECT_MSG_EQ(buffer.GetWritten(), MESSAGE, "all");
        while (sender.GetScoreboard().GetSize() > 0)
        {
            bench.now += 100 * MS;
            sender.HandleAck({sender.GetScoreboard().GetEnd(), 186'112, bench.now, nullptr});
        }
        NS_TEST_EXPECT_MSG_EQ(buffer.GetMemory(), 0, "all is acknowledged");
        NS_TEST_EXPECT_MSG_EQ(buffer.GetSize(), 2 * 22 * 2304, "nobody has waited again");
        // The next message finds a window that is larger than the buffer: 65 segments are written,
        // more than half the receiver's window, and so all sent, in 33 pieces.
        sender.Write(MESSAGE);
        NS_TEST_EXPECT_MSG_EQ(buffer.GetWritten(), MESSAGE + 94'120, "the end has to wait");
        NS_TEST_EXPECT_MSG_EQ(buffer.GetMemory(), 121'576, "for more than there is");
        NS_TEST_EXPECT_MSG_EQ(sender.GetSentBytes(), buffer.GetWritten(), "all that is in is sent");
        sender.Withdraw(2 * MESSAGE - sender.GetSentBytes());
        NS_TEST_EXPECT_MSG_EQ(buffer.GetWritten(), sender.GetSentBytes(), "taken back");
        sender.Write(1000);
        bench.now += 100 * MS;
        sender.HandleAck({sender.GetScoreboard().GetFirst() + 2, 186'112, bench.now, nullptr});
        NS_TEST_EXPECT_MSG_EQ(buffer.GetWritten(), sender.GetSentBytes(), "the first one wakes");
        NS_TEST_EXPECT_MSG_GT(buffer.GetSize(), 2 * 22 * 2304, "a buffer that has grown");
        // What waits in the buffer can be taken back as well.
        PacketTcpSender other(bench.options, bench, false);
        other.Connect();
        other.HandleSynAck(bench.now - 100 * MS, WINDOW);
        other.Write(MESSAGE);
        other.Withdraw(MESSAGE - other.GetSentBytes());
        NS_TEST_EXPECT_MSG_EQ(other.GetSendBuffer().GetWritten(), 10 * 1448, "what was sent");
        NS_TEST_EXPECT_MSG_EQ(other.GetSendBuffer().GetMemory(),
                              10 * 1448 + 5 * 832,
                              "and its pieces");
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
        SenderBench bench;
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

/** How the window of the sending end opens and closes. */
class PacketTcpSenderTestSuite : public TestSuite
{
  public:
    PacketTcpSenderTestSuite()
        : TestSuite("murmuration-packet-sender")
    {
        AddTestCase(new SlowStartTestCase);
        AddTestCase(new PushTestCase);
        AddTestCase(new HyStartTestCase);
        AddTestCase(new IdleTestCase);
        AddTestCase(new UnusedTestCase);
        AddTestCase(new SendBufferTestCase);
        AddTestCase(new NewRenoTestCase);
        AddTestCase(new WindowTestCase);
    }
};

PacketTcpSenderTestSuite g_packetTcpSenderTestSuite; //!< Registers the suite

} // namespace
