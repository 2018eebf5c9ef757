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
        SenderBench bench;
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
        : TestCase("tail loss: probe after 2 SRTT + 2 ms, RACK finds the other one")
    {
    }

  private:
    void DoRun() override
    {
        SenderBench bench;
        bench.Write(10);
        bench.TakeSent();
        bench.At(200);
        bench.Ack(8, 100);
        // SRTT is 100 ms: 200 + 200 + 2, rounded up to ticks of 4 ms, and one more.
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
        SenderBench bench;
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

/** An acknowledgement is lost: the next one tells of two blocks, the newer one first. */
class LostAckTestCase : public TestCase
{
  public:
    LostAckTestCase()
        : TestCase("two blocks at once, the later one first: that is no reordering")
    {
    }

  private:
    void DoRun() override
    {
        SenderBench bench;
        bench.Write(10);
        bench.TakeSent();
        bench.At(200);
        bench.Ack(2, 100, {{3, 5}});
        bench.Ack(2, 100, {{7, 8}, {3, 6}});
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetRack().IsReorderingSeen(),
                              false,
                              "segment 5 arrived before 7");
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == std::vector<uint32_t>{2, 6}),
                              true,
                              "what is missing is lost, both holes at once");
        // Now one does come after a later one.
        bench.Ack(2, 100, {{6, 8}, {3, 6}});
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetRack().IsReorderingSeen(),
                              false,
                              "it was sent again: nothing is known of its order");
        SenderBench other;
        other.Write(10);
        other.At(200);
        other.Ack(2, 100, {{7, 8}});
        other.Ack(2, 100, {{3, 4}, {7, 8}});
        NS_TEST_EXPECT_MSG_EQ(other.sender.GetRack().IsReorderingSeen(),
                              true,
                              "3 has come after 7");
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
        SenderBench bench;
        bench.Write(20);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 10, "the initial window");
        // A probe with new data at 308 ms; RTO = 100 + max(200, 200) = 300 ms after it, which
        // expires at 640 ms, a multiple of 32.
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
        SenderBench bench;
        bench.Write(1);
        bench.TakeSent();
        // One segment under way: its probe waits for 2 SRTT + 200 ms, more than the timeout of
        // 100 + 200 = 300 ms, which it takes the place of; the timeout itself follows after 300 ms.
        // Timers of 300 to 1200 ms expire at multiples of 32 ms, one of 2400 ms at one of 256.
        bench.At(415);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 0, "not yet");
        bench.At(417);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 1, "the probe");
        std::vector<double> expected{736, 1344, 2560, 5120};
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
        const double seconds = 1e-9 * static_cast<double>(bench.failedAt) - 0.736;
        NS_TEST_EXPECT_MSG_EQ((seconds >= 924.6 && seconds < 924.6 + 123),
                              true,
                              "after " << seconds);
    }
};

/** A SYN that is not answered. */
class SynTestCase : public TestCase
{
  public:
    SynTestCase()
        : TestCase("SYNs each second for 5 s, then doubling; given up after 135 s")
    {
    }

  private:
    void DoRun() override
    {
        SenderBench bench;
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
            expected{0, 1024, 2048, 3072, 4096, 5120, 7136, 11264, 19456, 35584, 69632};
        NS_TEST_EXPECT_MSG_EQ((bench.synTimes == expected),
                              true,
                              "as tcp_syn_linear_timeouts and the timer wheel have it");
        NS_TEST_EXPECT_MSG_EQ(bench.failure, "the connection attempt timed out", "given up");
        NS_TEST_EXPECT_MSG_EQ(bench.failedAt / MS, 135'168, "after the last doubling");
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
        SenderBench bench;
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
        NS_TEST_EXPECT_MSG_EQ(CountUndone(0), 1, "also when nothing is under way any more");
        NS_TEST_EXPECT_MSG_EQ(CountUndone(1), 0, "but not if more came twice than was sent again");
    }

    /**
     * Ten segments, one of which is sent again; all arrive, and then that one twice.
     * @param before duplicates that are told of before anything is sent again
     * @return reductions taken back
     */
    uint64_t CountUndone(uint32_t before)
    {
        SenderBench bench;
        bench.Write(10);
        bench.At(200);
        for (uint32_t count = 0; count < before; ++count)
        {
            bench.AckDuplicate(0, 100, 0);
        }
        bench.Ack(0, 100, {{1, 4}});
        bench.At(300);
        bench.Ack(10, 200);
        bench.AckDuplicate(10, 200, 0);
        return bench.sender.GetCounts().undone;
    }
};

/** What fills a hole was late: the repair is undone before all of it is acknowledged. */
class PartialUndoTestCase : public TestCase
{
  public:
    PartialUndoTestCase()
        : TestCase("part of a repair acknowledged by what was late: undone at once")
    {
    }

