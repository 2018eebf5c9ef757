/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// BBR over PacketMessageTransport: pacing worked out by hand, and what BBR is known for.
#include "murmuration-test-support.h"
#include "packet-sender-bench.h"

#include "ns3/packet-bbr.h"
#include "ns3/packet-message-transport.h"
#include "ns3/packet-running-maximum.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <algorithm>
#include <cmath>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::MS;
using ns3::murmuration::test::Range;
using ns3::murmuration::test::Recorder;
using ns3::murmuration::test::SenderBench;

namespace
{

/** Numbers of TCP with BBR. */
PacketTcpOptions
WithBbr()
{
    PacketTcpOptions options;
    options.congestionControl = TcpSettings::CongestionControl::BBR;
    return options;
}

/** The greatest value of a window of times. */
class RunningMaximumTestCase : public TestCase
{
  public:
    RunningMaximumTestCase()
        : TestCase("the running maximum is never below what came last, and forgets what is old")
    {
    }

  private:
    void DoRun() override
    {
        PacketRunningMaximum maximum;
        maximum.Add(100, 0, 10);
        maximum.Add(50, 1, 10);
        NS_TEST_EXPECT_MSG_EQ(maximum.Get(), 100, "the greatest");
        maximum.Add(60, 5, 10);
        maximum.Add(40, 10, 10);
        NS_TEST_EXPECT_MSG_EQ(maximum.Get(), 100, "still in the window");
        maximum.Add(30, 11, 10);
        NS_TEST_EXPECT_MSG_EQ(maximum.Get(), 60, "the greatest of what came later");
        maximum.Add(70, 12, 10);
        NS_TEST_EXPECT_MSG_EQ(maximum.Get(), 70, "a greater one");
        maximum.Add(10, 40, 10);
        NS_TEST_EXPECT_MSG_EQ(maximum.Get(), 10, "all others are old");
    }
};

/** After the first ten segments, pairs leave at the pacing rate. */
class PacingTestCase : public TestCase
{
  public:
    PacingTestCase()
        : TestCase("ten segments at once, then pairs at 2.89 windows in a round-trip time")
    {
    }

  private:
    void DoRun() override
    {
        SenderBench bench(WithBbr());
        bench.Write(200);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(0, 10)), true, "the initial window");
        // 10 segments in 100 ms, times 739 / 256, less one percent.
        const double rate = 10 * 1448 / 0.1 * 739 / 256 * 0.99;
        const double pairMs = 1e3 * 2 * 1448 / rate;
        bench.At(200);
        bench.Ack(4, 100);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(10, 12)), true, "one pair at once");
        // It was late, so that the next one comes half of its time earlier.
        bench.At(200 + pairMs / 2 - 0.01);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 0, "nothing yet");
        bench.At(200 + pairMs / 2 + 0.01);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(12, 14)), true, "the second pair");
        bench.At(200 + 1.5 * pairMs - 0.01);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 0, "nothing yet");
        bench.At(200 + 1.5 * pairMs + 0.01);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(14, 16)), true, "the third pair");
        bench.At(200 + 2.5 * pairMs + 0.01);
        NS_TEST_EXPECT_MSG_EQ((bench.TakeSent() == Range(16, 18)), true, "the last one");
        bench.At(280);
        NS_TEST_EXPECT_MSG_EQ(bench.TakeSent().size(), 0, "the window is 14: 4 more than before");
    }
};

/** A long message over a path of one rate. */
class LongMessageTestCase : public TestCase
{
  public:
    LongMessageTestCase()
        : TestCase(
              "a path is filled, its queue is not; every 10 s four segments for 200 ms; losses "
              "do not matter")
    {
    }

  private:
    /** What was seen. */
    struct Result
    {
        double seconds;        //!< Until the message has arrived
        uint32_t leastWindow;  //!< From one second on
        double leastWindowAt;  //!< When that was seen first, in seconds
        double shortFor;       //!< How long the window was that short, in seconds
        uint32_t mostInFlight; //!< From three seconds on
    };

