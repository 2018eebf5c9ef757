/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// Where the packet-level network counts what it loses: at the link that lost it, whatever lost it.
#include "murmuration-test-support.h"

#include "ns3/edge-underlay.h"
#include "ns3/link-meter.h"
#include "ns3/packet-message-transport.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::ChooseRoutes;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** Where the only narrow link of a path is. */
enum class Place
{
    UPLINK,
    CORE,
    DOWNLINK,
    EDGE,
};

constexpr Place PLACES[] = {Place::UPLINK, Place::CORE, Place::DOWNLINK, Place::EDGE};

constexpr const char* NAMES[] = {"uplink", "core link", "downlink", "edge"}; //!< Of these

/** @brief Two nodes, and a path between them with one narrow link. */
struct NarrowPath
{
    /** @param place of the link of 10 Mbps; the others have 1 Gbps */
    explicit NarrowPath(Place place)
    {
        const DataRate fast("1Gbps");
        const DataRate slow("10Mbps");
        switch (place)
        {
        case Place::UPLINK:
            underlay = MakeWan(2, "10Mbps", "1Gbps", MilliSeconds(10));
            break;
        case Place::DOWNLINK:
            underlay = MakeWan(2, "1Gbps", "10Mbps", MilliSeconds(10));
            link = 1;
            break;
        case Place::EDGE: {
            const auto edges = CreateObject<EdgeUnderlay>(2);
            edges->AddEdge({0, 1, slow, MilliSeconds(10)});
            underlay = edges;
            break;
        }
        case Place::CORE: {
            const auto routed = CreateObject<RoutedUnderlay>();
            const uint32_t here = routed->AddRouter();
            const uint32_t there = routed->AddRouter();
            routed->AddCoreLink(here, there, {slow, MilliSeconds(10)});
            routed->AddCoreLink(there, here, {fast, MilliSeconds(10)});
            routed->AddNode(here, {fast, Time(0)}, {fast, Time(0)});
            routed->AddNode(there, {fast, Time(0)}, {fast, Time(0)});
            ChooseRoutes(routed);
            underlay = routed;
            link = 1;
            break;
        }
        }
        link = underlay->GetRoute(0, 1).links[link];
        underlay->AssignStreams(7);
        underlay->EnableMeter(10);
    }

    Ptr<Underlay> underlay; //!< The network
    uint32_t link{0};       //!< The narrow one
};

/** @brief One message over such a path. */
struct NarrowRun
{
    /**
     * Carry it.
     * @param network by what
     * @param path over what
     * @param size of the message
     */
    NarrowRun(const std::string& network, const NarrowPath& path, uint64_t size)
    {
        const auto transport = TransportHelper::Create(network, path.underlay);
        if (network == "packet")
        {
            transport->TraceConnectWithoutContext("PacketSent",
                                                  MakeCallback(&NarrowRun::Sent, this));
            transport->TraceConnectWithoutContext("PacketArrived",
                                                  MakeCallback(&NarrowRun::Arrived, this));
        }
        const Recorder recorder(transport);
        transport->Send(0, 1, size);
        Simulator::Run();
        isDelivered = recorder.outcomes.size() == 1 && recorder.outcomes[0].reason.empty();
        for (uint32_t link = 0; link < path.underlay->GetNLinks(); ++link)
        {
            const uint64_t lost = path.underlay->GetMeter()->GetLosses(link);
            (link == path.link ? there : elsewhere) += lost;
        }
        transport->Dispose();
        Simulator::Destroy();
    }

    uint64_t there{0};       //!< Packets that the meter has for the narrow link
    uint64_t elsewhere{0};   //!< And for the others
    int64_t missing{0};      //!< Packets that were sent and have not arrived
    bool isDelivered{false}; //!< Whether the message was

  private:
    void Sent(int64_t /* now */, const PacketSegment& /* packet */) //!< Trace sink
    {
        ++missing;
    }

    void Arrived(int64_t /* now */, const PacketSegment& /* packet */) //!< Trace sink
    {
        --missing;
    }
};

/** A first window that finds a short queue: what has no room can be counted by hand. */
class PacketOverflowTestCase : public TestCase
{
  public:
    PacketOverflowTestCase()
        : TestCase("what a queue of five has no room for, by hand, and as tcp counts it")
    {
    }

