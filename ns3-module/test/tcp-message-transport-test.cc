/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/edge-underlay.h"
#include "ns3/queue-size.h"
#include "ns3/simulator.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-helper.h"

#include <algorithm>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::ACK_BYTES;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Outcome;
using ns3::murmuration::test::PathTime;
using ns3::murmuration::test::Recorder;
using ns3::murmuration::test::SEGMENT_BYTES;
using ns3::murmuration::test::SYN_BYTES;

namespace
{

/**
 * Make a transport over a wide-area network whose downlinks have short queues.
 * @param wan the underlay
 * @param packets how long the queues are
 * @return the transport
 */
Ptr<TcpMessageTransport>
MakeTcpWithDownQueue(Ptr<WanUnderlay> wan, uint32_t packets)
{
    WanHelper helper;
    helper.SetDownQueue("ns3::DropTailQueue",
                        "MaxSize",
                        QueueSizeValue(QueueSize(QueueSizeUnit::PACKETS, packets)));
    const auto transport = CreateObject<TcpMessageTransport>();
    transport->SetNodes(helper.CreateNodes(wan),
                        [](uint32_t /* from */, uint32_t to) { return WanHelper::GetAddress(to); });
    return transport;
}

/**
 * One message over an idle path whose bandwidth-delay product is below the initial window, so that
 * the uplink is never idle: handshake + transmission on the uplink + latency + last segment down.
 */
class TcpStreamTimeTestCase : public TestCase
{
  public:
    TcpStreamTimeTestCase()
        : TestCase("one message, not limited by the window")
    {
    }

  private:
    void DoRun() override
    {
        const double up = 10e6;
        const double down = 100e6;
        const double latency = 0.001;
        const auto transport =
            TransportHelper::Create("tcp", MakeWan(2, "10Mbps", "100Mbps", MilliSeconds(1)));
        Recorder recorder(transport);
        // With the frame header, 1000 full segments.
        transport->Send(0, 1, 1000 * 1448 - 16);
        Simulator::Run();

        // The bare ACK of the handshake goes ahead of the data on the uplink.
        const double expected = 2 * PathTime(SYN_BYTES, {up, down}, latency) + 8 * ACK_BYTES / up +
                                999 * 8 * SEGMENT_BYTES / up +
                                PathTime(SEGMENT_BYTES, {up, down}, latency);
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "it arrives");
        NS_TEST_EXPECT_MSG_EQ_TOL(recorder.outcomes[0].nanosecond * 1e-9,
                                  expected,
                                  1e-8,
                                  "to a few nanoseconds");
        Simulator::Destroy();
    }
};

/**
 * One message of 10 + 18 + 36 segments over a long path. The window grows by what is acknowledged,
 * and the last segment of the first ten waits for another one before it is: so the second round
 * trip carries 18 segments, the third 36. It takes the handshake, two round trips in which the
 * sender waits, and the latency.
 */
class TcpSlowStartTestCase : public TestCase
{
  public:
    TcpSlowStartTestCase()
        : TestCase("one message in slow start")
    {
    }

  private:
    void DoRun() override
    {
        const double rate = 100e6;
        const double latency = 0.05;
        const auto transport =
            TransportHelper::Create("tcp", MakeWan(2, "100Mbps", "100Mbps", MilliSeconds(50)));
        Recorder recorder(transport);
        transport->Send(0, 1, 64 * 1448 - 16);
        Simulator::Run();

        const double handshake = 2 * PathTime(SYN_BYTES, {rate, rate}, latency);
        const double expected = handshake + 2 * (2 * latency) + latency;
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "it arrives");
        const double measured = recorder.outcomes[0].nanosecond * 1e-9;
        NS_TEST_EXPECT_MSG_GT(measured, expected, "not before its last window could leave");
        // Beyond that, at most the transmission of every segment on both links.
        NS_TEST_EXPECT_MSG_LT(measured, expected + 64 * 2 * 8 * SEGMENT_BYTES / rate, "nor later");
        Simulator::Destroy();
    }
};

/** Two senders share the downlink of one receiver: equal shares, and all of it in use. */
class TcpFairnessTestCase : public TestCase
{
  public:
    TcpFairnessTestCase()
        : TestCase("two messages share a bottleneck")
    {
    }

  private:
    void DoRun() override
    {
        const uint64_t size = 5'000'000;
        const auto transport =
            MakeTcpWithDownQueue(MakeWan(3, "100Mbps", "10Mbps", MilliSeconds(10)), 50);
        Recorder recorder(transport);
        transport->Send(1, 0, size);
        transport->Send(2, 0, size);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both arrive");
        const double first = recorder.outcomes[0].nanosecond * 1e-9;
        const double last = recorder.outcomes[1].nanosecond * 1e-9;
        const double idle = 8 * size * SEGMENT_BYTES / 1448 / 10e6;
        NS_TEST_EXPECT_MSG_GT(last, 2 * idle, "the bottleneck carries no more than its rate");
        NS_TEST_EXPECT_MSG_LT(last, 2 * idle * 1.05, "and no less than 95 % of it");
        NS_TEST_EXPECT_MSG_GT(first, 2 * idle * 0.8, "neither has much more than its half");
        Simulator::Destroy();
    }
};

/** Sixteen senders overrun the short queue of one receiver: losses, but everything arrives. */
class TcpIncastTestCase : public TestCase
{
  public:
    TcpIncastTestCase()
        : TestCase("incast delivers everything, the same way twice")
    {
    }

