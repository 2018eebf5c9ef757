/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "murmuration-test-support.h"

#include "ns3/edge-underlay.h"
#include "ns3/packet-message-transport.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

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

/** All messages arrive once, in order, whatever is lost; and again the same. */
class PacketPropertiesTestCase : public TestCase
{
  public:
    PacketPropertiesTestCase()
        : TestCase(
              "random networks with losses, jitter and outages: once each, in order, repeatable")
    {
    }

  private:
    /**
     * Carry messages over a random network.
     * @param seed what to draw from
     * @return how they end
     */
    std::vector<Outcome> Carry(uint32_t seed)
    {
        std::mt19937 rng(seed);
        const uint32_t nNodes = 2 + rng() % 5;
        const auto latency = CreateObject<ConstantLatencyModel>();
        latency->SetAttribute("Latency", TimeValue(MicroSeconds(100 + rng() % 60'000)));
        const auto wan = CreateObject<WanUnderlay>();
        wan->SetLatencyModel(latency);
        for (uint32_t node = 0; node < nNodes; ++node)
        {
            wan->AddNode(DataRate(300'000 + rng() % 30'000'000),
                         DataRate(300'000 + rng() % 30'000'000));
        }
        wan->AssignStreams(1000);
        for (uint32_t link = 0; link < wan->GetNLinks(); ++link)
        {
            LinkQueue queue;
            queue.size = 5 + rng() % 200;
            queue.discipline = static_cast<LinkQueue::Discipline>(rng() % 3);
            const bool isUplink = wan->GetLinkPlace(link) == Underlay::LinkPlace::UPLINK;
            queue.place = isUplink && rng() % 2 == 0 ? LinkQueue::Place::AT_HOST
                                                     : LinkQueue::Place::BEHIND_HOST;
            wan->SetQueue(link, queue);
            Underlay::Link state = wan->GetLink(link);
            state.loss = rng() % 2 == 0 ? 0 : 0.05 * (rng() % 100) / 100;
            state.jitter = rng() % 2 == 0 ? Time(0) : MicroSeconds(rng() % 20'000);
            wan->SetLink(link, state);
        }
        const auto transport = MakePacket(wan);
        const Recorder recorder(transport);
        const uint32_t nMessages = 5 + rng() % 20;
        std::map<std::pair<uint32_t, uint32_t>, uint64_t> sums;
        for (uint32_t index = 0; index < nMessages; ++index)
        {
            const uint32_t from = rng() % nNodes;
            const uint32_t to = (from + 1 + rng() % (nNodes - 1)) % nNodes;
            const uint64_t size = rng() % 4 == 0 ? 0 : rng() % 300'000;
            Simulator::Schedule(MilliSeconds(rng() % 3000),
                                [transport, from, to, size] { transport->Send(from, to, size); });
        }
        for (uint32_t change = 0; change < 20; ++change)
        {
            const uint32_t link = rng() % wan->GetNLinks();
            const uint64_t rate = 100'000 + rng() % 30'000'000;
            const bool isUp = rng() % 4 != 0;
            Simulator::Schedule(MilliSeconds(rng() % 4000), [wan, link, rate, isUp] {
                Underlay::Link state = wan->GetLink(link);
                state.rate = DataRate(rate);
                state.isUp = isUp;
                wan->SetLink(link, state);
            });
        }
        Simulator::Schedule(Seconds(5), [wan] {
            for (uint32_t link = 0; link < wan->GetNLinks(); ++link)
            {
                Underlay::Link state = wan->GetLink(link);
                state.isUp = true;
                wan->SetLink(link, state);
            }
        });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), nMessages, "each ends once, seed " << seed);
        std::set<uint64_t> ids;
        std::map<std::pair<uint32_t, uint32_t>, uint64_t> latest;
        for (const Message& message : recorder.messages)
        {
            NS_TEST_EXPECT_MSG_EQ(ids.insert(message.id).second, true, "not twice, seed " << seed);
            uint64_t& last = latest[{message.from, message.to}];
            NS_TEST_EXPECT_MSG_EQ((last == 0 || last < message.id + 1),
                                  true,
                                  "in order, seed " << seed);
            last = message.id + 1;
        }
        Simulator::Destroy();
        return recorder.outcomes;
    }

    void DoRun() override
    {
        for (uint32_t seed = 1; seed <= 150; ++seed)
        {
            const std::vector<Outcome> first = Carry(seed);
            if (seed % 10 == 0)
            {
                NS_TEST_EXPECT_MSG_EQ((Carry(seed) == first), true, "the same, seed " << seed);
            }
            for (const Outcome& outcome : first)
            {
                NS_TEST_EXPECT_MSG_EQ(outcome.reason, "", "delivered, seed " << seed);
            }
        }
    }
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
        AddTestCase(new PacketPropertiesTestCase);
    }
};

PacketTestSuite g_packetTestSuite; //!< Registers the suite

} // namespace
