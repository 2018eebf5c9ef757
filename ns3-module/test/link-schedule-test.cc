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

#include <memory>
#include <string>
#include <tuple>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;

namespace
{

/** When a link changed, in ms; which; and its rate in Mbps, 0 when down. */
using Seen = std::tuple<int64_t, uint32_t, uint64_t>;

/**
 * Make a trace of rates.
 * @param rates instants in ms, and rates in Mbps, 0 for down
 * @param period in ms; 0 to play it once
 * @return the trace
 */
std::shared_ptr<const LinkTrace>
MakeTrace(const std::vector<std::pair<int64_t, uint64_t>>& rates, int64_t period = 0)
{
    LinkTrace trace;
    trace.period = MilliSeconds(period);
    for (const auto& [at, rate] : rates)
    {
        LinkChange change{};
        change.at = MilliSeconds(at);
        change.isUp = rate > 0;
        if (rate > 0)
        {
            change.rate = DataRate(rate * 1'000'000);
        }
        trace.changes.push_back(change);
    }
    return std::make_shared<LinkTrace>(trace);
}

/** Writes down every change of an underlay. */
class Watcher
{
  public:
    /**
     * @brief Watch an underlay.
     * @param underlay the underlay
     */
    explicit Watcher(Ptr<Underlay> underlay)
        : m_underlay(underlay)
    {
        underlay->TraceConnectWithoutContext("LinkChanged",
                                             MakeCallback(&Watcher::LinkChanged, this));
    }

    std::vector<Seen> seen; //!< In order

  private:
    /**
     * @brief A link has changed.
     * @param link the link
     */
    void LinkChanged(uint32_t link)
    {
        const Underlay::Link& state = m_underlay->GetLink(link);
        seen.emplace_back(Simulator::Now().GetMilliSeconds(),
                          link,
                          state.isUp ? state.rate.GetBitRate() / 1'000'000 : 0);
    }

    Ptr<Underlay> m_underlay; //!< The underlay
};

/** Traces that are played once change their links at their instants, and then it is over. */
class PlayOnceTestCase : public TestCase
{
  public:
    PlayOnceTestCase()
        : TestCase("traces are played once, side by side")
    {
    }

  private:
    void DoRun() override
    {
        const auto wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(1));
        Watcher watcher(wan);
        LinkSchedule schedule(wan);
        schedule.Add(0, MakeTrace({{0, 5}, {20, 0}, {30, 7}, {40, 7}}));
        schedule.Add(3, MakeTrace({{20, 1}, {20, 2}, {50, 3}}));
        schedule.Start();
        Simulator::Run();

        // What changes nothing is not told of; at one instant, in the order of Add().
        const std::vector<Seen> expected{{0, 0, 5},
                                         {20, 0, 0},
                                         {20, 3, 1},
                                         {20, 3, 2},
                                         {30, 0, 7},
                                         {50, 3, 3}};
        NS_TEST_EXPECT_MSG_EQ((watcher.seen == expected), true, "every change");
        NS_TEST_EXPECT_MSG_EQ(Simulator::Now(), MilliSeconds(50), "ends with the last change");
        NS_TEST_EXPECT_MSG_EQ(wan->GetUpRate(0), DataRate("7Mbps"), "stays as it was left");
        NS_TEST_EXPECT_MSG_EQ(Simulator::GetEventCount(), 4, "an event for each instant");
        Simulator::Destroy();
    }
};

/** A trace that repeats, entered in the middle; it ends when it is told to. */
class RepeatTestCase : public TestCase
{
  public:
    RepeatTestCase()
        : TestCase("traces repeat from their offsets until it is over")
    {
    }

  private:
    void DoRun() override
    {
        const auto wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(1));
        Watcher watcher(wan);
        LinkSchedule schedule(wan);
        const auto trace = MakeTrace({{10, 1}, {60, 2}}, 100);
        schedule.Add(0, trace);
        schedule.Add(1, trace, MilliSeconds(30));
        schedule.Add(2, trace, MilliSeconds(260));
        schedule.StopWhen(Callback<bool>([] { return Simulator::Now() >= MilliSeconds(140); }));
        schedule.Start();
        Simulator::Run();

