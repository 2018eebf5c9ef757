/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/abort.h"
#include "ns3/edge-underlay.h"
#include "ns3/packet-message-transport.h"
#include "ns3/routed-underlay.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::ACK_BYTES;
using ns3::murmuration::test::ChooseRoutes;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Outcome;
using ns3::murmuration::test::PathTime;
using ns3::murmuration::test::Recorder;
using ns3::murmuration::test::SEGMENT_BYTES;

namespace
{

/** A SYN of Linux: MSS, SACK permitted, timestamps, window scale. */
constexpr double LINUX_SYN_BYTES = 60;

/** A packet at a host. */
struct Seen
{
    double ms;            //!< When
    PacketSegment packet; //!< What
};

/** Writes down the packets that hosts send and get. */
class PacketLog
{
  public:
    /**
     * Watch a transport.
     * @param transport the transport
     */
    explicit PacketLog(Ptr<MessageTransport> transport)
    {
        transport->TraceConnectWithoutContext("PacketSent", MakeCallback(&PacketLog::Sent, this));
        transport->TraceConnectWithoutContext("PacketArrived",
                                              MakeCallback(&PacketLog::Arrived, this));
    }

    std::vector<Seen> sent;    //!< In the order of sending
    std::vector<Seen> arrived; //!< In the order of arrival

  private:
    void Sent(int64_t now, const PacketSegment& packet) //!< Trace sink
    {
        sent.push_back({1e-6 * static_cast<double>(now), packet});
    }

    void Arrived(int64_t now, const PacketSegment& packet) //!< Trace sink
    {
        arrived.push_back({1e-6 * static_cast<double>(now), packet});
    }
};

/**
 * The packet-level transport over an underlay.
 * @param underlay the underlay
 * @return the transport
 */
Ptr<PacketMessageTransport>
MakePacket(Ptr<Underlay> underlay)
{
    return DynamicCast<PacketMessageTransport>(TransportHelper::Create("packet", underlay));
}

/** SYN, its answer, the acknowledgement, one segment: each at the instant that can be reckoned. */
class PacketHandshakeTestCase : public TestCase
{
  public:
    PacketHandshakeTestCase()
        : TestCase("handshake and one segment, to the nanosecond; bytes of both")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport = MakePacket(MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20)));
        const PacketLog log(transport);
        const Recorder recorder(transport);
        transport->Send(0, 1, 984); // with its header of 16 a segment of 1000
        Simulator::Run();
        const std::vector<double> rates{10e6, 10e6};
        const double syn = PathTime(LINUX_SYN_BYTES, rates, 0.020);
        // The acknowledgement of the handshake goes first, on each link.
        const double data = PathTime(1052, rates, 0.020) + ACK_BYTES * 8 / 10e6;
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "one message");
        const auto expected = static_cast<int64_t>(std::llround(1e9 * (2 * syn + data)));
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].nanosecond, expected, "as reckoned");
        NS_TEST_ASSERT_MSG_EQ(log.sent.size(), 5, "SYN, SYN-ACK, ACK, data, ACK");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(0), 60 + 52 + 1052, "SYN, ACK, data");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(1), 60 + 52, "SYN-ACK, ACK");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesReceived(1), 60 + 52 + 1052, "nothing is lost");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesReceived(0), 60 + 52, "nothing is lost");
        Simulator::Destroy();
    }
};

/** Ten segments, then one more for each that is acknowledged. */
class PacketSlowStartTestCase : public TestCase
{
  public:
    PacketSlowStartTestCase()
        : TestCase("slow start: 10, 20 segments at the instants that can be reckoned")
    {
    }

