/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "ns3/max-min-solver.h"
#include "ns3/test.h"

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;

namespace
{

constexpr double NEVER = MaxMinSolver::INFINITE; //!< No cap

/** What acknowledgements take of the links that lead back; 0.1 of what they acknowledge. */
class MaxMinReturnTestCase : public TestCase
{
  public:
    MaxMinReturnTestCase()
        : TestCase("acknowledgements take from the links that lead back")
    {
    }

  private:
    void DoRun() override
    {
        TestPair();
        TestStarved();
        TestParallel();
    }

    void TestPair()
    {
        MaxMinSolver solver;
        solver.SetReturnShare(0.1);
        solver.AddLink(11);
        solver.AddLink(11);
        const uint32_t there = solver.AddFlow({0}, 1, NEVER, {1});
        solver.Solve();
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(there), 11, 1e-9, "nothing comes back");
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetTaken(1), 1.1, 1e-9, "a tenth of it");
        const uint32_t back = solver.AddFlow({1}, 1, NEVER, {0});
        solver.Solve();
        // x = 11 - 0.1 x in both directions, within the step of a thousandth.
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(there), 10, 0.02, "there");
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(back), 10, 0.02, "and back");
        solver.RemoveFlow(there);
        solver.RemoveFlow(back);
        solver.Solve();
        NS_TEST_EXPECT_MSG_EQ(solver.GetTaken(0), 0, "nothing is left of them");
        NS_TEST_EXPECT_MSG_EQ(solver.GetTaken(1), 0, "nothing is left of them");
    }

    void TestStarved()
    {
        // Of 100 there, the acknowledgements need 10, and the way back has 4.
        MaxMinSolver solver;
        solver.SetReturnShare(0.1);
        solver.AddLink(100);
        solver.AddLink(4);
        const uint32_t there = solver.AddFlow({0}, 1, NEVER, {1});
        solver.Solve();
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(there), 40, 1e-9, "what can be acknowledged");
        NS_TEST_EXPECT_MSG_EQ(solver.GetBottleneck(there), 1, "the way back is what limits it");
        // In one queue 0.1 x and x are served alike: 1.1 x = 4.
        const uint32_t back = solver.AddFlow({1}, 1, NEVER, {0});
        solver.Solve();
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(there), 4 / 1.1, 1e-9, "level with the other");
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(back), 4 / 1.1, 1e-9, "level with the other");
        // Where its own cap lets it want less, the rest is the other's: 4 - 0.1 x 2.
        solver.SetFlow(there, 1, 2);
        solver.Solve();
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(there), 2, 1e-9, "its cap");
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(back), 3.8, 1e-9, "the rest");
    }

    void TestParallel()
    {
        // Two links there and two back; both flows have their acknowledgements on the first.
        MaxMinSolver solver;
        solver.SetReturnShare(0.1);
        for (int link = 0; link < 4; ++link)
        {
            solver.AddLink(10);
        }
        solver.AddFlow({0}, 1, NEVER, {2});
        const uint32_t other = solver.AddFlow({1}, 1, NEVER, {2});
        solver.Solve();
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetTaken(2), 2, 1e-9, "both");
        NS_TEST_EXPECT_MSG_EQ(solver.GetTaken(3), 0, "none");
        solver.RemoveFlow(other);
        solver.Solve();
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetTaken(2), 1, 1e-9, "the other one");
    }
};

/** Any network settles in so many steps, however its links lead back. */
class MaxMinSettlesTestCase : public TestCase
{
  public:
    MaxMinSettlesTestCase()
        : TestCase("4000 random networks of parallel links and unlike rates settle")
    {
    }

  private:
    static constexpr double SHARE = 52.0 / 3000; //!< Of acknowledgements

    /** A flow and the way of its acknowledgements. */
    struct TwoWays
    {
        std::vector<uint32_t> forth; //!< Its path
        std::vector<uint32_t> back;  //!< Links that lead back
    };

    void DoRun() override
    {
        for (uint32_t seed = 0; seed < 4000; ++seed)
        {
            RunNetwork(seed);
        }
    }

    /**
     * Draw the way between two routers of a row: over one of the parallel links of each pair.
     * @param random where from
     * @param from a router
     * @param to another
     * @param parallel links between neighbors, in each direction
     * @return links
     */
    static std::vector<uint32_t> DrawWay(std::mt19937& random,
                                         uint32_t from,
                                         uint32_t to,
                                         uint32_t parallel)
    {
        std::vector<uint32_t> way;
        for (uint32_t router = from; router != to; router += from < to ? 1 : -1)
        {
            const uint32_t pair = std::min(router, from < to ? router : router - 1);
            way.push_back((2 * pair + (from < to ? 0 : 1)) * parallel + random() % parallel);
        }
        return way;
    }