        const std::vector<Seen> expected{{0, 0, 2}, // what the turn before left
                                         {0, 1, 1}, // in force since 10 ms
                                         {0, 2, 2}, // just begins
                                         {10, 0, 1},
                                         {30, 1, 2},
                                         {50, 2, 1},
                                         {60, 0, 2},
                                         {80, 1, 1},
                                         {100, 2, 2},
                                         {110, 0, 1},
                                         {130, 1, 2},
                                         {150, 2, 1}};
        NS_TEST_EXPECT_MSG_EQ((watcher.seen == expected), true, "every change");
        NS_TEST_EXPECT_MSG_EQ(Simulator::Now(), MilliSeconds(150), "over at the first one after");
        Simulator::Destroy();
    }
};

/** A trace that repeats does not keep a simulation alive in which nothing else happens. */
class IdleTestCase : public TestCase
{
  public:
    IdleTestCase()
        : TestCase("traces that repeat end when all else is quiet")
    {
    }

  private:
    void DoRun() override
    {
        const auto wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(1));
        LinkSchedule schedule(wan);
        schedule.Add(0, MakeTrace({{0, 1}, {60, 2}}, 100));
        schedule.Add(2, MakeTrace({{0, 1}, {7000, 2}}));
        schedule.Start();
        Simulator::Schedule(MilliSeconds(5000), [] {});
        Simulator::Run();
        // Something else was last pending at 4960 ms, but the other trace goes on until 7000 ms.
        NS_TEST_EXPECT_MSG_EQ(wan->GetUpRate(1), DataRate("2Mbps"), "a trace once is played whole");
        NS_TEST_EXPECT_MSG_EQ(Simulator::Now(), MilliSeconds(7000), "and is the last to happen");
        Simulator::Destroy();

        LinkSchedule alone(wan);
        alone.Add(0, MakeTrace({{0, 1}, {60, 2}}, 100));
        alone.Start();
        Simulator::Schedule(MilliSeconds(5000), [] {});
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(Simulator::Now(), MilliSeconds(6000), "ten periods later");
        Simulator::Destroy();
    }
};

/** Impossible traces are refused with words. */
class RefusalTestCase : public TestCase
{
  public:
    RefusalTestCase()
        : TestCase("impossible traces are refused")
    {
    }

  private:
    void DoRun() override
    {
        const auto wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(1));
        const auto refused =
            [&wan](uint32_t link, const std::shared_ptr<const LinkTrace>& trace, Time offset) {
                return AbortText([&] { LinkSchedule(wan).Add(link, trace, offset); });
            };
        const auto trace = MakeTrace({{0, 1}});
        std::string text = refused(4, trace, Time(0));
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no such link, got 4, allowed below 4"), true, text);
        text = refused(0, trace, Seconds(-1));
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "negative offset, got -1s"), true, text);
        text = refused(0, MakeTrace({}), Time(0));
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "the trace holds no change"), true, text);
        text = refused(0, MakeTrace({{2000, 1}, {1000, 1}}), Time(0));
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "got one at +1s after one at +2s"), true, text);
        text = refused(0, MakeTrace({{0, 1}, {1000, 1}}, 1000), Time(0));
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "a change at +1s, allowed before the period's end"),
                              true,
                              text);
    }
};

/** The suite. */
class LinkScheduleTestSuite : public TestSuite
{
  public:
    LinkScheduleTestSuite()
        : TestSuite("murmuration-link-schedule")
    {
        AddTestCase(new PlayOnceTestCase);
        AddTestCase(new RepeatTestCase);
        AddTestCase(new IdleTestCase);
        AddTestCase(new RefusalTestCase);
    }
};

LinkScheduleTestSuite g_linkScheduleTestSuite; //!< Registers the suite

} // namespace
