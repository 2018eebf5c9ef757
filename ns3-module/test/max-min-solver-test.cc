/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "ns3/fluid-network.h"
#include "ns3/max-min-solver.h"
#include "ns3/test.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;

namespace
{

constexpr double NEVER = FluidNetwork::NEVER; //!< No limit, no such time
constexpr double TOLERANCE = 1e-9;            //!< Relative, of rates

/** What a test knows of a flow. */
struct KnownFlow
{
    std::vector<uint32_t> links; //!< Its path
    double weight;               //!< Its share
    double cap;                  //!< Its cap
};

/**
 * Max-min fair rates by progressive filling: all rates rise together by weight, and those whose cap
 * or link is reached stay behind.
 * @param capacities by link
 * @param flows the flows
 * @return by flow
 */
std::map<uint32_t, double>
FillProgressively(const std::vector<double>& capacities, const std::map<uint32_t, KnownFlow>& flows)
{
    std::vector<double> left = capacities;
    std::map<uint32_t, KnownFlow> rising = flows;
    std::map<uint32_t, double> rates;
    double level = 0;
    while (!rising.empty())
    {
        std::vector<double> weights(left.size(), 0);
        double step = NEVER;
        for (const auto& [number, flow] : rising)
        {
            step = std::min(step, flow.cap / flow.weight - level);
            for (const uint32_t link : flow.links)
            {
                weights[link] += flow.weight;
            }
        }
        for (std::size_t link = 0; link < left.size(); ++link)
        {
            if (weights[link] > 0)
            {
                step = std::min(step, left[link] / weights[link]);
            }
        }
        level += step;
        for (std::size_t link = 0; link < left.size(); ++link)
        {
            left[link] -= step * weights[link];
        }
        for (auto next = rising.begin(); next != rising.end();)
        {
            const auto& [number, flow] = *next;
            const bool isFull =
                std::any_of(flow.links.begin(), flow.links.end(), [&](uint32_t link) {
                    return left[link] <= 1e-12 * capacities[link];
                });
            if (isFull || flow.cap / flow.weight <= level * (1 + 1e-12))
            {
                rates[number] = level * flow.weight;
                next = rising.erase(next);
            }
            else
            {
                ++next;
            }
        }
    }
    return rates;
}

/** Allocations that can be worked out by hand. */
class MaxMinByHandTestCase : public TestCase
{
  public:
    MaxMinByHandTestCase()
        : TestCase("max-min fair rates worked out by hand")
    {
    }

  private:
    void DoRun() override
    {
        MaxMinSolver bottleneck;
        bottleneck.AddLink(12);
        const uint32_t equal = bottleneck.AddFlow({0}, 1, NEVER);
        const uint32_t capped = bottleneck.AddFlow({0}, 1, 2);
        const uint32_t heavy = bottleneck.AddFlow({0}, 3, NEVER);
        bottleneck.Solve();
        Expect(bottleneck, capped, 2, "its cap");
        Expect(bottleneck, equal, 2.5, "a quarter of what is left");
        Expect(bottleneck, heavy, 7.5, "three times as much");

        // A parking lot: one flow over three links, and one on each of them.
        MaxMinSolver lot;
        const std::vector<double> capacities{10, 6, 30};
        for (const double capacity : capacities)
        {
            lot.AddLink(capacity);
        }
        const uint32_t through = lot.AddFlow({0, 1, 2}, 1, NEVER);
        std::vector<uint32_t> local;
        for (uint32_t link = 0; link < 3; ++link)
        {
            local.push_back(lot.AddFlow({link}, 1, NEVER));
        }
        lot.Solve();
        Expect(lot, through, 3, "half of the narrowest");
        Expect(lot, local[0], 7, "the rest of the first");
        Expect(lot, local[1], 3, "half of the narrowest");
        Expect(lot, local[2], 27, "the rest of the last");
        lot.RemoveFlow(local[1]);
        lot.Solve();
        Expect(lot, through, 5, "now the first is the narrowest");
        Expect(lot, local[2], 25, "the rest of the last");

        // A star: nodes 0 and 1 send to 2, and 0 to 3; uplinks 2i, downlinks 2i + 1.
        MaxMinSolver star;
        for (const double capacity : {8.0, 8.0, 9.0, 9.0, 9.0, 6.0, 9.0, 9.0})
        {
            star.AddLink(capacity);
        }
        const uint32_t first = star.AddFlow({0, 5}, 1, NEVER);
        const uint32_t second = star.AddFlow({2, 5}, 1, NEVER);
        const uint32_t third = star.AddFlow({0, 7}, 1, NEVER);
        star.Solve();
        Expect(star, first, 3, "half of the downlink");
        Expect(star, second, 3, "half of the downlink");
        Expect(star, third, 5, "the rest of the uplink");
    }