    /**
     * Change a random network twenty times.
     * @param seed what it follows from
     */
    void RunNetwork(uint32_t seed)
    {
        std::mt19937 random(seed);
        const uint32_t routers = 2 + random() % 4;
        const uint32_t parallel = 1 + random() % 3;
        std::vector<double> capacities(2 * (routers - 1) * parallel);
        MaxMinSolver solver;
        solver.SetReturnShare(SHARE);
        for (double& capacity : capacities)
        {
            capacity = DrawCapacity(random);
            solver.AddLink(capacity);
        }
        std::map<uint32_t, TwoWays> flows;
        bool isOld = false;
        for (int change = 0; change < 20; ++change)
        {
            const uint32_t kind = flows.empty() ? 0 : random() % 6;
            if (kind <= 3)
            {
                const uint32_t from = random() % routers;
                const uint32_t to = (from + 1 + random() % (routers - 1)) % routers;
                const TwoWays ways{DrawWay(random, from, to, parallel),
                                   DrawWay(random, to, from, parallel)};
                flows[solver.AddFlow(ways.forth, 1 + random() % 3, NEVER, ways.back)] = ways;
            }
            else if (kind == 4)
            {
                const auto flow = std::next(flows.begin(), random() % flows.size());
                solver.RemoveFlow(flow->first);
                flows.erase(flow);
            }
            else
            {
                const uint32_t link = random() % capacities.size();
                capacities[link] = DrawCapacity(random);
                solver.SetCapacity(link, capacities[link]);
                // Which links may limit a flow is decided when it is added.
                isOld = random() % 2;
                if (!isOld)
                {
                    AddAgain(solver, flows);
                }
            }
            const uint64_t before = solver.GetWork();
            solver.Solve();
            NS_TEST_EXPECT_MSG_LT_OR_EQ(solver.GetWork() - before,
                                        16 * capacities.size(),
                                        "links worked out in network " << seed);
            if (!isOld)
            {
                Check(seed, solver, capacities, flows);
            }
        }
    }

    /**
     * Remove all flows and add them again.
     * @param solver of the network
     * @param flows of the network
     */
    static void AddAgain(MaxMinSolver& solver, std::map<uint32_t, TwoWays>& flows)
    {
        std::map<uint32_t, TwoWays> again;
        for (const auto& [number, ways] : flows)
        {
            solver.RemoveFlow(number);
        }
        for (const auto& [number, ways] : flows)
        {
            again[solver.AddFlow(ways.forth, 1, NEVER, ways.back)] = ways;
        }
        flows = std::move(again);
    }

    /**
     * Draw a capacity.
     * @param random where from
     * @return 1, 100 or anything between
     */
    static double DrawCapacity(std::mt19937& random)
    {
        return std::vector<double>{1, 100, 1 + 1e-4 * (random() % 990000)}[random() % 3];
    }

    /**
     * Expect that no link has more than it carries, and that something limits each flow.
     * @param seed of the network
     * @param solver of the network
     * @param capacities of the network
     * @param flows of the network
     */
    void Check(uint32_t seed,
               const MaxMinSolver& solver,
               const std::vector<double>& capacities,
               const std::map<uint32_t, TwoWays>& flows)
    {
        std::vector<double> used(capacities.size(), 0);
        std::vector<double> acknowledging(capacities.size(), 0);
        for (const auto& [number, ways] : flows)
        {
            for (const uint32_t link : ways.forth)
            {
                used[link] += solver.GetRate(number);
            }
            for (const uint32_t link : ways.back)
            {
                acknowledging[link] += SHARE * solver.GetRate(number);
            }
        }
        // What is taken is felt in steps of a thousandth, and not beyond nine tenths.
        const double step = 3e-3;
        for (std::size_t link = 0; link < capacities.size(); ++link)
        {
            const double beyond = std::max(0.0, acknowledging[link] - 0.9 * capacities[link]);
            NS_TEST_EXPECT_MSG_LT_OR_EQ(used[link] + acknowledging[link] - beyond,
                                        capacities[link] * (1 + step),
                                        "overload of link " << link << " in network " << seed);
        }
        for (const auto& [number, ways] : flows)
        {
            bool isLimited = false;
            for (const std::vector<uint32_t>* way : {&ways.forth, &ways.back})
            {
                for (const uint32_t link : *way)
                {
                    isLimited |= used[link] + acknowledging[link] >= capacities[link] * (1 - step);
                }
            }
            NS_TEST_EXPECT_MSG_EQ(isLimited,
                                  true,
                                  "nothing limits flow " << number << " in network " << seed);
        }
    }
};

/** The suite. */
class MaxMinReturnTestSuite : public TestSuite
{
  public:
    MaxMinReturnTestSuite()
        : TestSuite("murmuration-max-min-return")
    {
        AddTestCase(new MaxMinReturnTestCase);
        AddTestCase(new MaxMinSettlesTestCase);
    }
};

MaxMinReturnTestSuite g_maxMinReturnTestSuite; //!< Registers the suite

} // namespace
