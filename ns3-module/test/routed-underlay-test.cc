/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/routed-underlay.h"
#include "ns3/test.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::AllPaths;
using ns3::murmuration::test::ChooseRoutes;
using ns3::murmuration::test::Contains;

namespace
{

/** A link of 1 Gbps. */
Underlay::Link
GigabitLink(Time delay)
{
    return {DataRate("1Gbps"), delay};
}

/** Routes of random networks, in which some pairs are apart and many paths are equal, follow what
 * the search has found. */
class RouteOracleTestCase : public TestCase
{
  public:
    RouteOracleTestCase()
        : TestCase("routes follow the paths that were found")
    {
    }

  private:
    void DoRun() override
    {
        for (uint32_t seed = 0; seed < 200; ++seed)
        {
            CheckNetwork(seed);
        }
        NS_TEST_EXPECT_MSG_GT(m_nRoutes, 5000, "there was something to check");
        NS_TEST_EXPECT_MSG_GT(m_nMissing, 1000, "there were unreachable pairs");
    }

    void CheckNetwork(uint32_t seed)
    {
        std::mt19937 random(seed);
        const uint32_t nRouters = 2 + random() % 14;
        const uint32_t nLinks = random() % (3 * nRouters);
        const auto underlay = CreateObject<RoutedUnderlay>();
        for (uint32_t router = 0; router < nRouters; ++router)
        {
            underlay->AddRouter();
        }
        std::map<uint32_t, std::pair<uint32_t, uint32_t>> ends;
        for (uint32_t i = 0; i < nLinks; ++i)
        {
            const uint32_t from = random() % nRouters;
            const uint32_t to = random() % nRouters;
            // Few different delays, 0 among them, make many equal paths.
            const Time delay = MilliSeconds(random() % 3);
            if (from != to)
            {
                ends[underlay->AddCoreLink(from, to, GigabitLink(delay))] = {from, to};
            }
        }
        for (uint32_t node = 0; node < nRouters; ++node)
        {
            underlay->AddNode(random() % nRouters,
                              GigabitLink(MicroSeconds(node)),
                              GigabitLink(MicroSeconds(100 * node)));
        }
        const AllPaths paths(underlay);
        ChooseRoutes(underlay);
        for (uint32_t from = 0; from < underlay->GetNNodes(); ++from)
        {
            for (uint32_t to = 0; to < underlay->GetNNodes(); ++to)
            {
                if (from != to)
                {
                    CheckPair(*underlay, paths, ends, from, to);
                }
            }
        }
    }

    void CheckPair(const RoutedUnderlay& underlay,
                   const AllPaths& paths,
                   const std::map<uint32_t, std::pair<uint32_t, uint32_t>>& ends,
                   uint32_t from,
                   uint32_t to)
    {
        const AllPaths::Distance& best =
            paths.Get(underlay.GetRouter(from), underlay.GetRouter(to));
        NS_TEST_ASSERT_MSG_EQ(underlay.HasRoute(from, to),
                              (best < AllPaths::FAR),
                              "whether there is a path");
        if (!(best < AllPaths::FAR))
        {
            ++m_nMissing;
            return;
        }
        ++m_nRoutes;
        const Underlay::Route route = underlay.GetRoute(from, to);
        NS_TEST_ASSERT_MSG_EQ(route.links.size(), best.second + 2, "fewest links");
        NS_TEST_ASSERT_MSG_EQ(route.latency,
                              NanoSeconds(best.first) + MicroSeconds(from) + MicroSeconds(100 * to),
                              "least delay");
        NS_TEST_ASSERT_MSG_EQ(route.links.front(), underlay.GetUplink(from), "up");
        NS_TEST_ASSERT_MSG_EQ(route.links.back(), underlay.GetDownlink(to), "down");
        uint32_t router = underlay.GetRouter(from);
        for (std::size_t i = 1; i + 1 < route.links.size(); ++i)
        {
            const auto& [begin, end] = ends.at(route.links[i]);
            NS_TEST_ASSERT_MSG_EQ(begin, router, "each link begins where the last one ended");
            router = end;
        }
        NS_TEST_ASSERT_MSG_EQ(router, underlay.GetRouter(to), "the last one ends at the receiver");
    }

    uint32_t m_nRoutes{0};  //!< Pairs with a path
    uint32_t m_nMissing{0}; //!< Pairs without
};

/** Two leaves and four spines, eight nodes each: pairs are spread over the spines, and stay. */
class EqualPathsTestCase : public TestCase
{
  public:
    EqualPathsTestCase()
        : TestCase("pairs are spread over equal paths")
    {
    }

