/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// When the first byte of a message is at its receiver, over every network.
#include "murmuration-test-support.h"

#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <map>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Outcome;
using ns3::murmuration::test::PathTime;
using ns3::murmuration::test::Recorder;
using ns3::murmuration::test::SEGMENT_BYTES;
using ns3::murmuration::test::SYN_BYTES;

namespace
{

constexpr double RATE_BPS = 10e6;    //!< Of each link
constexpr double LATENCY_S = 0.02;   //!< One-way
constexpr double TOLERANCE_S = 1e-4; //!< Two acknowledgements

/** Messages whose first bytes closed forms foretell. */
class FirstByteTestCase : public TestCase
{
  public:
    FirstByteTestCase()
        : TestCase("the first byte of a message comes when its first segment does")
    {
    }

  private:
    /** What became of messages, by message, in seconds. */
    struct Times
    {
        std::map<uint64_t, double> first; //!< First bytes
        std::map<uint64_t, double> last;  //!< Last bytes
    };

    /**
     * Carry messages from node 0 to node 1, all sent at time 0.
     * @param network the network
     * @param sizes of the messages, in bytes
     * @return their times
     */
    Times Carry(const std::string& network, const std::vector<uint64_t>& sizes)
    {
        const auto transport =
            TransportHelper::Create(network,
                                    MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20)));
        const Recorder recorder(transport);
        Times times;
        transport->TraceConnectWithoutContext(
            "FirstByte",
            Callback<void, uint64_t, Time>([this, &times, &network](uint64_t id, Time at) {
                NS_TEST_EXPECT_MSG_EQ(times.first.count(id), 0, network << ": told once");
                times.first[id] = 1e-9 * static_cast<double>(at.GetNanoSeconds());
            }));
        for (const uint64_t size : sizes)
        {
            transport->Send(0, 1, size);
        }
        Simulator::Run();
        for (const Outcome& outcome : recorder.outcomes)
        {
            NS_TEST_EXPECT_MSG_EQ(outcome.reason, "", network << ": it arrives");
            times.last[outcome.id] = 1e-9 * static_cast<double>(outcome.nanosecond);
            NS_TEST_EXPECT_MSG_EQ(times.first.count(outcome.id), 1, network << ": it is told");
        }
        Simulator::Destroy();
        return times;
    }

    void DoRun() override
    {
        const std::vector<double> rates{RATE_BPS, RATE_BPS};
        const double handshake = 2 * PathTime(SYN_BYTES, rates, LATENCY_S);
        const double segment = 8 * SEGMENT_BYTES / RATE_BPS;
        const double first = handshake + PathTime(SEGMENT_BYTES, rates, LATENCY_S);
        for (const std::string network : {"packet", "tcp", "flow"})
        {
            // Eight segments go at once; 100 kB take several round trips, and what they are behind
            // does not change when they begin.
            for (const uint64_t size : {8 * 1448 - 16, 100'000, 1'000'000})
            {
                const Times times = Carry(network, {size});
                NS_TEST_EXPECT_MSG_EQ_TOL(times.first.at(0),
                                          first,
                                          TOLERANCE_S,
                                          network << ": " << size << " bytes");
            }
            const Times eight = Carry(network, {8 * 1448 - 16});
            NS_TEST_EXPECT_MSG_EQ_TOL(eight.last.at(0) - eight.first.at(0),
                                      7 * segment,
                                      TOLERANCE_S,
                                      network << ": seven segments follow the first");
            const Times one = Carry(network, {1000});
            NS_TEST_EXPECT_MSG_EQ_TOL(one.first.at(0),
                                      one.last.at(0),
                                      1e-9,
                                      network << ": of one segment, all comes at once");
            // A message behind another one begins in its last segment, or in the next.
            const Times two = Carry(network, {300'000, 300'000});
            NS_TEST_EXPECT_MSG_GT_OR_EQ(two.first.at(1),
                                        two.last.at(0),
                                        network << ": in the order of sending");
            NS_TEST_EXPECT_MSG_LT(two.first.at(1),
                                  two.last.at(0) + 1.5 * segment,
                                  network << ": at once");
        }
        const Times ideal = Carry("ideal", {8 * 1448 - 16});
        NS_TEST_EXPECT_MSG_EQ_TOL(ideal.first.at(0), LATENCY_S, 1e-9, "ideal: the latency");
        NS_TEST_EXPECT_MSG_EQ_TOL(ideal.last.at(0),
                                  LATENCY_S + 8 * segment,
                                  1e-6,
                                  "ideal: one transmission later");
    }
};

/** The test of first bytes. */
class FirstByteTestSuite : public TestSuite
{
  public:
    FirstByteTestSuite()
        : TestSuite("murmuration-first-byte")
    {
        AddTestCase(new FirstByteTestCase);
    }
};

FirstByteTestSuite g_firstByteTestSuite; //!< Registers the suite

} // namespace