    /**
     * Expect a rate.
     * @param solver the solver
     * @param flow the flow
     * @param rate its rate
     * @param why in words
     */
    void Expect(const MaxMinSolver& solver, uint32_t flow, double rate, const std::string& why)
    {
        NS_TEST_EXPECT_MSG_EQ_TOL(solver.GetRate(flow), rate, TOLERANCE * rate, why);
    }
};

/** On random networks that change at random, rates are max-min fair after each change. */
class MaxMinRandomTestCase : public TestCase
{
  public:
    MaxMinRandomTestCase()
        : TestCase("max-min fairness on 3000 random networks")
    {
    }

  private:
    void DoRun() override
    {
        for (uint32_t seed = 0; seed < 3000; ++seed)
        {
            RunNetwork(seed);
        }
    }

    /**
     * Change a random network twelve times.
     * @param seed what it follows from
     */
    void RunNetwork(uint32_t seed)
    {
        std::mt19937 random(seed);
        MaxMinSolver solver;
        std::vector<double> capacities(2 + random() % 12);
        for (double& capacity : capacities)
        {
            capacity = Draw(random);
            solver.AddLink(capacity);
        }
        std::map<uint32_t, KnownFlow> flows;
        for (int change = 0; change < 12; ++change)
        {
            for (uint32_t count = 1 + random() % 4; count > 0; --count)
            {
                Change(random, solver, capacities, flows);
            }
            solver.Solve();
            CheckFair(seed, solver, capacities, flows);
        }
    }

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
     * Change something.
     * @param random what to
     * @param solver of the network
     * @param capacities of the network
     * @param flows of the network
     */
    static void Change(std::mt19937& random,
                       MaxMinSolver& solver,
                       std::vector<double>& capacities,
                       std::map<uint32_t, KnownFlow>& flows)
    {
        const auto some = [&] { return std::next(flows.begin(), random() % flows.size()); };
        const uint32_t kind = flows.empty() ? 0 : random() % 6;
        if (kind <= 2)
        {
            KnownFlow flow{{},
                           random() % 3 ? 1 : Draw(random),
                           random() % 3 ? NEVER : Draw(random)};
            for (uint32_t link = random() % capacities.size(); link < capacities.size();
                 link += 1 + random() % 5)
            {
                flow.links.push_back(link);
            }
            flows[solver.AddFlow(flow.links, flow.weight, flow.cap)] = flow;
        }
        else if (kind == 3)
        {
            const auto flow = some();
            solver.RemoveFlow(flow->first);
            flows.erase(flow);
        }
        else if (kind == 4)
        {
            const auto flow = some();
            flow->second.cap = random() % 2 ? NEVER : Draw(random);
            flow->second.weight = Draw(random);
            solver.SetFlow(flow->first, flow->second.weight, flow->second.cap);
        }
        else
        {
            const uint32_t link = random() % capacities.size();
            capacities[link] = Draw(random);
            solver.SetCapacity(link, capacities[link]);
        }
    }