  private:
    void DoRun() override
    {
        for (const Place place : PLACES)
        {
            for (const char* const network : {"packet", "tcp"})
            {
                if (place == Place::CORE && std::string(network) == "tcp")
                {
                    continue; // It gives all core links one kind of queue: WanHelper's.
                }
                NarrowPath path(place);
                LinkQueue queue;
                queue.size = 5;
                path.underlay->SetQueue(path.link, queue);
                // The acknowledgement of the handshake, then ten segments. Where they all come at
                // once it is being transmitted, and five wait. Behind a fast link it leaves 42 us
                // after it has come and the first segment follows it, while one comes each 12 us.
                const NarrowRun run(network, path, 10 * 1448 - 16);
                const bool isFirst = place == Place::UPLINK || place == Place::EDGE;
                const std::string what =
                    std::string(NAMES[static_cast<int>(place)]) + ", " + network;
                NS_TEST_EXPECT_MSG_EQ(run.isDelivered, true, what);
                NS_TEST_EXPECT_MSG_EQ(run.there, (isFirst ? 5 : 4), what);
                NS_TEST_EXPECT_MSG_EQ(run.elsewhere, 0, what);
            }
        }
    }
};

/** Every cause, at every place: what is counted is what has not arrived. */
class PacketLossesTestCase : public TestCase
{
  public:
    PacketLossesTestCase()
        : TestCase("queues, CoDel, chance and outages, at every kind of link")
    {
    }

  private:
    void DoRun() override
    {
        for (const Place place : PLACES)
        {
            for (const auto discipline : {LinkQueue::Discipline::DROP_TAIL,
                                          LinkQueue::Discipline::CODEL,
                                          LinkQueue::Discipline::FQ_CODEL})
            {
                LinkQueue queue;
                queue.discipline = discipline;
                queue.size = 40;
                TestOne(place, queue, 0, false);
                queue.size = 1000;
                TestOne(place, queue, 0.02, false);
                queue.size = 10;
                TestOne(place, queue, 0, true);
            }
            LinkQueue queue;
            queue.discipline = LinkQueue::Discipline::CODEL;
            TestOne(place, queue, 0, false);
            queue.discipline = LinkQueue::Discipline::FQ_CODEL;
            TestOne(place, queue, 0, false);
            if (place == Place::UPLINK || place == Place::EDGE)
            {
                queue.place = LinkQueue::Place::AT_HOST;
                TestOne(place, queue, 0.02, false);
                queue.discipline = LinkQueue::Discipline::DROP_TAIL;
                TestOne(place, queue, 0.02, true);
            }
        }
    }

    /**
     * Run one.
     * @param place of the narrow link
     * @param queue before it
     * @param loss on it
     * @param hasOutage whether it is down for half a second
     */
    void TestOne(Place place, const LinkQueue& queue, double loss, bool hasOutage)
    {
        NarrowPath path(place);
        path.underlay->SetQueue(path.link, queue);
        Underlay::Link state = path.underlay->GetLink(path.link);
        state.loss = loss;
        path.underlay->SetLink(path.link, state);
        for (const bool isUp : {false, true})
        {
            if (hasOutage)
            {
                state.isUp = isUp;
                Simulator::Schedule(MilliSeconds(isUp ? 800 : 300),
                                    [path, state] { path.underlay->SetLink(path.link, state); });
            }
        }
        const NarrowRun run("packet", path, 3'000'000);
        const std::string what = std::string(NAMES[static_cast<int>(place)]) + ", discipline " +
                                 std::to_string(static_cast<int>(queue.discipline)) +
                                 ", queue of " + std::to_string(queue.size) + ", loss " +
                                 std::to_string(loss) + (hasOutage ? ", outage" : "");
        NS_TEST_EXPECT_MSG_EQ(run.isDelivered, true, what);
        NS_TEST_EXPECT_MSG_GT(run.there, 0, what);
        NS_TEST_EXPECT_MSG_EQ(run.there, static_cast<uint64_t>(run.missing), what);
        NS_TEST_EXPECT_MSG_EQ(run.elsewhere, 0, what);
    }
};

/** What is lost over the packet-level network. */
class PacketLossesTestSuite : public TestSuite
{
  public:
    PacketLossesTestSuite()
        : TestSuite("murmuration-packet-losses")
    {
        AddTestCase(new PacketOverflowTestCase);
        AddTestCase(new PacketLossesTestCase);
    }
};

PacketLossesTestSuite g_packetLossesTestSuite; //!< Registers the suite

} // namespace