  private:
    static Ptr<RoutedUnderlay> MakeLeafSpine()
    {
        const auto underlay = CreateObject<RoutedUnderlay>();
        for (uint32_t router = 0; router < 6; ++router)
        {
            underlay->AddRouter();
        }
        for (uint32_t leaf = 0; leaf < 2; ++leaf)
        {
            for (uint32_t spine = 2; spine < 6; ++spine)
            {
                underlay->AddCoreLink(leaf, spine, GigabitLink(MicroSeconds(1)));
                underlay->AddCoreLink(spine, leaf, GigabitLink(MicroSeconds(1)));
            }
        }
        for (uint32_t node = 0; node < 16; ++node)
        {
            underlay->AddNode(node % 2, GigabitLink(MicroSeconds(1)), GigabitLink(MicroSeconds(1)));
        }
        ChooseRoutes(underlay);
        return underlay;
    }

    void DoRun() override
    {
        const auto underlay = MakeLeafSpine();
        const auto again = MakeLeafSpine();
        std::map<uint32_t, uint32_t> pairsByLink;
        for (uint32_t from = 0; from < 16; from += 2)
        {
            for (uint32_t to = 1; to < 16; to += 2)
            {
                const Underlay::Route route = underlay->GetRoute(from, to);
                NS_TEST_ASSERT_MSG_EQ(route.links.size(), 4, "up, two core links, down");
                ++pairsByLink[route.links[1]];
                NS_TEST_EXPECT_MSG_EQ((route.links == again->GetRoute(from, to).links),
                                      true,
                                      "the same in every run");
            }
        }
        NS_TEST_ASSERT_MSG_EQ(pairsByLink.size(), 4, "every spine is used");
        for (const auto& [link, nPairs] : pairsByLink)
        {
            // 16 of 64 on average, with a standard deviation of 3.5.
            NS_TEST_EXPECT_MSG_GT(nPairs, 4, "none is spared");
            NS_TEST_EXPECT_MSG_LT(nPairs, 30, "none takes most");
        }
    }
};

/** Places, names, nodes that are routers, routes that are not those of least delay. */
class RoutedUnderlayTestCase : public TestCase
{
  public:
    RoutedUnderlayTestCase()
        : TestCase("links, names and ends")
    {
    }

  private:
    void DoRun() override
    {
        // 0 --5 ms-- 1 --5 ms-- 2, and 0 --20 ms-- 2
        const auto underlay = CreateObject<RoutedUnderlay>();
        underlay->AddRouter("Oslo");
        underlay->AddRouter();
        underlay->AddRouter("Rome");
        const uint32_t first = underlay->AddCoreLink(0, 1, GigabitLink(MilliSeconds(5)));
        const uint32_t second = underlay->AddCoreLink(1, 2, GigabitLink(MilliSeconds(5)));
        underlay->AddCoreLink(0, 2, GigabitLink(MilliSeconds(20)));
        underlay->AddCoreLink(2, 1, GigabitLink(MilliSeconds(5)));
        underlay->AddCoreLink(1, 0, GigabitLink(MilliSeconds(5)));
        const uint32_t direct = underlay->AddCoreLink(2, 0, GigabitLink(MilliSeconds(20)));
        const uint32_t node =
            underlay->AddNode(0, GigabitLink(MilliSeconds(1)), GigabitLink(MilliSeconds(2)));
        const uint32_t router = underlay->AddNode(2);
        // The way back is not the one of least delay: the search has the say.
        const AllPaths paths(underlay);
        underlay->ChooseRoutes([&](uint32_t destination) {
            std::vector<NextHops::Group> found = paths.FindLinks(destination);
            found[2] = destination == 0 ? NextHops::Group{direct} : found[2];
            return found;
        });

        const Underlay::Route there = underlay->GetRoute(node, router);
        const std::vector<uint32_t> expected{underlay->GetUplink(node), first, second};
        NS_TEST_EXPECT_MSG_EQ((there.links == expected), true, "no downlink to a router");
        NS_TEST_EXPECT_MSG_EQ(there.latency, MilliSeconds(11), "by the way of least delay");
        const Underlay::Route back = underlay->GetRoute(router, node);
        NS_TEST_ASSERT_MSG_EQ(back.links.size(), 2, "no uplink from a router");
        NS_TEST_EXPECT_MSG_EQ(back.links[0], direct, "by the way that was found");
        NS_TEST_EXPECT_MSG_EQ(back.latency, MilliSeconds(22), "its delay counts");

        // What changes later does not move routes, but is felt.
        Underlay::Link slow = underlay->GetLink(first);
        slow.delay = Seconds(1);
        underlay->SetLink(first, slow);
        NS_TEST_EXPECT_MSG_EQ(underlay->GetRoute(node, router).latency,
                              MilliSeconds(1006),
                              "the same way, later");

        NS_TEST_EXPECT_MSG_EQ(underlay->GetLinkName(first), "Oslo to router 1", "core");
        NS_TEST_EXPECT_MSG_EQ(underlay->GetLinkName(underlay->GetUplink(0)), "node 0 up", "up");
        NS_TEST_EXPECT_MSG_EQ(underlay->GetLinkName(underlay->GetDownlink(0)),
                              "node 0 down",
                              "down");
        NS_TEST_EXPECT_MSG_EQ(underlay->GetBegin(second), 1, "a core link begins at a router");
        NS_TEST_EXPECT_MSG_EQ(underlay->GetEnd(second), 2, "and ends at one");
        const auto place = [&](uint32_t link) { return underlay->GetLinkPlace(link); };
        NS_TEST_EXPECT_MSG_EQ((place(first) == Underlay::LinkPlace::CORE), true, "core");
        NS_TEST_EXPECT_MSG_EQ((place(underlay->GetUplink(0)) == Underlay::LinkPlace::UPLINK),
                              true,
                              "up");
        NS_TEST_EXPECT_MSG_EQ((place(underlay->GetDownlink(0)) == Underlay::LinkPlace::DOWNLINK),
                              true,
                              "down");
    }
};

/** What is impossible is refused with words. */
class RoutedUnderlayRefusalTestCase : public TestCase
{
  public:
    RoutedUnderlayRefusalTestCase()
        : TestCase("what is impossible is refused")
    {
    }