    /**
     * Expect the max-min fair rates: by the condition that defines them, and by an oracle.
     * @param seed of the network
     * @param solver of the network
     * @param capacities of the network
     * @param flows of the network
     */
    void CheckFair(uint32_t seed,
                   const MaxMinSolver& solver,
                   const std::vector<double>& capacities,
                   const std::map<uint32_t, KnownFlow>& flows)
    {
        std::vector<double> used(capacities.size(), 0);
        std::vector<double> highest(capacities.size(), 0);
        for (const auto& [number, flow] : flows)
        {
            for (const uint32_t link : flow.links)
            {
                used[link] += solver.GetRate(number);
                highest[link] = std::max(highest[link], solver.GetRate(number) / flow.weight);
            }
        }
        for (std::size_t link = 0; link < capacities.size(); ++link)
        {
            NS_TEST_EXPECT_MSG_LT_OR_EQ(used[link],
                                        capacities[link] * (1 + TOLERANCE),
                                        "overload in network " << seed);
        }
        const auto oracle = FillProgressively(capacities, flows);
        for (const auto& [number, flow] : flows)
        {
            const double rate = solver.GetRate(number);
            const bool isLimited =
                std::any_of(flow.links.begin(), flow.links.end(), [&](uint32_t link) {
                    return used[link] >= capacities[link] * (1 - TOLERANCE) &&
                           rate / flow.weight >= highest[link] * (1 - TOLERANCE);
                });
            NS_TEST_EXPECT_MSG_EQ(isLimited || rate >= flow.cap * (1 - TOLERANCE),
                                  true,
                                  "nothing limits flow " << number << " in network " << seed);
            NS_TEST_EXPECT_MSG_EQ_TOL(rate,
                                      oracle.at(number),
                                      TOLERANCE * rate,
                                      "rate of flow " << number << " in network " << seed);
        }
    }
};

/** A change is felt by as many links in a large network as in a small one. */
class MaxMinLocalityTestCase : public TestCase
{
  public:
    MaxMinLocalityTestCase()
        : TestCase("a change touches a part that does not grow with the network")
    {
    }

  private:
    void DoRun() override
    {
        const double small = GetWorkPerChange(200);
        const double large = GetWorkPerChange(3200);
        NS_TEST_EXPECT_MSG_LT(large, 1.5 * small, "links worked out for each flow that ends");
        NS_TEST_EXPECT_MSG_LT(large, 50, "a small part of 6400 links");
    }

    /**
     * End the flows of a random network one by one.
     * @param nNodes nodes with an uplink and a downlink each, and six flows to others
     * @return links worked out for each of the first half of them
     */
    static double GetWorkPerChange(uint32_t nNodes)
    {
        std::mt19937 random(1);
        MaxMinSolver solver;
        for (uint32_t link = 0; link < 2 * nNodes; ++link)
        {
            solver.AddLink(1 + random() % 100000);
        }
        std::vector<uint32_t> flows;
        for (uint32_t flow = 0; flow < 6 * nNodes; ++flow)
        {
            const uint32_t from = flow / 6;
            const uint32_t to = (from + 1 + random() % (nNodes - 1)) % nNodes;
            flows.push_back(solver.AddFlow({2 * from, 2 * to + 1}, 1, NEVER));
        }
        solver.Solve();
        for (std::size_t i = flows.size() - 1; i > 0; --i)
        {
            std::swap(flows[i], flows[random() % (i + 1)]);
        }
        const uint64_t before = solver.GetWork();
        for (std::size_t i = 0; i < flows.size() / 2; ++i)
        {
            solver.RemoveFlow(flows[i]);
            solver.Solve();
        }
        return static_cast<double>(solver.GetWork() - before) / (flows.size() / 2);
    }
};

/** Amounts end when the integral of their rates says so. */
class FluidNetworkTestCase : public TestCase
{
  public:
    FluidNetworkTestCase()
        : TestCase("fluid flows end when they should")
    {
    }

