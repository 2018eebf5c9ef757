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
        AddTestCase(new NewRenoTestCase);
        AddTestCase(new WindowTestCase);
    }
};

PacketTcpSenderTestSuite g_packetTcpSenderTestSuite; //!< Registers the suite

} // namespace
