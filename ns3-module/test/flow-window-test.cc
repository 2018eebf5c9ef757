/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/flow-codel.h"
#include "ns3/flow-window.h"
#include "ns3/link-queue.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <cmath>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** Windows in segments of one byte, with a path of 40 ms that carries `share` segments a second. */
struct Windows
{
    FlowWindow window; //!< The window
    double share;      //!< Segments per second
    double now{0};     //!< Seconds

    /**
     * Let it send a whole window.
     * @param first round-trip time of the first segment, in seconds
     * @return the window after it
     */
    double Round(double first)
    {
        const double sent = window.Get();
        now += first;
        window.Grow({sent, sent, first, first + sent / share / 2, 0.04, share}, now);
        return window.Get();
    }
};

/** Windows grow, end slow start and restart as Linux's do. */
class FlowWindowTestCase : public TestCase
{
  public:
    FlowWindowTestCase()
        : TestCase("HyStart and idle restart by hand")
    {
    }

  private:
    void DoRun() override
    {
        // The least of nine round-trip times of a round, at two segments each: what packet does in
        // an exchange of 32 nodes with 6 neighbors at 20 ms ends at 56 to 58, too.
        Windows delayed{FlowWindow({1, 10, 1000}), 800};
        delayed.window.SetHandshake(0.04);
        NS_TEST_EXPECT_MSG_EQ(delayed.Round(0.040), 20, "all of it");
        NS_TEST_EXPECT_MSG_EQ(delayed.Round(0.0449), 40, "4.9 of 5 ms more");
        NS_TEST_EXPECT_MSG_EQ_TOL(delayed.Round(0.0451), 58, 1.2, "18 segments, and slowly");
        NS_TEST_EXPECT_MSG_EQ(delayed.window.IsSlowStart(), false, "ended");
        // What the first burst has waited behind others is in the least time: no rise.
        Windows behind{FlowWindow({1, 10, 1000}), 800};
        behind.window.SetHandshake(0.04);
        behind.Round(0.046);
        NS_TEST_EXPECT_MSG_EQ(behind.Round(0.050), 40, "4 ms more than ever");
        // A train of half the least time, with what four full buffers may take: 20.5 ms, at 2,000
        // segments a second 41 of them.
        Windows train{FlowWindow({1, 10, 1000}), 2000};
        train.window.SetHandshake(0.04);
        train.Round(0.04);
        train.Round(0.04);
        NS_TEST_EXPECT_MSG_EQ(train.Round(0.04), 80, "a train of 40 segments is too short");
        NS_TEST_EXPECT_MSG_EQ_TOL(train.Round(0.04), 80 + 41, 3, "one of 80 is not");
        // At 800 a second every other segment is acknowledged after 2.5 ms, which ends a train:
        // only the first half of a round, which lets the receiver's window grow, can be one. Of
        // the 20.5 ms these are 16 segments. packet ends slow start at 60 there (10 Mbps, 40 ms).
        Windows pairs{FlowWindow({1, 10, 1000}), 800};
        pairs.window.SetHandshake(0.04);
        pairs.Round(0.04);
        NS_TEST_EXPECT_MSG_EQ(pairs.Round(0.04), 40, "half of 20 segments are too short");
        NS_TEST_EXPECT_MSG_EQ_TOL(pairs.Round(0.04), 40 + 16, 2, "half of 40 are not");
        // Where acknowledgements come more than 2 ms apart there is none.
        Windows slow{FlowWindow({1, 10, 1000}), 450};
        slow.window.SetHandshake(0.04);
        slow.Round(0.04);
        slow.Round(0.04);
        NS_TEST_EXPECT_MSG_EQ(slow.Round(0.04), 80, "each comes alone");
        // A window that waits for its message does not grow; idle timeouts halve it.
        const double full = train.window.Get();
        train.window.Grow({1, 1, 0.04, 0.04, 0.04, 2000}, 1);
        NS_TEST_EXPECT_MSG_EQ(train.window.Get(), full, "it was not used");
        const double timeout = train.window.GetTimeout();
        train.window.Restart(0.9 * timeout);
        NS_TEST_EXPECT_MSG_EQ(train.window.Get(), full, "not idle for a timeout");
        train.window.Restart(2.5 * timeout);
        NS_TEST_EXPECT_MSG_EQ_TOL(train.window.Get(), full / 4, 1e-9, "twice halved");
        train.window.Restart(100 * timeout);
        NS_TEST_EXPECT_MSG_EQ(train.window.Get(), 10, "the first one again");
        NS_TEST_EXPECT_MSG_EQ(train.window.IsSlowStart(), true, "to three quarters of it");
    }
};

/** CoDel's times [RFC 8289]. */
class FlowCoDelTestCase : public TestCase
{
  public:
    FlowCoDelTestCase()
        : TestCase("when CoDel drops")
    {
    }

