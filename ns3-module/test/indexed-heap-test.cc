/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/indexed-heap.h"
#include "ns3/test.h"

#include <limits>
#include <map>
#include <random>
#include <set>
#include <utility>

using namespace ns3;
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

/** The suite. */
class IndexedHeapTestSuite : public TestSuite
{
  public:
    IndexedHeapTestSuite()
        : TestSuite("murmuration-indexed-heap")
    {
        AddTestCase(new IndexedHeapTestCase);
    }
};

IndexedHeapTestSuite g_indexedHeapTestSuite; //!< Registers the suite

} // namespace