  private:
    void DoRun() override
    {
        // 0.012 ms a segment: rounds are far shorter than the round trip of 100 ms.
        const auto transport = MakePacket(MakeWan(2, "1Gbps", "1Gbps", MilliSeconds(50)));
        const PacketLog log(transport);
        transport->Send(0, 1, 100 * 1448 - 16);
        Simulator::Run();
        std::vector<uint32_t> perRound;
        double roundBegan = 0;
        for (const Seen& seen : log.sent)
        {
            if (seen.packet.kind != PacketSegment::Kind::DATA)
            {
                continue;
            }
            if (perRound.empty() || seen.ms - roundBegan > 50)
            {
                perRound.push_back(0);
                roundBegan = seen.ms;
            }
            ++perRound.back();
        }
        const std::vector<uint32_t> expected{10, 20, 40, 30};
        NS_TEST_ASSERT_MSG_EQ((perRound == expected), true, "windows double");
        Simulator::Destroy();
    }
};

/** One segment over cables and over routers, at the instants that can be reckoned. */
class PacketPathsTestCase : public TestCase
{
  public:
    PacketPathsTestCase()
        : TestCase("cables, routers and parallel links between them: as reckoned")
    {
    }

  private:
    /**
     * When a message of one segment arrives, if its connection is the only one.
     * @param rates of the links there
     * @param back of the links back
     * @param latency one way, in seconds
     * @return ns
     */
    static int64_t Reckon(const std::vector<double>& rates,
                          const std::vector<double>& back,
                          double latency)
    {
        // The acknowledgement of the handshake goes first: the segment waits for it once, at the
        // first link, and does not come up with it.
        return std::llround(1e9 * (PathTime(LINUX_SYN_BYTES, rates, latency) +
                                   PathTime(LINUX_SYN_BYTES, back, latency) +
                                   PathTime(1052, rates, latency) + ACK_BYTES * 8 / rates.front()));
    }

    /**
     * Send a message of one segment for each pair at once.
     * @param underlay the underlay
     * @param pairs sending and receiving nodes
     * @return when they arrive, in ns, by message
     */
    static std::vector<int64_t> Carry(Ptr<Underlay> underlay,
                                      const std::vector<std::pair<uint32_t, uint32_t>>& pairs)
    {
        const auto transport = MakePacket(underlay);
        const Recorder recorder(transport);
        for (const auto& [from, to] : pairs)
        {
            transport->Send(from, to, 984); // with its header of 16 a segment of 1000
        }
        Simulator::Run();
        std::vector<int64_t> times(pairs.size(), -1);
        for (const Outcome& outcome : recorder.outcomes)
        {
            times[outcome.id] = outcome.nanosecond;
        }
        Simulator::Destroy();
        return times;
    }

    void DoRun() override
    {
        const auto cables = CreateObject<EdgeUnderlay>(2);
        cables->AddEdge({0, 1, DataRate("10Mbps"), MilliSeconds(20)});
        NS_TEST_EXPECT_MSG_EQ(Carry(cables, {{0, 1}})[0],
                              Reckon({10e6}, {10e6}, 0.020),
                              "over one cable");

        // Two links from router to router, and a fast one back: each pair of nodes takes one of
        // the two.
        const auto routed = CreateObject<RoutedUnderlay>();
        routed->AddRouter();
        routed->AddRouter();
        const Underlay::Link core{DataRate("2Mbps"), MilliSeconds(5)};
        routed->AddCoreLink(0, 1, core);
        routed->AddCoreLink(0, 1, core);
        routed->AddCoreLink(1, 0, {DataRate("10Gbps"), MilliSeconds(5)});
        const Underlay::Link access{DataRate("10Mbps"), MilliSeconds(1)};
        for (uint32_t node = 0; node < 8; ++node)
        {
            routed->AddNode(node / 4, access, access);
        }
        ChooseRoutes(routed);
        std::map<uint32_t, uint32_t> byCore; // a receiver that is reached from node 0 over each
        for (uint32_t to = 4; to < 8; ++to)
        {
            byCore[routed->GetRoute(0, to).links[1]] = to;
        }
        const std::vector<double> rates{10e6, 2e6, 10e6};
        const int64_t alone = Reckon(rates, {10e6, 10e9, 10e6}, 0.007);
        NS_TEST_EXPECT_MSG_EQ(Carry(routed, {{0, 4}})[0], alone, "over routers");
        NS_TEST_ASSERT_MSG_EQ(byCore.size(), 2, "parallel links share the pairs");
        uint32_t sender = 1; // another one, that goes over the other link
        while (sender < 4 && routed->GetRoute(sender, byCore.begin()->second).links[1] ==
                                 routed->GetRoute(0, byCore.rbegin()->second).links[1])
        {
            ++sender;
        }
        NS_TEST_ASSERT_MSG_LT(sender, 4, "there is one");
        const std::vector<int64_t> both =
            Carry(routed, {{0, byCore.rbegin()->second}, {sender, byCore.begin()->second}});
        NS_TEST_EXPECT_MSG_EQ_TOL(both[0], alone, 1000, "nobody waits for the other link");
    }
};