  private:
    void DoRun() override
    {
        SenderBench bench;
        bench.Write(10);
        bench.At(200);
        bench.Ack(0, 100, {{1, 4}});
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().retransmissions, 1, "taken for lost");
        bench.At(205);
        bench.Ack(4, 100);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().undone, 1, "undone");
        NS_TEST_EXPECT_MSG_EQ((bench.sender.GetPhase() == PacketTcpSender::Phase::OPEN),
                              true,
                              "though six are under way");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetRack().IsReorderingSeen(), true, "remembered");
    }
};

/** What was sent again is lost again: what was sent after it has arrived. */
class LostAgainTestCase : public TestCase
{
  public:
    LostAgainTestCase()
        : TestCase("what was sent again is lost again, and sent a third time, without a timeout")
    {
    }

  private:
    void DoRun() override
    {
        SenderBench bench;
        bench.Write(40);
        bench.At(200);
        bench.Ack(0, 100, {{1, 4}});
        bench.At(201);
        bench.Ack(0, 100, {{1, 10}});
        const std::vector<uint32_t> sent = bench.TakeSent();
        NS_TEST_ASSERT_MSG_GT(sent.back(), 9, "new data was sent behind it");
        bench.At(301);
        bench.Ack(0, 100, {{1, 11}});
        const std::vector<uint32_t> again = bench.TakeSent();
        NS_TEST_EXPECT_MSG_EQ(std::count(again.begin(), again.end(), 0U), 1, "once more");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().timeouts, 0, "no timeout");
    }
};

/** F-RTO: after the first acknowledgement something new is sent, and the next one decides. */
class FrtoTestCase : public TestCase
{
  public:
    FrtoTestCase()
        : TestCase("F-RTO sends something new, and sends again when that tells of a hole")
    {
    }

  private:
    void DoRun() override
    {
        SenderBench bench;
        bench.Write(30);
        bench.At(900);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().timeouts, 1, "a timeout");
        bench.TakeSent();
        bench.Ack(1, 700);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(11, 13)), true, "new ones [2.b]");
        bench.At(1000);
        bench.Ack(1, 900, {{11, 12}});
        const std::vector<uint32_t> again = bench.TakeSent();
        NS_TEST_EXPECT_MSG_EQ((!again.empty() && again.front() == 1), true, "it was lost [3.a]");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().undone, 0, "nothing is undone");
    }
};

/** Duplicates widen the window in which segments may be out of order, for 16 recoveries. */
class WideningTestCase : public TestCase
{
  public:
    WideningTestCase()
        : TestCase("RACK: a quarter of a round trip more for each one with duplicates")
    {
    }

  private:
    void DoRun() override
    {
        PacketRoundTrip rtt;
        rtt.Add(100 * MS, 200 * MS, 0, 0);
        rtt.AddToMinimum(100 * MS, 0);
        PacketScoreboard board;
        PacketRack rack;
        NS_TEST_EXPECT_MSG_EQ(rack.GetWindow(rtt, 3, false), 0, "three mean a loss");
        rack.NoteReordering(1, 3);
        NS_TEST_EXPECT_MSG_EQ(rack.GetWindow(rtt, 3, false), 25 * MS, "a quarter");
        for (const int64_t expected : {50, 75, 100, 100})
        {
            rack.NoteDuplicate();
            rack.UpdateWindow(board);
            NS_TEST_EXPECT_MSG_EQ(rack.GetWindow(rtt, 3, false), expected * MS, "up to SRTT");
        }
        for (uint32_t count = 0; count < 16; ++count)
        {
            rack.UpdateWindow(board);
            NS_TEST_EXPECT_MSG_EQ(rack.GetWindow(rtt, 3, false), 100 * MS, "16 recoveries");
            rack.EndRecovery();
        }
        rack.UpdateWindow(board);
        NS_TEST_EXPECT_MSG_EQ(rack.GetWindow(rtt, 3, false), 25 * MS, "as at first");
    }
};

/** What the sending end does about what is lost, late or doubled. */
class PacketTcpRecoveryTestSuite : public TestSuite
{
  public:
    PacketTcpRecoveryTestSuite()
        : TestSuite("murmuration-packet-recovery")
    {
        AddTestCase(new OneLossTestCase);
        AddTestCase(new TailLossTestCase);
        AddTestCase(new ReorderingTestCase);
        AddTestCase(new LostAckTestCase);
        AddTestCase(new SpuriousTimeoutTestCase);
        AddTestCase(new BackoffTestCase);
        AddTestCase(new SynTestCase);
        AddTestCase(new DuplicateTestCase);
        AddTestCase(new PartialUndoTestCase);
        AddTestCase(new LostAgainTestCase);
        AddTestCase(new FrtoTestCase);
        AddTestCase(new WideningTestCase);
    }
};

PacketTcpRecoveryTestSuite g_packetTcpRecoveryTestSuite; //!< Registers the suite

} // namespace
