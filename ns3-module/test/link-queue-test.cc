/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/edge-underlay.h"
#include "ns3/ideal-message-transport.h"
#include "ns3/link-queue.h"
#include "ns3/simulator.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

#include <algorithm>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** Sizes become what ns-3 counts: packets, bytes, or the bytes of a time at a rate. */
class QueueSizeTestCase : public TestCase
{
  public:
    QueueSizeTestCase()
        : TestCase("sizes of queues in packets, bytes and time")
    {
    }

  private:
    void DoRun() override
    {
        const DataRate rate("10Mbps");
        LinkQueue queue;
        NS_TEST_EXPECT_MSG_EQ(queue.GetMaxSize(rate), QueueSize("1000p"), "the default");
        queue.unit = LinkQueue::Unit::BYTES;
        queue.size = 64000;
        NS_TEST_EXPECT_MSG_EQ(queue.GetMaxSize(rate), QueueSize("64000B"), "bytes");
        queue.unit = LinkQueue::Unit::NANOSECONDS;
        queue.size = 50'000'000;
        // 10 Mbps x 50 ms = 500,000 bit
        NS_TEST_EXPECT_MSG_EQ(queue.GetMaxSize(rate), QueueSize("62500B"), "time at the rate");
        NS_TEST_EXPECT_MSG_EQ(queue.GetMaxSize(DataRate("100kbps")),
                              QueueSize("1500B"),
                              "not less than one packet");
    }
};

/** Impossible queues are refused, and so are queues at the host where there is no host. */
class QueueRefusalTestCase : public TestCase
{
  public:
    QueueRefusalTestCase()
        : TestCase("impossible queues are refused")
    {
    }

  private:
    void DoRun() override
    {
        const Ptr<WanUnderlay> wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        LinkQueue queue;
        queue.size = 0;
        std::string text = AbortText([&] { wan->SetQueue(0, queue); });
        NS_TEST_EXPECT_MSG_EQ(
            Contains(text, "wrong queue of node 0 up, got a size of 0, allowed above 0"),
            true,
            text);
        queue = LinkQueue{};
        queue.target = queue.interval;
        text = AbortText([&] { wan->SetQueue(1, queue); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "a target that is not below the interval"),
                              true,
                              text);
        queue = LinkQueue{};
        queue.place = LinkQueue::Place::AT_HOST;
        wan->SetQueue(0, queue);
        NS_TEST_EXPECT_MSG_EQ((wan->GetQueue(0) == queue), true, "an uplink's");
        NS_TEST_EXPECT_MSG_EQ((wan->GetQueue(1) == LinkQueue{}), true, "untouched");
        text = AbortText([&] { wan->SetQueue(1, queue); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "of node 0 down, got one at the host"), true, text);
        text = AbortText([&] { wan->SetQueue(4, LinkQueue{}); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no such link, got 4, allowed below 4"), true, text);
    }
};

/** What a fidelity does not know is refused before it is built. */
class UnknownQueueTestCase : public TestCase
{
  public:
    UnknownQueueTestCase()
        : TestCase("queues and settings of TCP that a fidelity does not know are refused")
    {
    }

  private:
    void DoRun() override
    {
        LinkQueue queue;
        queue.size = 100;
        TcpSettings settings;
        settings.minRto = Seconds(1);
        for (const std::string& fidelity : TransportHelper::GetFidelities())
        {
            NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown(fidelity, LinkQueue{}),
                                  "",
                                  "the default is known to " << fidelity);
            NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown(fidelity, TcpSettings{}),
                                  "",
                                  "the defaults are known to " << fidelity);
        }
        NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown("ideal", queue),
                              "knows no queues",
                              "there are none in it");
        NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown("tcp", queue), "", "knows all");
        NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown("tcp", settings), "", "knows all");
        NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown("ideal", settings),
                              "knows no TCP",
                              "there is none in it");
        const Ptr<WanUnderlay> wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        wan->SetQueue(3, queue);
        std::string text = AbortText([&] { TransportHelper::Create("ideal", wan); });
        NS_TEST_EXPECT_MSG_EQ(
            Contains(text, "Create: ideal knows no queues; node 1 down has another"),
            true,
            text);
        text = AbortText([&] { CreateObject<IdealMessageTransport>()->SetTcpSettings(settings); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "there is no TCP in"), true, text);
        text = AbortText([&] { TransportHelper::FindUnknown("magic", queue); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "unknown fidelity, got \"magic\""), true, text);
    }
};