  private:
    void DoRun() override
    {
        FluidNetwork network({10.0});
        const uint32_t first = network.Start({0}, 100, 0);
        const uint32_t second = network.Start({0}, 20, 0);
        network.Settle(0);
        // 5 each: the second ends at 4, then 80 are left at 10.
        ExpectEnd(network, 4, second);
        network.End(second, 4);
        network.Settle(4);
        ExpectEnd(network, 12, first);
        // At 5, with 70 left, the capacity falls to 2; at 10, with 60 left, it rises to 20.
        network.SetCapacity(0, 2);
        network.Settle(5);
        ExpectEnd(network, 40, first);
        NS_TEST_EXPECT_MSG_EQ_TOL(network.GetRemaining(first, 10), 60, 1e-9, "left at 10");
        network.SetCapacity(0, 20);
        network.Settle(10);
        ExpectEnd(network, 13, first);
        // From 11, with 40 left, its own cap is 8; its weight makes no difference.
        network.SetFlow(first, 3, 8, 11);
        network.Settle(11);
        NS_TEST_EXPECT_MSG_EQ(network.IsAtCap(first), true, "its own cap");
        network.SetStage(first, 8);
        network.Reschedule();
        FluidNetwork::Event event{};
        NS_TEST_EXPECT_MSG_EQ_TOL(network.GetNextTime(), 15, 1e-9, "the stage is first");
        // Twice as fast from 12 on, with 32 left: 8 are left at 13.5.
        network.SetFlow(first, 3, 16, 12);
        network.Settle(12);
        NS_TEST_EXPECT_MSG_EQ_TOL(network.GetNextTime(), 13.5, 1e-9, "sooner");
        // And half as fast again from 13 on, with 16 left: at 14.
        network.SetFlow(first, 3, 8, 13);
        network.Settle(13);
        NS_TEST_ASSERT_MSG_EQ(network.TakeEvent(13.9, event), false, "not yet");
        NS_TEST_ASSERT_MSG_EQ(network.TakeEvent(14, event), true, "it is reached");
        NS_TEST_EXPECT_MSG_EQ(event.isFinished, false, "and nothing has ended");
        NS_TEST_EXPECT_MSG_EQ_TOL(network.GetRemaining(first, 14), 8, 1e-6, "left then");
        network.SetStage(first, 0);
        network.SetFlow(first, 3, 4, 14);
        network.Settle(14);
        ExpectEnd(network, 16, first);
        NS_TEST_ASSERT_MSG_EQ(network.TakeEvent(16, event), true, "now it has");
        NS_TEST_EXPECT_MSG_EQ(event.isFinished, true, "ended");
        network.End(first, 16);
        network.Settle(16);
        NS_TEST_EXPECT_MSG_EQ(network.GetNextTime(), NEVER, "nothing is left");
    }

    /**
     * Expect the next end of a flow.
     * @param network the network
     * @param time when
     * @param flow which
     */
    void ExpectEnd(const FluidNetwork& network, double time, uint32_t flow)
    {
        NS_TEST_EXPECT_MSG_EQ_TOL(network.GetNextTime(), time, 1e-9 * time, "next end");
        NS_TEST_EXPECT_MSG_EQ_TOL(network.GetRemaining(flow, time), 0, 1e-6, "nothing left then");
    }
};

/** A stage comes sooner where a flow's own cap comes to limit it. */
class StageAtCapTestCase : public TestCase
{
  public:
    StageAtCapTestCase()
        : TestCase("a stage that comes sooner when the flow's own cap limits it")
    {
    }

  private:
    void DoRun() override
    {
        // 50 each; the second one ends at 2, and with 900 left the first one is at its cap of 60.
        for (const auto& [leftAtCap, time] : {std::pair{0.0, 2 + 800 / 60.0},
                                              std::pair{850.0, 2 + 50 / 60.0},
                                              std::pair{950.0, 2.0}})
        {
            FluidNetwork network({100.0});
            const uint32_t first = network.Start({0}, 1000, 0);
            const uint32_t second = network.Start({0}, 100, 0);
            network.SetFlow(first, 1, 60, 0);
            network.Settle(0);
            network.SetStage(first, 100, leftAtCap);
            network.Reschedule();
            NS_TEST_EXPECT_MSG_EQ_TOL(network.GetNextTime(), 2, 1e-9, "the other one ends");
            network.End(second, 2);
            network.Settle(2);
            NS_TEST_EXPECT_MSG_EQ_TOL(network.GetNextTime(), time, 1e-9, "left " << leftAtCap);
            FluidNetwork::Event event{};
            NS_TEST_EXPECT_MSG_EQ(network.TakeEvent(time, event), true, "it is told");
            NS_TEST_EXPECT_MSG_EQ(event.isFinished, false, "that is not the end");
        }
    }
};

/** The suite. */
class MaxMinSolverTestSuite : public TestSuite
{
  public:
    MaxMinSolverTestSuite()
        : TestSuite("murmuration-max-min")
    {
        AddTestCase(new MaxMinByHandTestCase);
        AddTestCase(new MaxMinRandomTestCase);
        AddTestCase(new MaxMinLocalityTestCase);
        AddTestCase(new StageAtCapTestCase);
        AddTestCase(new FluidNetworkTestCase);
    }
};

MaxMinSolverTestSuite g_maxMinSolverTestSuite; //!< Registers the suite

} // namespace
