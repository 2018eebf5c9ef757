/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/routed-underlay.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <algorithm>
#include <cmath>
#include <set>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::Recorder;

namespace
{

/**
 * Two routers joined by links side by side, as 90 of the 261 networks of the Topology Zoo have
 * them, and nodes at both.
 * @param rates of the links
 * @param nNodes nodes, at the one router and the other in turn
 * @return the underlay, on which pairs of nodes are spread over the links
 */
Ptr<RoutedUnderlay>
MakeParallel(const std::vector<std::string>& rates, uint32_t nNodes)
{
    const auto underlay = CreateObject<RoutedUnderlay>();
    underlay->AddRouter("A");
    underlay->AddRouter("B");
    std::vector<NextHops::Group> found(2);
    for (const std::string& rate : rates)
    {
        const Underlay::Link link{DataRate(rate), MicroSeconds(360)};
        found[0].push_back(underlay->AddCoreLink(0, 1, link));
        found[1].push_back(underlay->AddCoreLink(1, 0, link));
    }
    const Underlay::Link access{DataRate("1Gbps"), MilliSeconds(1)};
    for (uint32_t node = 0; node < nNodes; ++node)
    {
        underlay->AddNode(node % 2, access, access);
    }
    underlay->ChooseRoutes([&](uint32_t destination) {
        std::vector<NextHops::Group> towards = found;
        towards[destination].clear();
        return towards;
    });
    return underlay;
}

/** Each of several links between two routers has a way back of its own. */
class ParallelOppositesTestCase : public TestCase
{
  public:
    ParallelOppositesTestCase()
        : TestCase("links side by side lead back one by one")
    {
    }

  private:
    void DoRun() override
    {
        const auto underlay = MakeParallel({"1Mbps", "2Mbps", "3Mbps"}, 2);
        std::set<uint32_t> opposites;
        for (uint32_t link = 0; link < 6; ++link)
        {
            const uint32_t opposite = underlay->GetOpposite(link);
            opposites.insert(opposite);
            NS_TEST_EXPECT_MSG_EQ(underlay->GetOpposite(opposite), link, "and back again");
            NS_TEST_EXPECT_MSG_EQ(underlay->GetLink(opposite).rate,
                                  underlay->GetLink(link).rate,
                                  "the first of one way goes with the first of the other");
        }
        NS_TEST_EXPECT_MSG_EQ(opposites.size(), 6, "no two have the same");
        Simulator::Destroy();
    }
};

/** Everybody sends to everybody over links side by side. */
class FlowParallelTestCase : public TestCase
{
  public:
    FlowParallelTestCase()
        : TestCase("rounds over links side by side end, and take as long as over TCP")
    {
    }

  private:
    void DoRun() override
    {
        // Acknowledgements of what the fast link carries may come back over the slow one.
        Compare({"100Mbps", "1Mbps"}, 8);
        Compare({"20Mbps", "20Mbps"}, 16);
        Compare({"1Mbps", "1Mbps"}, 8);
        Compare({"100Mbps", "100Mbps", "10Mbps"}, 8);
        Compare({"1Mbps"}, 8);
    }

    /**
     * Compare a round with one over TCP.
     * @param rates of the links
     * @param nNodes nodes
     */
    void Compare(const std::vector<std::string>& rates, uint32_t nNodes)
    {
        const auto [tcp, none] = RunRound("tcp", rates, nNodes);
        const auto [flow, nDoubtful] = RunRound("flow", rates, nNodes);
        const bool isRight = std::abs(flow / tcp - 1) <= 0.1 || nDoubtful > 0;
        NS_TEST_EXPECT_MSG_EQ(isRight,
                              true,
                              rates.size() << " links, the last of " << rates.back() << ": got "
                                           << flow << " s, tcp " << tcp << " s");
    }

    /**
     * All nodes send to all others at once.
     * @param fidelity of the network
     * @param rates of the links
     * @param nNodes nodes
     * @return when the last message arrives, in seconds, and how many are in doubt
     */
    std::pair<double, uint64_t> RunRound(const std::string& fidelity,
                                         const std::vector<std::string>& rates,
                                         uint32_t nNodes)
    {
        const auto transport = TransportHelper::Create(fidelity, MakeParallel(rates, nNodes));
        Recorder recorder(transport);
        for (uint32_t from = 0; from < nNodes; ++from)
        {
            for (uint32_t to = 0; to < nNodes; ++to)
            {
                if (from != to)
                {
                    transport->Send(from, to, 31'400);
                }
            }
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(),
                              nNodes * (nNodes - 1),
                              "every message ends over " << fidelity);
        const double last = recorder.outcomes.back().nanosecond * 1e-9;
        const uint64_t nDoubtful = transport->GetNDoubtful();
        Simulator::Destroy();
        return {last, nDoubtful};
    }
};

/** The suite. */
class FlowParallelLinksTestSuite : public TestSuite
{
  public:
    FlowParallelLinksTestSuite()
        : TestSuite("murmuration-flow-parallel-links")
    {
        AddTestCase(new ParallelOppositesTestCase);
        AddTestCase(new FlowParallelTestCase);
    }
};

FlowParallelLinksTestSuite g_flowParallelLinksTestSuite; //!< Registers the suite

} // namespace