/** @brief Two messages from one node, packet by packet, and what its uplink made of them. */
class OverQueue
{
  public:
    /**
     * @brief Carry a long message to node 1 and, after 1.5 s, a short one to node 2.
     * @param queue of the uplink
     * @param isEdges whether the links are point-to-point
     */
    explicit OverQueue(const LinkQueue& queue, bool isEdges = false)
    {
        Ptr<Underlay> underlay = MakeWan(3, "10Mbps", "100Mbps", MilliSeconds(20));
        if (isEdges)
        {
            const auto edges = CreateObject<EdgeUnderlay>(3);
            edges->AddEdge({0, 1, DataRate("10Mbps"), MilliSeconds(20)});
            edges->AddEdge({2, 0, DataRate("10Mbps"), MilliSeconds(20)});
            edges->SetQueue(3, queue);
            underlay = edges;
        }
        underlay->SetQueue(0, queue);
        underlay->EnableMeter(10);
        const auto transport =
            DynamicCast<TcpMessageTransport>(TransportHelper::Create("tcp", underlay));
        const Ptr<NetDevice> device = transport->GetNodes().Get(0)->GetDevice(1);
        device->TraceConnectWithoutContext("MacTx", MakeCallback(&OverQueue::Enter, this));
        device->TraceConnectWithoutContext("PhyTxEnd", MakeCallback(&OverQueue::Leave, this));
        Recorder recorder(transport);
        transport->Send(0, 1, 5'000'000);
        Simulator::Schedule(Seconds(1.5), [transport] { transport->Send(0, 2, 1000); });
        Simulator::Run();
        for (const auto& outcome : recorder.outcomes)
        {
            (outcome.id == 0 ? longSeconds : shortSeconds) = outcome.nanosecond * 1e-9;
        }
        lost = underlay->GetMeter()->GetLosses(0);
        resent = transport->GetNRetransmissions();
        Simulator::Destroy();
    }

    double longSeconds{0};  //!< When the long message had arrived
    double shortSeconds{0}; //!< When the short one had
    int64_t mostWaiting{0}; //!< Most packets at the uplink at once
    uint64_t lost{0};       //!< Packets that it lost
    uint64_t resent{0};     //!< Segments that were sent again

  private:
    void Enter(Ptr<const Packet> /* packet */)
    {
        mostWaiting = std::max(mostWaiting, ++m_waiting);
    }

    void Leave(Ptr<const Packet> /* packet */)
    {
        --m_waiting;
    }

    int64_t m_waiting{0}; //!< Packets at the uplink; of those dropped there, too
};

/** What waits behind the host is what windows allow; at the host it is a few segments. */
class HostQueueTestCase : public TestCase
{
  public:
    HostQueueTestCase()
        : TestCase("TCP holds its segments back from a queue at the host")
    {
    }