/** What a short message meets behind long ones, in a queue that is full. */
class PacketFairQueueTestCase : public TestCase
{
  public:
    PacketFairQueueTestCase()
        : TestCase("FqCoDel: a short message loses nothing and does not wait in a full queue")
    {
    }

  private:
    /**
     * How a message of 8 kB fares that follows four of 2 MB from the same node by a second.
     * @param discipline of the queue of its uplink, which holds 100 packets
     * @param others whether there are these four
     * @return its time in seconds, and what it lost
     */
    static std::pair<double, uint64_t> Carry(LinkQueue::Discipline discipline, bool others)
    {
        const auto wan = MakeWan(6, "10Mbps", "100Mbps", MilliSeconds(20));
        LinkQueue queue;
        queue.size = 100;
        queue.discipline = discipline;
        for (uint32_t link = 0; link < wan->GetNLinks(); ++link)
        {
            wan->SetQueue(link, queue);
        }
        const auto transport = MakePacket(wan);
        const Recorder recorder(transport);
        for (uint32_t to = 1; others && to <= 4; ++to)
        {
            transport->Send(0, to, 2'000'000);
        }
        uint64_t id = 0;
        uint64_t lost = 0;
        Simulator::Schedule(Seconds(1), [&] { id = transport->Send(0, 5, 8000); });
        Simulator::Schedule(Seconds(20), [&] {
            lost = transport->FindConnection(0, 5)->GetSender().GetCounts().retransmissions;
            NS_ABORT_MSG_IF(others && transport->GetNRetransmissions() == 0, "it was not full");
        });
        Simulator::Run();
        Simulator::Destroy();
        for (const Outcome& outcome : recorder.outcomes)
        {
            if (outcome.id == id)
            {
                return {1e-9 * static_cast<double>(outcome.nanosecond) - 1, lost};
            }
        }
        return {-1, lost};
    }

    void DoRun() override
    {
        const auto alone = Carry(LinkQueue::Discipline::FQ_CODEL, false);
        const auto fair = Carry(LinkQueue::Discipline::FQ_CODEL, true);
        const auto dropTail = Carry(LinkQueue::Discipline::DROP_TAIL, true);
        // Two round trips and a half; 6 segments, each behind one of the others at most.
        NS_TEST_EXPECT_MSG_EQ_TOL(alone.first, 0.067, 0.001, "on its own");
        NS_TEST_EXPECT_MSG_EQ(fair.second, 0, "it loses nothing");
        NS_TEST_EXPECT_MSG_LT(fair.first, alone.first + 0.040, "and waits for its turn alone");
        NS_TEST_EXPECT_MSG_GT(dropTail.first, alone.first + 0.100, "which is FqCoDel's merit");
    }
};

/** Connections that fail while the engine is behind, and links without delay. */
class PacketForesightTestCase : public TestCase
{
  public:
    PacketForesightTestCase()
        : TestCase("give-ups that nobody waits for, or after a late answer to a SYN; no delay")
    {
    }

