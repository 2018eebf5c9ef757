/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "ns3/event-pool.h"
#include "ns3/heap-forest.h"
#include "ns3/indexed-heap.h"
#include "ns3/simulator.h"
#include "ns3/test.h"

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace ns3;
using ns3::murmuration::EventPool;
using ns3::murmuration::HeapForest;
using ns3::murmuration::IndexedHeap;

namespace
{

/** Entries that come, change, tie and go, beside an ordered set of the same. */
class IndexedHeapTestCase : public TestCase
{
  public:
    IndexedHeapTestCase()
        : TestCase("the first of many, as an ordered set has it")
    {
    }

  private:
    void DoRun() override
    {
        constexpr double NEVER = std::numeric_limits<double>::infinity();
        std::mt19937 random(1);
        IndexedHeap heap;
        std::set<std::pair<double, uint32_t>> ordered;
        std::map<uint32_t, double> times;
        for (int step = 0; step < 50000; ++step)
        {
            // Few different times make ties; entries that are not there are taken out as well.
            const uint32_t entry = random() % 300;
            const double time = random() % 3 == 0 ? NEVER : random() % 50;
            heap.Set(entry, time);
            if (const auto known = times.find(entry); known != times.end())
            {
                ordered.erase({known->second, entry});
                times.erase(known);
            }
            if (time != NEVER)
            {
                ordered.insert({time, entry});
                times[entry] = time;
            }
            NS_TEST_ASSERT_MSG_EQ(heap.IsEmpty(), ordered.empty(), "whether there is one");
            NS_TEST_ASSERT_MSG_EQ(heap.FirstTime(),
                                  (ordered.empty() ? NEVER : ordered.begin()->first),
                                  "the earliest time");
            if (!ordered.empty())
            {
                NS_TEST_ASSERT_MSG_EQ(heap.First(), ordered.begin()->second, "least number of it");
            }
        }
    }
};

/** Entries that move between heaps, beside an ordered set for each. */
class HeapForestTestCase : public TestCase
{
  public:
    HeapForestTestCase()
        : TestCase("the first of each of many heaps, as ordered sets have it")
    {
    }

  private:
    void DoRun() override
    {
        constexpr uint32_t N_HEAPS = 5;
        constexpr uint32_t NOWHERE = N_HEAPS;
        std::mt19937 random(2);
        HeapForest forest(N_HEAPS);
        std::vector<std::set<std::pair<double, uint32_t>>> ordered(N_HEAPS);
        std::vector<std::pair<uint32_t, double>> known(200, {NOWHERE, 0});
        for (int step = 0; step < 50000; ++step)
        {
            const uint32_t entry = random() % known.size();
            auto& [where, key] = known[entry];
            const uint32_t heap = random() % 3 && where != NOWHERE ? where : random() % N_HEAPS;
            if (where != NOWHERE && (where != heap || random() % 3 == 0))
            {
                forest.Remove(where, entry);
                ordered[where].erase({key, entry});
                where = NOWHERE;
            }
            else
            {
                if (where != NOWHERE)
                {
                    ordered[where].erase({key, entry});
                }
                where = heap;
                key = random() % 50;
                forest.Set(heap, entry, key);
                ordered[heap].insert({key, entry});
            }
            NS_TEST_ASSERT_MSG_EQ(forest.IsEmpty(heap), ordered[heap].empty(), "whether one is");
            if (!ordered[heap].empty())
            {
                NS_TEST_ASSERT_MSG_EQ(forest.FirstKey(heap), ordered[heap].begin()->first, "key");
                NS_TEST_ASSERT_MSG_EQ(forest.First(heap), ordered[heap].begin()->second, "entry");
            }
        }
    }
};

/** Events of a pool beside those of the simulator. */
class EventPoolTestCase : public TestCase
{
  public:
    EventPoolTestCase()
        : TestCase("pooled events run at their times, in order")
    {
    }

  private:
    void DoRun() override
    {
        std::string said;
        {
            EventPool pool;
            const auto say = [&](int64_t at, const std::string& what) {
                pool.Schedule(NanoSeconds(at), [&said, what] {
                    said += what + std::to_string(Simulator::Now().GetNanoSeconds()) + " ";
                });
            };
            say(20, "c");
            say(10, "a");
            say(20, "d");
            Simulator::Schedule(NanoSeconds(15), [&said] { said += "simulator "; });
            // One that schedules for its own instant, and for later.
            pool.Schedule(NanoSeconds(10), [&] {
                say(0, "b");
                say(25, "f");
                say(5, "early");
            });
            say(30, "e");
            Simulator::Run();
        }
        NS_TEST_EXPECT_MSG_EQ(said, "a10 b10 simulator early15 c20 d20 e30 f35 ", "order");
        // Against an ordered set: times at random, scheduled from events.
        EventPool pool;
        std::mt19937 random(3);
        std::multiset<int64_t> expected;
        int nLeft = 20000;
        bool isRight = true;
        std::function<void()> step = [&] {
            isRight = isRight && *expected.begin() == Simulator::Now().GetNanoSeconds();
            expected.erase(expected.begin());
            for (int child = random() % 4; child > 0 && nLeft > 0; --child, --nLeft)
            {
                const int64_t delay = random() % 1000;
                expected.insert(Simulator::Now().GetNanoSeconds() + delay);
                pool.Schedule(NanoSeconds(delay), [&step] { step(); });
            }
        };
        for (int first = 0; first < 50; ++first)
        {
            expected.insert(Simulator::Now().GetNanoSeconds() + first);
            pool.Schedule(NanoSeconds(first), [&step] { step(); });
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(isRight, true, "each at the earliest time");
        NS_TEST_EXPECT_MSG_EQ(expected.empty(), true, "all of them");
        Simulator::Destroy();
        // What has not run is let go of.
        const auto held = std::make_shared<int>(1);
        {
            EventPool never;
            never.Schedule(Seconds(1), [held] {});
            NS_TEST_EXPECT_MSG_EQ(held.use_count(), 2, "waits");
        }
        NS_TEST_EXPECT_MSG_EQ(held.use_count(), 1, "is gone");
        Simulator::Destroy();
    }
};

/** The suite. */
class IndexedHeapTestSuite : public TestSuite
{
  public:
    IndexedHeapTestSuite()
        : TestSuite("murmuration-indexed-heap")
    {
        AddTestCase(new IndexedHeapTestCase);
        AddTestCase(new HeapForestTestCase);
        AddTestCase(new EventPoolTestCase);
    }
};

IndexedHeapTestSuite g_indexedHeapTestSuite; //!< Registers the suite

} // namespace
