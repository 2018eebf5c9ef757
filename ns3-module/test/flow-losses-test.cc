/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/segment-losses.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::CubicResponse;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** Many pairs of nodes that send a message each, over links of their own. */
struct Pairs
{
    uint32_t count;              //!< How many
    uint64_t size;               //!< Of each message, in bytes
    double loss;                 //!< Of each sender's uplink
    Time latency;                //!< One way
    int64_t stream{1};           //!< The first random stream
    std::string rate{"1Gbps"};   //!< Of each link
    std::string network{"flow"}; //!< What carries them
};

/**
 * Run pairs over a network.
 * @param pairs what to run
 * @return when each message arrives, in seconds; -1 where it fails
 */
std::vector<double>
RunPairs(const Pairs& pairs)
{
    const auto wan = MakeWan(2 * pairs.count, pairs.rate, pairs.rate, pairs.latency);
    for (uint32_t link = 0; link < wan->GetNLinks(); ++link)
    {
        Underlay::Link state = wan->GetLink(link);
        // Of a pair, links 4 k to 4 k + 3: its sender up and down, its receiver up and down.
        state.loss = link % 4 == 0 ? pairs.loss : 0;
        wan->SetLink(link, state);
    }
    wan->AssignStreams(pairs.stream);
    const auto transport = TransportHelper::Create(pairs.network, wan);
    Recorder recorder(transport);
    for (uint32_t pair = 0; pair < pairs.count; ++pair)
    {
        transport->Send(2 * pair, 2 * pair + 1, pairs.size);
    }
    Simulator::Run();
    std::vector<double> times(pairs.count, 0);
    for (const auto& outcome : recorder.outcomes)
    {
        times[outcome.id] = outcome.reason.empty() ? outcome.nanosecond * 1e-9 : -1;
    }
    Simulator::Destroy();
    return times;
}

/**
 * The mean of some numbers.
 * @param numbers the numbers
 * @return their mean
 */
double
Mean(const std::vector<double>& numbers)
{
    double sum = 0;
    for (const double number : numbers)
    {
        sum += number;
    }
    return sum / static_cast<double>(numbers.size());
}

/** Losses have the distribution of independent ones. */
class SegmentLossesTestCase : public TestCase
{
  public:
    SegmentLossesTestCase()
        : TestCase("which segments are lost")
    {
    }

  private:
    void DoRun() override
    {
        const auto wan = MakeWan(2, "1Gbps", "1Gbps", Time(0));
        for (const auto& [link, loss] : {std::pair(0U, 0.03), std::pair(3U, 0.05)})
        {
            Underlay::Link state = wan->GetLink(link);
            state.loss = loss;
            wan->SetLink(link, state);
        }
        wan->AssignStreams(1);
        SegmentLosses losses(wan);
        const double both = 1 - 0.97 * 0.95;
        const int rows = 20000;
        const int length = 10;
        std::vector<double> byPlace(length, 0);
        int clean = 0;
        for (int row = 0; row < rows; ++row)
        {
            const auto& lost = losses.Send({0, 3}, length);
            clean += lost.empty() ? 1 : 0;
            for (const uint64_t place : lost)
            {
                byPlace.at(place) += 1;
            }
        }
        for (const double count : byPlace)
        {
            const double deviation = std::sqrt(rows * both * (1 - both));
            NS_TEST_EXPECT_MSG_EQ_TOL(count, rows * both, 4 * deviation, "anywhere alike");
        }
        const double none = std::pow(1 - both, length);
        NS_TEST_EXPECT_MSG_EQ_TOL(clean,
                                  rows * none,
                                  4 * std::sqrt(rows * none * (1 - none)),
                                  "rows without any");
        NS_TEST_EXPECT_MSG_EQ(losses.Send({1, 2}, 1'000'000).empty(), true, "links without loss");
        Simulator::Destroy();
    }
};

/** Losses of short messages, by their probabilities and what Linux does about each. */
class FlowShortLossTestCase : public TestCase
{
  public:
    FlowShortLossTestCase()
        : TestCase("handshakes, middles and ends of short messages are lost")
    {
    }

  private:
    /**
     * Expect how many of some messages arrive in a span of time.
     * @param times when they arrive, in seconds
     * @param from begin of the span
     * @param to end of the span
     * @param share what is expected of all
     * @param why in words
     */
    void Expect(const std::vector<double>& times,
                double from,
                double to,
                double share,
                const std::string& why)
    {
        const auto count = std::count_if(times.begin(), times.end(), [&](double time) {
            return time >= from && time < to;
        });
        const auto all = static_cast<double>(times.size());
        NS_TEST_EXPECT_MSG_EQ_TOL(static_cast<double>(count),
                                  all * share,
                                  1 + 4 * std::sqrt(all * share * (1 - share)),
                                  why);
    }