  private:
    /**
     * Two nodes at two routers, and connections that are soon given up.
     * @param latency of each link
     */
    void Make(Time latency)
    {
        const Underlay::Link link{DataRate("1Mbps"), latency};
        m_routed = CreateObject<RoutedUnderlay>();
        m_routed->AddRouter();
        m_routed->AddRouter();
        m_core = m_routed->AddCoreLink(0, 1, link);
        m_routed->AddCoreLink(1, 0, link);
        m_routed->AddNode(0, link, link);
        m_routed->AddNode(1, link, link);
        ChooseRoutes(m_routed);
        m_transport = MakePacket(m_routed);
        m_transport->SetAttribute("Retries", UintegerValue(1));
    }

    /**
     * Have the links between the routers lose all that comes, or nothing.
     * @param isUp whether they lose nothing
     */
    void SetUp(bool isUp)
    {
        for (const uint32_t link : {m_core, m_core + 1})
        {
            Underlay::Link state = m_routed->GetLink(link);
            state.loss = isUp ? 0 : 1 - 1e-12;
            m_routed->SetLink(link, state);
        }
    }

    void DoRun() override
    {
        // The last acknowledgement is lost: the connection is given up after its only message has
        // arrived. Nobody looks before the next message opens another one.
        Make(MilliSeconds(20));
        {
            const Recorder recorder(m_transport);
            m_transport->TraceConnectWithoutContext(
                "Delivered",
                Callback<void, const Message&>([this](const Message&) { SetUp(false); }));
            m_transport->Send(0, 1, 1000);
            Simulator::Schedule(Seconds(100), [this] {
                SetUp(true);
                m_transport->Send(0, 1, 1000);
            });
            Simulator::Run();
            NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both end");
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].reason, "", "over another connection");
        }
        Simulator::Destroy();

        // SYNs go out at 0, 1, 2, 3, 4, 5, 7, 11, 19 s. That of 11 s is answered; then all
        // is lost, and the connection is given up long before 19 s and before 3 MB could arrive.
        Make(MilliSeconds(20));
        {
            const Recorder recorder(m_transport);
            SetUp(false);
            m_transport->Send(0, 1, 3'000'000);
            Simulator::Schedule(MilliSeconds(10'900), [this] { SetUp(true); });
            Simulator::Schedule(MilliSeconds(11'400), [this] { SetUp(false); });
            Simulator::Run();
            NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "it ends");
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason,
                                  "retransmissions were not acknowledged",
                                  "it was open");
            NS_TEST_EXPECT_MSG_LT(recorder.outcomes[0].nanosecond,
                                  15'000'000'000,
                                  "and fails soon");
        }
        Simulator::Destroy();

        // Without delay, what is missing might arrive at any time.
        Make(Time(0));
        {
            const Recorder recorder(m_transport);
            m_transport->SetAttribute("Retries", UintegerValue(15));
            m_transport->Send(0, 1, 100'000);
            Simulator::Schedule(MilliSeconds(300), [this] { SetUp(false); });
            Simulator::Schedule(Seconds(60), [this] { SetUp(true); });
            Simulator::Run();
            NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "it arrives");
            NS_TEST_EXPECT_MSG_LT(Simulator::GetEventCount(), 1000, "no event but the engine's");
        }
        Simulator::Destroy();
        m_transport = nullptr;
        m_routed = nullptr;
    }

    Ptr<RoutedUnderlay> m_routed;            //!< Two nodes, two routers
    uint32_t m_core{0};                      //!< The link from one router to the other
    Ptr<PacketMessageTransport> m_transport; //!< Over it
};

/** The tests of the packet-level transport. */
class PacketTestSuite : public TestSuite
{
  public:
    PacketTestSuite()
        : TestSuite("murmuration-packet")
    {
        AddTestCase(new PacketHandshakeTestCase);
        AddTestCase(new PacketSlowStartTestCase);
        AddTestCase(new PacketForesightTestCase);
        AddTestCase(new PacketPathsTestCase);
        AddTestCase(new PacketFairQueueTestCase);
    }
};

PacketTestSuite g_packetTestSuite; //!< Registers the suite

} // namespace
