/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/link-schedule.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** A rate from an instant on. */
struct Step
{
    double at;        //!< Seconds
    std::string rate; //!< With its unit; "down" for none
};

/** One message over links that change. */
struct Case
{
    std::string name;            //!< In words
    uint64_t size;               //!< Bytes
    std::string rate;            //!< Of each link at first
    int latencyMs;               //!< One way
    std::vector<Step> steps;     //!< Of the links below
    std::vector<uint32_t> links; //!< 0 and 1 are node 0's uplink and downlink, 2 and 3 node 1's
    double tolerance{0.1};       //!< How far flow may be off
};

/**
 * Send one message from node 0 to node 1.
 * @param fidelity of the network
 * @param change how the links change
 * @return when it arrives, in seconds; -1 if it does not
 */
double
RunCase(const std::string& fidelity, const Case& change)
{
    const auto wan = MakeWan(2, change.rate, change.rate, MilliSeconds(change.latencyMs));
    for (const Step& step : change.steps)
    {
        Simulator::Schedule(Seconds(step.at), [&wan, &change, step] {
            for (const uint32_t link : change.links)
            {
                Underlay::Link state = wan->GetLink(link);
                state.isUp = step.rate != "down";
                state.rate = state.isUp ? DataRate(step.rate) : state.rate;
                wan->SetLink(link, state);
            }
        });
    }
    const auto transport = TransportHelper::Create(fidelity, wan);
    Recorder recorder(transport);
    transport->Send(0, 1, change.size);
    Simulator::Stop(Seconds(1000));
    Simulator::Run();
    const double end = recorder.outcomes.empty() ? -1 : recorder.outcomes.front().nanosecond * 1e-9;
    Simulator::Destroy();
    return end;
}

/** Over links that change a message takes as long as packet by packet. */
class FlowChangingTestCase : public TestCase
{
  public:
    FlowChangingTestCase()
        : TestCase("dips, outages and bins take as long as packet by packet")
    {
    }

  private:
    void DoRun() override
    {
        const std::vector<uint32_t> up{0};
        const std::vector<uint32_t> down{3};
        const std::vector<uint32_t> all{0, 1, 2, 3};
        // A slow spell ends within a round of the window that it has filled the queue with.
        Compare({"dip", 400'000, "10Mbps", 20, {{0.2, "100kbps"}, {0.7, "10Mbps"}}, down});
        Compare({"dip", 1'000'000, "10Mbps", 20, {{0.2, "100kbps"}, {0.7, "10Mbps"}}, up});
        Compare({"100 ms", 400'000, "20Mbps", 20, {{0.1, "1Mbps"}, {0.2, "20Mbps"}}, up});
        // What waits then ends slow start, or not, by a few segments: in doubt.
        Compare({"200 ms", 400'000, "20Mbps", 20, {{0.1, "1Mbps"}, {0.3, "20Mbps"}}, up, 0.3});
        // Outages in rounds 2, 3 and 5 of slow start, in doubt as well: of the early ones it takes
        // a segment or two whether a timeout before their end doubles the next.
        for (const double at : {0.21, 0.31, 0.51})
        {
            const std::vector<Step> outage{{at, "down"}, {at + 0.5, "20Mbps"}};
            const double tolerance = at < 0.4 ? 0.35 : 0.1;
            Compare({"outage", 2'000'000, "20Mbps", 50, outage, up, tolerance});
            Compare({"outage", 2'000'000, "20Mbps", 50, outage, down, tolerance});
        }
        // A handshake waits at a link that is down.
        Compare({"handshake", 100'000, "10Mbps", 20, {{0, "down"}, {0.5, "10Mbps"}}, up});
        Compare({"answer", 100'000, "10Mbps", 20, {{0, "down"}, {0.5, "10Mbps"}}, {2}});
        // Acknowledgements wait at a link that is down.
        Compare({"back", 1'000'000, "10Mbps", 20, {{0.3, "down"}, {0.8, "10Mbps"}}, {2}});
        // A new rate in each tenth of a second, as in a trace of Mahimahi's.
        std::vector<Step> bins;
        const std::vector<std::string> rates{"12Mbps",
                                             "3Mbps",
                                             "down",
                                             "20Mbps",
                                             "600kbps",
                                             "8Mbps"};
        for (int bin = 0; bin < 300; ++bin)
        {
            bins.push_back({0.1 * bin, rates[(bin * 7 + bin / 5) % rates.size()]});
        }
        Compare({"bins", 400'000, "20Mbps", 20, bins, up});
        Compare({"bins", 4'000'000, "20Mbps", 20, bins, up});
        Compare({"bins", 4'000'000, "20Mbps", 20, bins, down});
    }

    /**
     * Compare a message with one over TCP.
     * @param change how the links change
     */
    void Compare(const Case& change)
    {
        const double packet = RunCase("packet", change);
        const double flow = RunCase("flow", change);
        NS_TEST_EXPECT_MSG_EQ_TOL(flow / packet,
                                  1,
                                  change.tolerance,
                                  change.name << ", " << change.size << " bytes, from "
                                              << change.steps.front().at << " s: got " << flow
                                              << " s, packet " << packet << " s");
    }
};

/** A message in whose time a link becomes much slower, or goes down in slow start, is in doubt. */
class FlowSlowedTestCase : public TestCase
{
  public:
    FlowSlowedTestCase()
        : TestCase("a link that loses half of its rate puts in doubt")
    {
    }

  private:
    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(CountDoubts("100kbps"), 1, "a hundredth of it");
        NS_TEST_EXPECT_MSG_EQ(CountDoubts("8Mbps"), 0, "four fifths of it");
        NS_TEST_EXPECT_MSG_EQ(CountDoubts("20Mbps"), 0, "twice as much");
        NS_TEST_EXPECT_MSG_EQ(CountDoubts("down", 0.1), 1, "all of it, in slow start");
        NS_TEST_EXPECT_MSG_EQ(CountDoubts("down"), 0, "all of it, after slow start");
    }

    /**
     * Send a message over a downlink of 10 Mbps that changes.
     * @param rate its new rate
     * @param at when, in seconds
     * @return how many messages are in doubt for it
     */
    static uint64_t CountDoubts(const std::string& rate, double at = 0.2)
    {
        const auto wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        const auto transport = TransportHelper::Create("flow", wan);
        Recorder recorder(transport);
        transport->Send(0, 1, 400'000);
        Simulator::Schedule(Seconds(at), [&] {
            Underlay::Link state = wan->GetLink(3);
            state.isUp = rate != "down";
            state.rate = state.isUp ? DataRate(rate) : state.rate;
            wan->SetLink(3, state);
        });
        Simulator::Stop(Seconds(100));
        Simulator::Run();
        const auto doubts = transport->GetDoubts();
        Simulator::Destroy();
        const auto found = doubts.find("slowed_link");
        return found == doubts.end() ? 0 : found->second;
    }
};

/** The suite. */
class FlowChangingLinksTestSuite : public TestSuite
{
  public:
    FlowChangingLinksTestSuite()
        : TestSuite("murmuration-flow-changing-links")
    {
        AddTestCase(new FlowChangingTestCase);
        AddTestCase(new FlowSlowedTestCase);
    }
};

FlowChangingLinksTestSuite g_flowChangingLinksTestSuite; //!< Registers the suite

} // namespace
