/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/net-device.h"
#include "ns3/node.h"
#include "ns3/queue-size.h"
#include "ns3/routed-underlay.h"
#include "ns3/simulator.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-helper.h"

#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::ACK_BYTES;
using ns3::murmuration::test::ChooseRoutes;
using ns3::murmuration::test::PathTime;
using ns3::murmuration::test::Recorder;
using ns3::murmuration::test::SEGMENT_BYTES;
using ns3::murmuration::test::SYN_BYTES;

namespace
{

/**
 * Join two routers in both directions.
 * @param underlay the underlay
 * @param first one end
 * @param second the other end
 * @param state rate and delay
 */
void
Join(Ptr<RoutedUnderlay> underlay, uint32_t first, uint32_t second, const Underlay::Link& state)
{
    underlay->AddCoreLink(first, second, state);
    underlay->AddCoreLink(second, first, state);
}

/** A line of routers, joined by links of these rates and 200 us each. */
Ptr<RoutedUnderlay>
MakeLine(const std::vector<std::string>& rates)
{
    const auto underlay = CreateObject<RoutedUnderlay>();
    underlay->AddRouter();
    for (uint32_t i = 0; i < rates.size(); ++i)
    {
        underlay->AddRouter();
        Join(underlay, i, i + 1, {DataRate(rates[i]), MicroSeconds(200)});
    }
    return underlay;
}

/**
 * One message over three routers, its uplink the slowest link and never idle: handshake +
 * transmission on the uplink + the last segment's way through the rest.
 */
class RoutedTimeTestCase : public TestCase
{
  public:
    RoutedTimeTestCase()
        : TestCase("one message over routers")
    {
    }

  private:
    void DoRun() override
    {
        const auto underlay = MakeLine({"50Mbps", "20Mbps"});
        const Underlay::Link up{DataRate("10Mbps"), MicroSeconds(100)};
        const Underlay::Link down{DataRate("100Mbps"), MicroSeconds(300)};
        underlay->AddNode(0, up, down);
        underlay->AddNode(2, up, down);
        ChooseRoutes(underlay);
        const auto transport = TransportHelper::Create("tcp", underlay);
        Recorder recorder(transport);
        // With the frame header, 1000 full segments.
        transport->Send(0, 1, 1000 * 1448 - 16);
        Simulator::Run();

        const std::vector<double> rates{10e6, 50e6, 20e6, 100e6};
        const double latency = 0.0008;
        // The bare ACK of the handshake goes ahead of the data.
        const double expected = 2 * PathTime(SYN_BYTES, rates, latency) + 8 * ACK_BYTES / 10e6 +
                                999 * 8 * SEGMENT_BYTES / 10e6 +
                                PathTime(SEGMENT_BYTES, rates, latency);
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "it arrives");
        NS_TEST_EXPECT_MSG_EQ_TOL(recorder.outcomes[0].nanosecond * 1e-9,
                                  expected,
                                  1e-8,
                                  "to a few nanoseconds");
        Simulator::Destroy();
    }
};

/** Nodes that are routers themselves, and a node behind the same router as its peer. */
class RoutedEndsTestCase : public TestCase
{
  public:
    RoutedEndsTestCase()
        : TestCase("nodes that are routers, and neighbors at one router")
    {
    }

  private:
    static double Expected(const std::vector<double>& rates, double latency)
    {
        return 2 * PathTime(SYN_BYTES, rates, latency) + 8 * ACK_BYTES / rates[0] +
               999 * 8 * SEGMENT_BYTES / rates[0] + PathTime(SEGMENT_BYTES, rates, latency);
    }

    void DoRun() override
    {
        const auto underlay = MakeLine({"10Mbps", "10Mbps"});
        underlay->AddNode(0);
        underlay->AddNode(2);
        const Underlay::Link access{DataRate("10Mbps"), MicroSeconds(100)};
        underlay->AddNode(1, access, access);
        underlay->AddNode(1, access, access);
        ChooseRoutes(underlay);
        const auto transport = TransportHelper::Create("tcp", underlay);
        Recorder recorder(transport);
        transport->Send(0, 1, 1000 * 1448 - 16);
        transport->Send(2, 3, 1000 * 1448 - 16);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both arrive");
        for (std::size_t i = 0; i < 2; ++i)
        {
            const bool isCore = recorder.messages[i].from == 0;
            NS_TEST_EXPECT_MSG_EQ_TOL(recorder.outcomes[i].nanosecond * 1e-9,
                                      Expected({10e6, 10e6}, isCore ? 0.0004 : 0.0002),
                                      1e-8,
                                      "two links, and nothing shared");
        }
        Simulator::Destroy();
    }
};