    /**
     * Send 25 MB over 10 Mbps, 20 ms one way.
     * @param control congestion control
     * @param loss of the uplink
     * @return what was seen
     */
    static Result Carry(TcpSettings::CongestionControl control, double loss)
    {
        const Ptr<WanUnderlay> underlay = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        auto state = underlay->GetLink(WanUnderlay::GetUplink(0));
        state.loss = loss;
        underlay->SetLink(WanUnderlay::GetUplink(0), state);
        underlay->AssignStreams(7);
        const auto transport =
            DynamicCast<PacketMessageTransport>(TransportHelper::Create("packet", underlay));
        TcpSettings settings;
        settings.congestionControl = control;
        transport->SetTcpSettings(settings);
        const Recorder recorder(transport);
        transport->Send(0, 1, 25'000'000);
        Result result{0, UINT32_MAX, 0, 0, 0};
        constexpr double STEP = 0.005;
        for (double time = 1; time < 20; time += STEP)
        {
            Simulator::Schedule(Seconds(time), [&result, transport, time] {
                const PacketTcpSender& sender = transport->FindConnection(0, 1)->GetSender();
                const uint32_t size = sender.GetWindow().size;
                result.leastWindowAt = size < result.leastWindow ? time : result.leastWindowAt;
                result.shortFor = size < result.leastWindow ? 0 : result.shortFor;
                result.leastWindow = std::min(result.leastWindow, size);
                result.shortFor += size == result.leastWindow ? STEP : 0;
                const uint32_t inFlight = sender.GetScoreboard().GetInFlight();
                result.mostInFlight = std::max(result.mostInFlight, time < 3 ? 0 : inFlight);
            });
        }
        Simulator::Run();
        result.seconds = 1e-9 * static_cast<double>(recorder.outcomes.at(0).nanosecond);
        Simulator::Destroy();
        return result;
    }

    void DoRun() override
    {
        using Control = TcpSettings::CongestionControl;
        const double least = 25e6 * 1500 / 1448 * 8 / 10e6;
        const Result bbr = Carry(Control::BBR, 0);
        NS_TEST_EXPECT_MSG_GT(bbr.seconds, least, "no faster than the link");
        // 1 % of pacing margin, 2 % of PROBE_RTT, and what it takes to begin.
        NS_TEST_EXPECT_MSG_LT(bbr.seconds, 1.04 * least, "nearly as fast as the link");
        NS_TEST_EXPECT_MSG_EQ(bbr.leastWindow, 4, "PROBE_RTT");
        NS_TEST_EXPECT_MSG_EQ_TOL(bbr.leastWindowAt, 10.1, 0.3, "after ten seconds");
        NS_TEST_EXPECT_MSG_GT(bbr.shortFor, 0.2, "200 ms");
        NS_TEST_EXPECT_MSG_LT(bbr.shortFor, 0.5, "and a round trip or two");
        // 10 Mbps times 42.5 ms are 35 segments; twice that, three buffers of one or two and what
        // comes at once are more.
        NS_TEST_EXPECT_MSG_LT(bbr.mostInFlight, 2 * 35 + 14, "a queue of one product at most");
        const Result cubic = Carry(Control::CUBIC, 0);
        NS_TEST_EXPECT_MSG_GT(cubic.mostInFlight, 200, "CUBIC fills the queue");

        const Result lossy = Carry(Control::BBR, 0.01);
        const Result lossyCubic = Carry(Control::CUBIC, 0.01);
        NS_TEST_EXPECT_MSG_LT(lossy.seconds, 1.08 * least, "losses of 1 % do not slow BBR down");
        NS_TEST_EXPECT_MSG_GT(lossyCubic.seconds, 2 * least, "they do slow CUBIC down");
    }
};

/** The tests of BBR. */
class PacketBbrTestSuite : public TestSuite
{
  public:
    PacketBbrTestSuite()
        : TestSuite("murmuration-packet-bbr")
    {
        AddTestCase(new RunningMaximumTestCase);
        AddTestCase(new PacingTestCase);
        AddTestCase(new LongMessageTestCase);
    }
};

PacketBbrTestSuite g_packetBbrTestSuite; //!< Registers the suite

} // namespace