  private:
    /** Follow links that a wrong search has found: from router 0 to router 1 and back. */
    static void GoRound()
    {
        const auto underlay = CreateObject<RoutedUnderlay>();
        underlay->AddRouter();
        underlay->AddRouter();
        underlay->AddRouter();
        const uint32_t there = underlay->AddCoreLink(0, 1, GigabitLink(MilliSeconds(1)));
        const uint32_t back = underlay->AddCoreLink(1, 0, GigabitLink(MilliSeconds(1)));
        underlay->AddNode(0);
        underlay->AddNode(2);
        underlay->ChooseRoutes([&](uint32_t) {
            return std::vector<NextHops::Group>{{there}, {back}, {}};
        });
        underlay->GetRoute(0, 1);
    }

    void ExpectAbort(const std::function<void()>& action, const std::string& part)
    {
        const std::string text = AbortText(action);
        NS_TEST_EXPECT_MSG_EQ(Contains(text, part), true, part + " in: " + text);
    }

    void DoRun() override
    {
        const auto underlay = CreateObject<RoutedUnderlay>();
        underlay->AddRouter("Oslo");
        underlay->AddRouter("Rome");
        const Underlay::Link link = GigabitLink(MilliSeconds(1));
        underlay->AddNode(0);
        underlay->AddNode(1, link, link);
        ExpectAbort([&] { underlay->AddCoreLink(0, 2, link); }, "no such router, got 2, allowed");
        ExpectAbort([&] { underlay->AddCoreLink(1, 1, link); }, "both ends are Rome");
        ExpectAbort(
            [&] {
                underlay->AddCoreLink(0, 1, {DataRate(0), Time(0)});
            },
            "wrong rate of Oslo to Rome, got 0bps");
        ExpectAbort([&] { underlay->AddNode(0); }, "another node is Oslo already");
        ExpectAbort([&] { underlay->AddNode(7, link, link); }, "no such router, got 7");
        ExpectAbort([&] { underlay->GetRoute(0, 1); }, "call ChooseRoutes() first");
        const auto choose = [&](const std::vector<NextHops::Group>& found) {
            underlay->ChooseRoutes([&](uint32_t) { return found; });
        };
        ExpectAbort([&] { choose({{}}); }, "wrong length of what was found, got 1, allowed 2");
        ExpectAbort([&] { choose({{0}, {}}); }, "link 0 is none from Oslo to a router");
        ExpectAbort([&] { choose({{7}, {}}); }, "link 7 is none from Oslo to a router");
        choose({{}, {}});
        ExpectAbort([&] { underlay->GetRoute(0, 1); }, "no route from node 0 to node 1");
        ExpectAbort([&] { underlay->AddNode(1); }, "called after ChooseRoutes()");
        ExpectAbort([&] { choose({{}, {}}); }, "called twice");
        ExpectAbort([] { GoRound(); }, "do not lead from node 0 to node 1");
        NS_TEST_EXPECT_MSG_EQ(underlay->HasRoute(0, 1), false, "no link, no route");
        NS_TEST_EXPECT_MSG_EQ(underlay->HasRoute(0, 0), false, "no route to oneself");
        NS_TEST_EXPECT_MSG_EQ(underlay->HasRoute(0, 2), false, "no route to nobody");
    }
};

/** The suite. */
class RoutedUnderlayTestSuite : public TestSuite
{
  public:
    RoutedUnderlayTestSuite()
        : TestSuite("murmuration-routed")
    {
        AddTestCase(new RouteOracleTestCase);
        AddTestCase(new EqualPathsTestCase);
        AddTestCase(new RoutedUnderlayTestCase);
        AddTestCase(new RoutedUnderlayRefusalTestCase);
    }
};

RoutedUnderlayTestSuite g_routedUnderlayTestSuite; //!< Registers the suite

} // namespace