/** Two pairs of fast nodes share one core link: equal shares, and all of it in use. */
class RoutedShareTestCase : public TestCase
{
  public:
    RoutedShareTestCase()
        : TestCase("two messages share a core link")
    {
    }

  private:
    void DoRun() override
    {
        // The least use of the link below is that of CUBIC alone; a newer ns-3 makes it friendly to
        // AIMD, with 92 % of a queue that is as short.
        Config::SetDefaultFailSafe("ns3::TcpCubic::TcpFriendliness", BooleanValue(false));
        const uint64_t size = 5'000'000;
        const auto underlay = CreateObject<RoutedUnderlay>();
        underlay->AddRouter();
        underlay->AddRouter();
        Join(underlay, 0, 1, {DataRate("10Mbps"), MilliSeconds(10)});
        const Underlay::Link access{DataRate("100Mbps"), Time(0)};
        for (uint32_t node = 0; node < 4; ++node)
        {
            underlay->AddNode(node / 2, access, access);
        }
        ChooseRoutes(underlay);
        WanHelper helper;
        helper.SetCoreQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize("50p")));
        const NodeContainer nodes = helper.CreateNodes(underlay);
        // Device 0 is the loopback.
        const auto channel = DynamicCast<RoutedChannel>(nodes.Get(0)->GetDevice(1)->GetChannel());
        uint64_t nDropped = 0;
        channel->TraceConnectWithoutContext(
            "Drop",
            Callback<void, Ptr<const Packet>, uint32_t>(
                [&nDropped](Ptr<const Packet>, uint32_t) { ++nDropped; }));
        const auto transport = CreateObject<TcpMessageTransport>();
        transport->SetNodes(nodes, [](uint32_t, uint32_t to) { return WanHelper::GetAddress(to); });
        Recorder recorder(transport);
        transport->Send(0, 2, size);
        transport->Send(1, 3, size);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both arrive");
        const double first = recorder.outcomes[0].nanosecond * 1e-9;
        const double last = recorder.outcomes[1].nanosecond * 1e-9;
        const double idle = 8 * size * SEGMENT_BYTES / 1448 / 10e6;
        NS_TEST_EXPECT_MSG_GT(last, 2 * idle, "the core link carries no more than its rate");
        NS_TEST_EXPECT_MSG_LT(last, 2 * idle * 1.05, "and no less than 95 % of it");
        NS_TEST_EXPECT_MSG_GT(first, 2 * idle * 0.8, "neither has much more than its half");
        NS_TEST_EXPECT_MSG_GT(nDropped, 0, "its queue overflowed");
        NS_TEST_EXPECT_MSG_EQ(channel->GetQueue(0)->GetTotalDroppedPackets(),
                              nDropped,
                              "the trace tells of every drop");
        Simulator::Destroy();
        Config::SetDefaultFailSafe("ns3::TcpCubic::TcpFriendliness", BooleanValue(true));
    }
};

/** A core link that becomes slower in the middle of a message. */
class RoutedChangeTestCase : public TestCase
{
  public:
    RoutedChangeTestCase()
        : TestCase("a core link changes its rate")
    {
    }

  private:
    void DoRun() override
    {
        const auto underlay = MakeLine({"10Mbps"});
        underlay->AddNode(0);
        underlay->AddNode(1);
        ChooseRoutes(underlay);
        const auto transport = TransportHelper::Create("tcp", underlay);
        Recorder recorder(transport);
        transport->Send(0, 1, 2'000'000);
        Simulator::Schedule(Seconds(1), [underlay] {
            underlay->SetLink(0, {DataRate("1Mbps"), MicroSeconds(200)});
        });
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "it arrives");
        const double bits = 8 * 2'000'016.0 / 1448 * SEGMENT_BYTES;
        const double expected = 1 + (bits - 10e6) / 1e6;
        NS_TEST_EXPECT_MSG_EQ_TOL(recorder.outcomes[0].nanosecond * 1e-9,
                                  expected,
                                  0.05,
                                  "10 Mb in the first second, 1 Mb in each one after it");
        Simulator::Destroy();
    }
};

/** The suite. */
class RoutedTcpTestSuite : public TestSuite
{
  public:
    RoutedTcpTestSuite()
        : TestSuite("murmuration-routed-tcp")
    {
        AddTestCase(new RoutedTimeTestCase);
        AddTestCase(new RoutedEndsTestCase);
        AddTestCase(new RoutedShareTestCase);
        AddTestCase(new RoutedChangeTestCase);
    }
};

RoutedTcpTestSuite g_routedTcpTestSuite; //!< Registers the suite

} // namespace
