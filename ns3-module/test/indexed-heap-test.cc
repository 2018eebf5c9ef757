/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/heap-forest.h"
#include "ns3/indexed-heap.h"
#include "ns3/test.h"

#include <limits>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

using namespace ns3;
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

/** The suite. */
class IndexedHeapTestSuite : public TestSuite
{
  public:
    IndexedHeapTestSuite()
        : TestSuite("murmuration-indexed-heap")
    {
        AddTestCase(new IndexedHeapTestCase);
        AddTestCase(new HeapForestTestCase);
    }
};

IndexedHeapTestSuite g_indexedHeapTestSuite; //!< Registers the suite

} // namespace