  private:
    void DoRun() override
    {
        LinkQueue atHost;
        atHost.place = LinkQueue::Place::AT_HOST;
        const OverQueue behind{LinkQueue{}};
        const OverQueue host{atHost};
        // 5 MB, 3,454 segments of 1,500 bytes: 4.14 s at 10 Mbps, and slow start before
        NS_TEST_EXPECT_MSG_EQ_TOL(behind.longSeconds, 4.27, 0.05, "the rate of the link");
        NS_TEST_EXPECT_MSG_EQ_TOL(host.longSeconds, 4.27, 0.05, "the same");
        NS_TEST_EXPECT_MSG_GT(behind.mostWaiting, 30, "windows");
        NS_TEST_EXPECT_MSG_LT(host.mostWaiting, 13, "nine segments, and those of the other");
        NS_TEST_EXPECT_MSG_EQ(host.lost + host.resent, 0, "nothing is lost");
        NS_TEST_EXPECT_MSG_LT(host.shortSeconds, behind.shortSeconds - 0.03, "less to wait for");
        // A queue too short for a window, but not for what TCP puts into it.
        atHost.size = 20;
        LinkQueue shortBehind;
        shortBehind.size = 20;
        NS_TEST_EXPECT_MSG_EQ(OverQueue(atHost).lost, 0, "held back before it is full");
        NS_TEST_EXPECT_MSG_GT(OverQueue(shortBehind).lost, 0, "it overflows");
        const OverQueue edges{atHost, true};
        NS_TEST_EXPECT_MSG_LT(edges.mostWaiting, 13, "point-to-point links alike");
        NS_TEST_EXPECT_MSG_EQ_TOL(edges.longSeconds, 4.29, 0.05, "with two more bytes a packet");
    }
};

/** CoDel keeps queues short; with a queue for each connection the short one hardly waits. */
class DisciplineTestCase : public TestCase
{
  public:
    DisciplineTestCase()
        : TestCase("CoDel and FqCoDel stand before links")
    {
    }

  private:
    void DoRun() override
    {
        LinkQueue queue;
        const OverQueue plain{queue};
        queue.discipline = LinkQueue::Discipline::CODEL;
        const OverQueue codel{queue};
        queue.discipline = LinkQueue::Discipline::FQ_CODEL;
        queue.size = LinkQueue::FQ_CODEL_PACKETS;
        const OverQueue fair{queue};
        NS_TEST_EXPECT_MSG_EQ(plain.lost, 0, "a thousand packets are enough");
        NS_TEST_EXPECT_MSG_GT(codel.lost, 0, "CoDel drops what has waited for long");
        NS_TEST_EXPECT_MSG_GT(fair.lost, 0, "so does FqCoDel");
        // ns-3 3.43 sends a fifth of them twice, 3.37 none of them.
        NS_TEST_EXPECT_MSG_GT_OR_EQ(fair.resent, fair.lost, "what was lost is sent again");
        NS_TEST_EXPECT_MSG_LT(fair.resent, 1.3 * fair.lost, "and not much more");
        NS_TEST_EXPECT_MSG_GT(plain.shortSeconds, 1.7, "the short message waits its turn");
        // Handshake and one flight: three ways of 20 ms, and a packet of the other before each.
        NS_TEST_EXPECT_MSG_LT(fair.shortSeconds, 1.5 + 0.068, "or does not");
        NS_TEST_EXPECT_MSG_LT(fair.longSeconds, 1.15 * plain.longSeconds, "the link stays busy");
        queue.target = Seconds(1);
        queue.interval = Seconds(10);
        NS_TEST_EXPECT_MSG_EQ(OverQueue(queue).lost, 0, "a target above what waits");
        const OverQueue edges{queue, true};
        NS_TEST_EXPECT_MSG_LT(edges.shortSeconds, 1.5 + 0.068, "behind a PPP header, too");
    }
};

/** The suite. */
class LinkQueueTestSuite : public TestSuite
{
  public:
    LinkQueueTestSuite()
        : TestSuite("murmuration-link-queue")
    {
        AddTestCase(new QueueSizeTestCase);
        AddTestCase(new QueueRefusalTestCase);
        AddTestCase(new UnknownQueueTestCase);
        AddTestCase(new HostQueueTestCase);
        AddTestCase(new DisciplineTestCase);
    }
};

LinkQueueTestSuite g_linkQueueTestSuite; //!< Registers the suite

} // namespace