  private:
    /**
     * Run the incast.
     * @param retransmitted set to the bytes sent beyond those received
     * @return how the messages ended
     */
    static std::vector<Outcome> RunIncast(uint64_t* retransmitted)
    {
        const auto transport =
            MakeTcpWithDownQueue(MakeWan(17, "100Mbps", "100Mbps", MilliSeconds(5)), 40);
        transport->AssignStreams(100);
        Recorder recorder(transport);
        for (uint32_t from = 1; from <= 16; ++from)
        {
            transport->Send(from, 0, 200'000);
        }
        Simulator::Run();
        uint64_t sent = 0;
        for (uint32_t from = 1; from <= 16; ++from)
        {
            sent += transport->GetBytesSent(from);
        }
        *retransmitted = sent - transport->GetBytesReceived(0);
        Simulator::Destroy();
        return recorder.outcomes;
    }

    void DoRun() override
    {
        uint64_t lost = 0;
        const std::vector<Outcome> outcomes = RunIncast(&lost);
        NS_TEST_ASSERT_MSG_EQ(outcomes.size(), 16, "all end");
        for (const Outcome& outcome : outcomes)
        {
            NS_TEST_EXPECT_MSG_EQ(outcome.reason, "", "none fails");
        }
        NS_TEST_EXPECT_MSG_GT(lost, 40'000, "the queue was overrun");
        uint64_t lostAgain = 0;
        NS_TEST_EXPECT_MSG_EQ((outcomes == RunIncast(&lostAgain)), true, "same times");
        NS_TEST_EXPECT_MSG_EQ(lost, lostAgain, "same bytes");
    }
};

/** Messages of one pair share one connection and arrive in order, empty ones too. */
class TcpOrderTestCase : public TestCase
{
  public:
    TcpOrderTestCase()
        : TestCase("order of one pair")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport =
            TransportHelper::Create("tcp", MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(2)));
        Recorder recorder(transport);
        const std::vector<uint64_t> sizes{300'000, 0, 1, 1'000'000, 0, 0, 5};
        for (const uint64_t size : sizes)
        {
            transport->Send(0, 1, size, std::make_shared<const uint64_t>(size));
        }
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.messages.size(), sizes.size(), "all arrive");
        for (std::size_t i = 0; i < sizes.size(); ++i)
        {
            const Message& message = recorder.messages[i];
            NS_TEST_EXPECT_MSG_EQ(message.id, i, "in the order of sending");
            NS_TEST_EXPECT_MSG_EQ(message.sizeBytes, sizes[i], "with its size");
            NS_TEST_EXPECT_MSG_EQ(*std::static_pointer_cast<const uint64_t>(message.content),
                                  sizes[i],
                                  "with its content");
        }
        Simulator::Destroy();
    }
};

/** Without loss, every byte is accounted for: content, framing, headers, handshake, ACKs. */
class TcpBytesTestCase : public TestCase
{
  public:
    TcpBytesTestCase()
        : TestCase("bytes on the wire")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport =
            TransportHelper::Create("tcp", MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(2)));
        Recorder recorder(transport);
        // The size of a GN-LeNet of 89,834 parameters.
        const uint64_t size = 4 * 89'834;
        transport->Send(0, 1, size);
        Simulator::Run();

        const uint64_t segments = (size + 16 + 1447) / 1448;
        const uint64_t data = size + 16 + 52 * segments;
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(0), 56 + 52 + data, "SYN, ACK, segments");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesReceived(1), 56 + 52 + data, "all of it arrives");
        // The first 16 segments are each acknowledged at once, then every second one, and the last.
        const uint64_t acks = 16 + (segments - 16 + 1) / 2;
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(1), 56 + 52 * acks, "SYN and ACKs");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesReceived(0), 56 + 52 * acks, "all of it arrives");
        Simulator::Destroy();
    }
};

/** The same over point-to-point links: both neighbors of a node are reached, at the link's rate. */
class TcpEdgeLinksTestCase : public TestCase
{
  public:
    TcpEdgeLinksTestCase()
        : TestCase("point-to-point links")
    {
    }

  private:
    void DoRun() override
    {
        const auto edges = CreateObject<EdgeUnderlay>(3);
        edges->AddEdge({0, 1, DataRate("10Mbps"), MilliSeconds(1)});
        edges->AddEdge({2, 0, DataRate("20Mbps"), MilliSeconds(1)});
        const auto transport = TransportHelper::Create("tcp", edges);
        Recorder recorder(transport);
        transport->Send(0, 1, 1'000'000);
        transport->Send(0, 2, 1'000'000);
        transport->Send(2, 0, 1'000'000);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 3, "all arrive");
        // The link layer, PPP, adds 2 bytes to each packet; ACKs share the link with the data.
        const double segment = 8 * (SEGMENT_BYTES + 2) * (1'000'016.0 / 1448);
        for (std::size_t i = 0; i < 3; ++i)
        {
            const bool slow = recorder.messages[i].to == 1;
            const double idle = 0.003 + segment / (slow ? 10e6 : 20e6);
            const double time = recorder.outcomes[i].nanosecond * 1e-9;
            NS_TEST_EXPECT_MSG_GT(time, idle, "not faster than the link");
            NS_TEST_EXPECT_MSG_LT(time, idle * 1.05, "the links are not shared");
        }
        Simulator::Destroy();
    }
};

/** The suite. */
class TcpMessageTransportTestSuite : public TestSuite
{
  public:
    TcpMessageTransportTestSuite()
        : TestSuite("murmuration-tcp")
    {
        AddTestCase(new TcpStreamTimeTestCase);
        AddTestCase(new TcpSlowStartTestCase);
        AddTestCase(new TcpFairnessTestCase);
        AddTestCase(new TcpIncastTestCase);
        AddTestCase(new TcpOrderTestCase);
        AddTestCase(new TcpBytesTestCase);
        AddTestCase(new TcpEdgeLinksTestCase);
    }
};

TcpMessageTransportTestSuite g_tcpMessageTransportTestSuite; //!< Registers the suite

} // namespace