    void DoRun() override
    {
        // 20 ms one way: SYN and answer take 40 ms, a segment 20 ms. One segment that is lost is
        // sent again by a probe, after min(2 RTT + 200 ms, RTO = RTT + 200 ms) = 240 ms; a lost
        // SYN each second, at first.
        const auto one = RunPairs({4000, 1000, 0.1, MilliSeconds(20)});
        Expect(one, 0.059, 0.070, 0.9 * 0.9, "nothing is lost");
        Expect(one, 0.299, 0.310, 0.9 * 0.1 * 0.9, "the segment is lost");
        Expect(one, 1.059, 1.070, 0.1 * 0.9 * 0.9, "the SYN is lost");
        Expect(one, 2.059, 2.070, 0.01 * 0.9 * 0.9, "two SYNs are lost");
        // Six segments, none of which waits. Where three follow that are not lost, the lost ones
        // are sent again a round-trip time later, where fewer do a quarter of one after that. If
        // the last one is lost, it is alone when the acknowledgement of the others comes, and a
        // probe waits for as long as for a single segment; so long a timeout does, if what is sent
        // again is lost.
        const double p = 0.05;
        const auto six = RunPairs({4000, 6 * 1448 - 16, p, MilliSeconds(20)});
        const double kept = std::pow(1 - p, 6);
        const double lastKept = (1 - p) * (1 - std::pow(1 - p, 5));
        Expect(six, 0.059, 0.070, (1 - p) * kept, "nothing is lost");
        Expect(six, 0.099, 0.121, (1 - p) * lastKept * (1 - p), "a middle is lost");
        const double late = std::pow(1 - p, 5) * p;
        Expect(six, 0.109, 0.121, (1 - p) * 2 * late * (1 - p), "the fourth or fifth is lost");
        const double again = late + lastKept * p;
        Expect(six, 0.339, 0.351, (1 - p) * again * (1 - p), "the end, or what is sent again");
    }
};

/** What losses make of long messages, and of those between. */
class FlowLongLossTestCase : public TestCase
{
  public:
    FlowLongLossTestCase()
        : TestCase("losses hold long messages back, without a cliff")
    {
    }

  private:
    void DoRun() override
    {
        // Many losses and short round trips: the window is Reno's with Cubic's factors, which has
        // the mean sqrt(1.5 / p) as Reno's own has [RFC 9438, 4.3].
        ExpectWindow(0.01, MilliSeconds(20), 20'000'000, std::sqrt(1.5 / 0.01));
        ExpectWindow(0.001, MilliSeconds(10), 100'000'000, std::sqrt(1.5 / 0.001));
        // Few losses and long round trips: Cubic's own.
        ExpectWindow(0.001, MilliSeconds(150), 100'000'000, CubicResponse(0.3, 0.001));
        // From less than one expected loss to more than ten.
        double before = 0;
        for (const uint64_t size : {50'000, 100'000, 150'000, 200'000, 400'000, 800'000, 1'600'000})
        {
            const double mean = Mean(RunPairs({300, size, 0.01, MilliSeconds(20)}));
            NS_TEST_EXPECT_MSG_GT(mean, before, size << " bytes take longer");
            const double most = before == 0 ? 1 : 3 * before;
            NS_TEST_EXPECT_MSG_LT(mean, most, size << " bytes take not much longer");
            before = mean;
        }
    }

    /**
     * Expect a mean window of a long message.
     * @param loss of its segments
     * @param latency one way
     * @param size of the message
     * @param window in segments
     */
    void ExpectWindow(double loss, Time latency, uint64_t size, double window)
    {
        const double time = Mean(RunPairs({8, size, loss, latency, 1, "10Gbps"}));
        const double trips = time / (2 * latency.GetSeconds());
        NS_TEST_EXPECT_MSG_EQ_TOL(static_cast<double>(size) / 1448 / trips / window,
                                  1,
                                  0.25,
                                  "mean window at " << loss << " and " << latency.As(Time::MS));
    }
};

/** Losses cost what they cost segment by segment. */
class FlowLossesLikePacketTestCase : public TestCase
{
  public:
    FlowLossesLikePacketTestCase()
        : TestCase("messages with losses take what they take over packet")
    {
    }

