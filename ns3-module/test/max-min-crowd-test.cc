/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// Links of very many flows, whose levels are worked out without a look at all of them.
#include "ns3/crowd-level.h"
#include "ns3/max-min-solver.h"
#include "ns3/test.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;

namespace
{

constexpr double NEVER = std::numeric_limits<double>::infinity(); //!< No cap

/** The level of one link, by hand. */
class CrowdLevelTestCase : public TestCase
{
  public:
    CrowdLevelTestCase()
        : TestCase("the level of one link worked out by hand")
    {
    }

  private:
    void DoRun() override
    {
        CrowdLevel level;
        NS_TEST_EXPECT_MSG_EQ(level.Solve(12), NEVER, "nobody wants anything");
        level.Set(0, 1, NEVER);
        level.Set(1, 1, 2);
        level.Set(2, 3, NEVER);
        NS_TEST_EXPECT_MSG_EQ_TOL(level.Solve(12), 2.5, 1e-12, "a quarter of what one leaves");
        NS_TEST_EXPECT_MSG_EQ(level.IsLimited(1), false, "has its 2");
        NS_TEST_EXPECT_MSG_EQ(level.IsLimited(2), true, "wants more");
        NS_TEST_EXPECT_MSG_EQ_TOL(level.Solve(5), 1, 1e-12, "less than anybody wants");
        NS_TEST_EXPECT_MSG_EQ(level.IsLimited(1), true, "wants 2");
        std::vector<uint32_t> between;
        level.ForEachBetween(1, 2.5, [&](uint32_t flow) { between.push_back(flow); });
        NS_TEST_EXPECT_MSG_EQ((between == std::vector<uint32_t>{1}), true, "has changed sides");
        level.Remove(2);
        level.Set(0, 1, 4);
        NS_TEST_EXPECT_MSG_EQ(level.Solve(12), NEVER, "all have what they want");
        NS_TEST_EXPECT_MSG_EQ_TOL(level.GetSatisfied(), 6, 1e-12, "4 and 2");
        NS_TEST_EXPECT_MSG_EQ_TOL(level.Solve(5), 3, 1e-12, "what 2 leave");
    }
};

/** Crowds give what a look at all flows gives, and tell of each flow that another link limits. */
class CrowdRandomTestCase : public TestCase
{
  public:
    CrowdRandomTestCase()
        : TestCase("300 random networks with servers, beside a solver without crowds")
    {
    }

  private:
    /** One network, solved twice. */
    struct Pair
    {
        MaxMinSolver crowds;                    //!< What is tested
        MaxMinSolver plain;                     //!< What looks at all flows
        std::vector<uint32_t> flows;            //!< Numbers, the same in both
        std::map<uint32_t, uint32_t> limitedBy; //!< As told, by flow
        bool hasTwoCrowds{false};               //!< Both servers have as many clients
    };

    /**
     * Draw a capacity, a cap or a weight; often one that others have too.
     * @param random where from
     * @return 1 to 8, or anything from 0.1 to 10
     */
    static double Draw(std::mt19937& random)
    {
        return random() % 2 ? 1 + random() % 8 : 0.1 + 9.9e-6 * (random() % 1000000);
    }

    /**
     * Add a flow between one of the servers, links 0 and 1, and a client, or between the servers.
     * @param pair the network
     * @param random what to draw from
     */
    static void Add(Pair& pair, std::mt19937& random)
    {
        const auto client = static_cast<uint32_t>(2 + random() % CLIENTS);
        const uint32_t server = random() % (pair.hasTwoCrowds ? 2 : 16) == 0 ? 1 : 0;
        std::vector<uint32_t> links{server, client};
        if (random() % 16 == 0)
        {
            links.push_back(1 - server);
            if (pair.hasTwoCrowds && random() % 2 == 0)
            {
                links = {server, 1 - server};
            }
        }
        const double weight = random() % 3 ? 1 : Draw(random);
        const double cap = random() % 3 ? NEVER : Draw(random) / 20;
        const uint32_t flow = pair.crowds.AddFlow(links, weight, cap);
        pair.plain.AddFlow(links, weight, cap);
        pair.flows.push_back(flow);
        pair.limitedBy[flow] = MaxMinSolver::NO_LINK - 1;
    }