  private:
    void DoRun() override
    {
        FlowLink link;
        link.target = 0.005;
        link.interval = 0.1;
        std::vector<double> drops;
        FlowCoDel codel;
        for (int step = 0; step <= 400; ++step)
        {
            if (codel.Drops(link, 0.006, 1e-3 * step))
            {
                drops.push_back(1e-3 * step);
            }
        }
        // After an interval, then after one over the square root of how many there were.
        const std::vector<double> expected{0.100, 0.200, 0.271, 0.329, 0.379};
        NS_TEST_ASSERT_MSG_EQ(drops.size(), expected.size(), "so many");
        for (std::size_t drop = 0; drop < drops.size(); ++drop)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(drops[drop], expected[drop], 1.5e-3, "at that time");
        }
        NS_TEST_EXPECT_MSG_EQ(codel.Drops(link, 0.004, 1), false, "it is short");
        NS_TEST_EXPECT_MSG_EQ(codel.Drops(link, 0.006, 1.05), false, "and begins anew");
        NS_TEST_EXPECT_MSG_EQ(codel.Drops(link, 0.006, 1.151), true, "an interval later");
    }
};

/** Queues are those of the underlay, and full ones end, too. */
class FlowLinkQueueTestCase : public TestCase
{
  public:
    FlowLinkQueueTestCase()
        : TestCase("queues at the host, fair ones, short ones")
    {
    }

  private:
    void DoRun() override
    {
        LinkQueue host;
        host.place = LinkQueue::Place::AT_HOST;
        LinkQueue fair;
        fair.discipline = LinkQueue::Discipline::FQ_CODEL;
        fair.size = LinkQueue::FQ_CODEL_PACKETS;
        for (const LinkQueue& queue : {host, fair})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(Run("flow", queue) / Run("packet", queue),
                                      1,
                                      0.06,
                                      "as packet by packet");
        }
        LinkQueue shallow;
        shallow.size = 20;
        NS_TEST_EXPECT_MSG_GT(Run("flow", shallow), 0, "ends");
        TestFullQueue();
        LinkQueue codel;
        codel.discipline = LinkQueue::Discipline::CODEL;
        NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown("flow", codel),
                              "knows no CoDel for all connections together",
                              "refused in words");
    }

    /** Rounds take time, even where a full queue takes all of a window. */
    void TestFullQueue()
    {
        constexpr uint32_t CLIENTS = 200;
        const auto wan = MakeWan(CLIENTS + 1, "20Mbps", "20Mbps", MilliSeconds(10));
        for (uint32_t link = 0; link < wan->GetNLinks(); ++link)
        {
            // Of clients each another; the node that they all talk to has the most.
            Underlay::Link state = wan->GetLink(link);
            state.rate = DataRate(link < 2 ? 1'000'000'000 : 5'000'000 + 100'000 * (link / 2));
            wan->SetLink(link, state);
        }
        const auto transport = TransportHelper::Create("flow", wan);
        Recorder recorder(transport);
        for (uint32_t client = 1; client <= CLIENTS; ++client)
        {
            transport->Send(0, client, 360'000);
            transport->Send(client, 0, 360'000);
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), 2 * CLIENTS, "all end");
        // A message has some twenty rounds; its events are few for each.
        NS_TEST_EXPECT_MSG_LT(Simulator::GetEventCount(), 100 * CLIENTS, "rounds take time");
        Simulator::Destroy();
    }

    /**
     * Eight nodes send to three others each over uplinks with a queue.
     * @param fidelity of the network
     * @param queue of each uplink
     * @return when the last message arrives, in seconds
     */
    double Run(const std::string& fidelity, const LinkQueue& queue)
    {
        const auto wan = MakeWan(8, "20Mbps", "20Mbps", MilliSeconds(10));
        for (uint32_t link = 0; link < wan->GetNLinks(); link += 2)
        {
            wan->SetQueue(link, queue);
        }
        const auto transport = TransportHelper::Create(fidelity, wan);
        Recorder recorder(transport);
        for (uint32_t node = 0; node < 8; ++node)
        {
            for (uint32_t hop = 1; hop <= 3; ++hop)
            {
                transport->Send(node, (node + hop) % 8, 360'000);
            }
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), 24, "all end");
        const double last = recorder.outcomes.back().nanosecond * 1e-9;
        Simulator::Destroy();
        return last;
    }
};

/** The suite. */
class FlowWindowTestSuite : public TestSuite
{
  public:
    FlowWindowTestSuite()
        : TestSuite("murmuration-flow-window")
    {
        AddTestCase(new FlowWindowTestCase);
        AddTestCase(new FlowCoDelTestCase);
        AddTestCase(new FlowLinkQueueTestCase);
    }
};

FlowWindowTestSuite g_flowWindowTestSuite; //!< Registers the suite

} // namespace