  private:
    void DoRun() override
    {
        // 250 segments, of which two or three are lost: at any window of slow start, of those that
        // follow or at the end, half of the time while one before is repaired.
        ExpectLike({800, 360'000, 0.01, MilliSeconds(20), 1, "100Mbps"});
        // The same where the path is the limit, and a queue keeps it busy.
        ExpectLike({800, 360'000, 0.01, MilliSeconds(20), 1, "10Mbps"});
    }

    /**
     * Expect the distribution of times to be that over packet.
     * @param pairs what to run
     */
    void ExpectLike(Pairs pairs)
    {
        auto flow = RunPairs(pairs);
        pairs.network = "packet";
        auto packet = RunPairs(pairs);
        std::sort(flow.begin(), flow.end());
        std::sort(packet.begin(), packet.end());
        NS_TEST_EXPECT_MSG_EQ_TOL(Mean(flow) / Mean(packet), 1, 0.05, "mean at " << pairs.rate);
        for (const double part : {0.25, 0.5, 0.75, 0.9, 0.95})
        {
            const auto index = static_cast<std::size_t>(part * pairs.count);
            NS_TEST_EXPECT_MSG_EQ_TOL(flow.at(index) / packet.at(index),
                                      1,
                                      0.1,
                                      part << " of the messages, at " << pairs.rate);
        }
    }
};

/** Where next to nothing comes through, messages fail, and runs repeat themselves. */
class FlowGivenUpTestCase : public TestCase
{
  public:
    FlowGivenUpTestCase()
        : TestCase("connections are given up; the same streams give the same")
    {
    }

  private:
    void DoRun() override
    {
        // 1 SYN of 10,000 is answered; four more, one each second, then six after 1, 2, 4 ... 32 s
        // more, and 64 s of waiting.
        const auto wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        for (uint32_t link = 0; link < 4; ++link)
        {
            Underlay::Link state = wan->GetLink(link);
            state.loss = 0.9;
            wan->SetLink(link, state);
        }
        wan->AssignStreams(1);
        const auto transport = TransportHelper::Create("flow", wan);
        Recorder recorder(transport);
        transport->Send(0, 1, 100'000);
        transport->Send(0, 1, 100);
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both end");
        for (const auto& outcome : recorder.outcomes)
        {
            NS_TEST_EXPECT_MSG_EQ(outcome.reason, "the connection attempt timed out", "failed");
            NS_TEST_EXPECT_MSG_EQ(outcome.nanosecond, 131'000'000'000, "after 131 s");
        }
        Simulator::Destroy();
        // Half of all is lost: every message ends, some after many timeouts.
        const auto half = RunPairs({50, 30'000, 0.5, MilliSeconds(20)});
        NS_TEST_EXPECT_MSG_EQ(std::count(half.begin(), half.end(), 0), 0, "each one ends");
        NS_TEST_EXPECT_MSG_EQ((half == RunPairs({50, 30'000, 0.5, MilliSeconds(20)})),
                              true,
                              "the same again");
        NS_TEST_EXPECT_MSG_EQ((half == RunPairs({50, 30'000, 0.5, MilliSeconds(20), 1001})),
                              false,
                              "other streams, other losses");
    }
};

/** Whatever is lost, a message ends, after a number of events that its segments bound. */
class FlowSettlesTestCase : public TestCase
{
  public:
    FlowSettlesTestCase()
        : TestCase("hundreds of random networks with losses settle")
    {
    }

  private:
    /**
     * Let some nodes send at random over links that lose up to 30 %.
     * @param seed what to draw from
     */
    void Carry(uint32_t seed)
    {
        std::mt19937 random(seed);
        const uint32_t nNodes = 2 + random() % 6;
        const auto rate = std::to_string(100U << random() % 12) + "kbps";
        const auto wan = MakeWan(nNodes, rate, rate, MicroSeconds(1U << random() % 18));
        wan->AssignStreams(100);
        const double most = 0.3 / (1U << random() % 6);
        for (uint32_t link = 0; link < wan->GetNLinks(); ++link)
        {
            Underlay::Link state = wan->GetLink(link);
            state.loss = random() % 2 == 0 ? 0 : most / 100 * (random() % 100);
            wan->SetLink(link, state);
        }
        const auto transport = TransportHelper::Create("flow", wan);
        const Recorder recorder(transport);
        uint64_t segments = 0;
        for (uint32_t message = 0; message < MESSAGES; ++message)
        {
            const uint32_t from = random() % nNodes;
            const uint32_t to = (from + 1 + random() % (nNodes - 1)) % nNodes;
            const uint64_t size = random() % 3 == 0 ? 200'000 : random() % 20'000;
            segments += 1 + size / 1448;
            Simulator::Schedule(MilliSeconds(random() % 4000),
                                [&, from, to, size] { transport->Send(from, to, size); });
        }
        const uint64_t before = Simulator::GetEventCount();
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), MESSAGES, "all end, seed " << seed);
        // An event ends a round, in which a segment at least comes through, or a pause after all of
        // a round was lost; then there are those of handshakes and arrivals.
        NS_TEST_EXPECT_MSG_LT(Simulator::GetEventCount() - before,
                              30 * MESSAGES + 4 * segments,
                              "events, seed " << seed);
        Simulator::Destroy();
    }

    void DoRun() override
    {
        for (uint32_t seed = 1; seed <= 500; ++seed)
        {
            Carry(seed);
        }
    }

    static constexpr uint32_t MESSAGES = 60; //!< In each network
};

/** The suite. */
class FlowLossesTestSuite : public TestSuite
{
  public:
    FlowLossesTestSuite()
        : TestSuite("murmuration-flow-losses")
    {
        AddTestCase(new SegmentLossesTestCase);
        AddTestCase(new FlowShortLossTestCase);
        AddTestCase(new FlowLongLossTestCase);
        AddTestCase(new FlowLossesLikePacketTestCase);
        AddTestCase(new FlowGivenUpTestCase);
        AddTestCase(new FlowSettlesTestCase);
    }
};

FlowLossesTestSuite g_flowLossesTestSuite; //!< Registers the suite

} // namespace