    /**
     * Change something in both.
     * @param pair the network
     * @param random what to draw from
     */
    static void Change(Pair& pair, std::mt19937& random)
    {
        const uint32_t kind = random() % 8;
        const std::size_t which = random() % pair.flows.size();
        const uint32_t flow = pair.flows[which];
        const double weight = Draw(random);
        const double cap = random() % 2 ? NEVER : Draw(random) / 20;
        if (kind < 2)
        {
            Add(pair, random);
        }
        else if (kind < 4 && pair.flows.size() > 1)
        {
            pair.crowds.RemoveFlow(flow);
            pair.plain.RemoveFlow(flow);
            pair.limitedBy.erase(flow);
            pair.flows.erase(pair.flows.begin() + static_cast<std::ptrdiff_t>(which));
        }
        else if (kind < 7)
        {
            pair.crowds.SetFlow(flow, weight, cap);
            pair.plain.SetFlow(flow, weight, cap);
            // As FluidNetwork does: who is set is looked at.
            pair.limitedBy[flow] = MaxMinSolver::NO_LINK - 1;
        }
        else
        {
            const auto link = static_cast<uint32_t>(random() % (2 + CLIENTS));
            const double capacity = random() % 10 == 0 ? 0 : Draw(random) * (link < 2 ? 10 : 0.1);
            pair.crowds.SetCapacity(link, capacity);
            pair.plain.SetCapacity(link, capacity);
        }
    }

    /**
     * Solve both, and compare.
     * @param pair the network
     * @param seed what it follows from
     */
    void Compare(Pair& pair, uint32_t seed)
    {
        pair.crowds.Solve();
        pair.plain.Solve();
        pair.crowds.ForEachMoved(
            [&pair](uint32_t flow) { pair.limitedBy[flow] = pair.crowds.GetBottleneck(flow); });
        for (const uint32_t flow : pair.flows)
        {
            const double expected = pair.plain.GetRate(flow);
            NS_TEST_EXPECT_MSG_EQ_TOL(pair.crowds.GetRate(flow),
                                      expected,
                                      1e-9 * expected,
                                      "rate of " << flow << ", seed " << seed);
            uint32_t& told = pair.limitedBy[flow];
            told = told == MaxMinSolver::NO_LINK - 1 ? pair.crowds.GetBottleneck(flow) : told;
            NS_TEST_EXPECT_MSG_EQ(told,
                                  pair.crowds.GetBottleneck(flow),
                                  "who limits " << flow << " is told, seed " << seed);
        }
    }

    void DoRun() override
    {
        for (uint32_t seed = 0; seed < 300; ++seed)
        {
            std::mt19937 random(seed);
            Pair pair;
            pair.plain.SetExactUse(true);
            pair.hasTwoCrowds = seed % 2 == 1;
            for (uint32_t link = 0; link < 2 + CLIENTS; ++link)
            {
                const double capacity = link < 2 ? 10 * Draw(random) : Draw(random) * 0.1;
                pair.crowds.AddLink(capacity);
                pair.plain.AddLink(capacity);
            }
            for (uint32_t flow = 0; flow < 40 + seed; ++flow)
            {
                Add(pair, random);
            }
            Compare(pair, seed);
            for (uint32_t round = 0; round < 60; ++round)
            {
                for (uint32_t count = 1 + random() % 3; count > 0; --count)
                {
                    Change(pair, random);
                }
                Compare(pair, seed);
            }
        }
    }

    static constexpr uint32_t CLIENTS = 60; //!< In each network
};

/** A change of a flow costs the same beside 200 and beside 6,400 others. */
class CrowdCostTestCase : public TestCase
{
  public:
    CrowdCostTestCase()
        : TestCase("how many flows a change of a server's level tells does not grow")
    {
    }

  private:
    void DoRun() override
    {
        for (const uint32_t nFlows : {200U, 6400U})
        {
            MaxMinSolver solver;
            solver.AddLink(nFlows);
            for (uint32_t flow = 0; flow < nFlows; ++flow)
            {
                const uint32_t link = solver.AddLink(50);
                solver.AddFlow({0, link}, 1, NEVER);
            }
            solver.Solve();
            std::size_t nMoved = 0;
            const uint64_t before = solver.GetWork();
            for (uint32_t flow = 0; flow < 100; ++flow)
            {
                solver.SetFlow(flow, 1.5, NEVER);
                solver.Solve();
                solver.ForEachMoved([&nMoved](uint32_t) { ++nMoved; });
            }
            NS_TEST_EXPECT_MSG_LT(nMoved, 200, nFlows << " flows");
            NS_TEST_EXPECT_MSG_LT(solver.GetWork() - before, 400, nFlows << " flows");
        }
    }
};

/** The suite. */
class MaxMinCrowdTestSuite : public TestSuite
{
  public:
    MaxMinCrowdTestSuite()
        : TestSuite("murmuration-max-min-crowd")
    {
        AddTestCase(new CrowdLevelTestCase);
        AddTestCase(new CrowdRandomTestCase);
        AddTestCase(new CrowdCostTestCase);
    }
};

MaxMinCrowdTestSuite g_maxMinCrowdTestSuite; //!< Registers the suite

} // namespace
