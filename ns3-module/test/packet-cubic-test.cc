/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// CUBIC as Linux has it, by windows worked out by hand.
#include "ns3/packet-cubic.h"
#include "ns3/test.h"

#include <cmath>

using namespace ns3;
using namespace ns3::murmuration;

namespace
{

constexpr int64_t MS = 1'000'000;

/** A rate so high that a buffer of the network layer takes no time. */
constexpr double FAST = 1e12;

/** A window that lets all of itself go in each round-trip time, and CUBIC. */
class CubicBench
{
  public:
    CubicBench()
    {
        cubic.HandleOpen(window, {now, 0, 1448, 0});
    }

    /** Something is lost: the window falls to where CUBIC says. */
    void Lose()
    {
        window.threshold = cubic.GetThreshold(window);
        window.size = window.threshold;
        window.count = 0;
    }

    /**
     * Have a window acknowledged in each round-trip time, segment by segment.
     * @param until when to end, in ms
     * @param trip the round-trip time, in ms
     */
    void Run(int64_t until, int64_t trip)
    {
        while (now < until * MS)
        {
            now += trip * MS / window.size;
            cubic.Grow(window, 1, now);
        }
    }

    /**
     * Take samples of the round-trip time in one round.
     * @param count how many
     * @param trip the round-trip time, in ms
     * @param apart time between them, in ms
     * @param rate that is paced with
     */
    void Sample(uint32_t count, int64_t trip, double apart, double rate)
    {
        for (uint32_t index = 0; index < count; ++index)
        {
            now += static_cast<int64_t>(apart * MS);
            cubic.HandleSample(window, {now, trip * MS, una, una + window.size, rate});
        }
    }

    PacketCongestionWindow window; //!< The window
    PacketCubic cubic;             //!< What is tested
    int64_t now{4000 * MS};        //!< The time; an epoch that began at 0 would be none
    uint32_t una{1};               //!< Acknowledged up to here
};

/** 0.7 of the window; where it was lost before is remembered, lower if it was lower. */
class CubicGrowthTestCase : public TestCase
{
  public:
    CubicGrowthTestCase()
        : TestCase("after a loss: 0.7 of the window, then 0.4 (t - K)^3 beside what it was")
    {
    }

  private:
    /**
     * The cubic function of RFC 9438.
     * @param last window before the loss
     * @param begin window after it
     * @param seconds since then
     * @return window
     */
    static double GetWindow(double last, double begin, double seconds)
    {
        const double k = std::cbrt((last - begin) / 0.4);
        return last + 0.4 * std::pow(seconds - k, 3);
    }

    void DoRun() override
    {
        CubicBench bench;
        bench.window.size = 100;
        bench.Lose();
        // 100 x 717 / 1024 = 70.02
        NS_TEST_EXPECT_MSG_EQ(bench.window.size, 70, "0.7 of 100");
        // K = cbrt(30 / 0.4) = 4.217 s: the window is to be 95.6 after 2 s, 100 after 4.2 s, 102.3
        // after 6 s; it follows by up to a round trip.
        for (const int64_t seconds : {2, 4, 6})
        {
            bench.Run(4000 + 1000 * seconds, 200);
            const double expected = GetWindow(100, 70, static_cast<double>(seconds));
            NS_TEST_EXPECT_MSG_EQ_TOL(bench.window.size, expected, 1.6, seconds << " s");
        }
        // Fast convergence: lost at 80, below 100, it aims at 80 x 1741 / 2048 = 68, not at 80.
        CubicBench fast;
        fast.window.size = 100;
        fast.Lose();
        fast.window.size = 80;
        fast.Lose();
        NS_TEST_EXPECT_MSG_EQ(fast.window.size, 56, "80 x 717 / 1024");
        // cbrt(12 / 0.4) = 3.1 s; the curve is flat there.
        fast.Run(4000 + 3100, 200);
        NS_TEST_EXPECT_MSG_EQ_TOL(fast.window.size, 68, 1.6, "where the other one wants room");
    }
};

/** Where round trips are short, the window is what Reno's would be. */
class CubicRenoTestCase : public TestCase
{
  public:
    CubicRenoTestCase()
        : TestCase("short round trips: half a segment for each, as Reno with 0.7")
    {
    }

  private:
    void DoRun() override
    {
        CubicBench bench;
        bench.window.size = 15;
        bench.Lose();
        NS_TEST_EXPECT_MSG_EQ(bench.window.size, 10, "0.7 of 15");
        // The cubic function is below 13 for the first half second.
        bench.Run(4000 + 300, 10);
        NS_TEST_EXPECT_MSG_EQ_TOL(bench.window.size, 10 + 30 * 8.0 / 15, 2, "30 round trips");
    }
};

/** An idle time is no time in which the window would have grown. */
class CubicIdleTestCase : public TestCase
{
  public:
    CubicIdleTestCase()
        : TestCase("an idle time moves the epoch, so that the window does not jump")
    {
    }

  private:
    /**
     * Ten idle seconds, two seconds after a loss.
     * @param isTold whether CUBIC hears of them
     * @return how far the window grows in the next half second
     */
    static uint32_t GetGrowth(bool isTold)
    {
        CubicBench bench;
        bench.window.size = 100;
        bench.Lose();
        bench.Run(6000, 200);
        const uint32_t before = bench.window.size;
        const int64_t lastSent = bench.now;
        bench.now += 10'000 * MS;
        if (isTold)
        {
            bench.cubic.HandleRestart(bench.window, {bench.now, lastSent, false});
        }
        bench.Run(bench.now / MS + 500, 200);
        return bench.window.size - before;
    }

    void DoRun() override
    {
        // From 95.6 after 2 s to 98 after 2.5 s; from there to 286 after 12 s.
        NS_TEST_EXPECT_MSG_LT(GetGrowth(true), 5, "as if nothing had been");
        NS_TEST_EXPECT_MSG_GT(GetGrowth(false), 50, "half a window for each round trip");
    }
};

/** HyStart: a train of acknowledgements as long as half a round trip ends slow start. */
class CubicTrainTestCase : public TestCase
{
  public:
    CubicTrainTestCase()
        : TestCase("HyStart: a train of half a round trip, and no samples in the second after a "
                   "loss")
    {
    }

  private:
    /**
     * A round with a least round-trip time of 100 ms.
     * @param apart time between acknowledgements, in ms
     * @param rate that is paced with
     * @return after how many slow start ended; 100: it did not
     */
    static uint32_t CountTrain(double apart, double rate)
    {
        CubicBench bench;
        bench.window.size = 50;
        for (uint32_t count = 1; count < 100; ++count)
        {
            bench.Sample(1, 100, apart, rate);
            if (!bench.window.IsSlowStart())
            {
                return count;
            }
        }
        return 100;
    }

    void DoRun() override
    {
        // The first sample begins the round. More than (100 ms + 4 x 64 KiB / rate) / 2 after it:
        NS_TEST_EXPECT_MSG_EQ(CountTrain(1, FAST), 1 + 51, "51 ms");
        // 1 ms more at most:
        NS_TEST_EXPECT_MSG_EQ(CountTrain(1, 1e6), 1 + 51, "50.5 ms");
        NS_TEST_EXPECT_MSG_EQ(CountTrain(2, FAST), 1 + 26, "52 ms");
        NS_TEST_EXPECT_MSG_EQ(CountTrain(2.1, FAST), 100, "so far apart they are no train");

        CubicBench bench;
        bench.window.size = 50;
        bench.Sample(1, 100, 1, FAST);
        bench.Lose();
        bench.Run(4100, 100);
        // An undo may give slow start back; delays are those of the queue that has overflowed.
        bench.window.threshold = 1000;
        bench.una = 1000;
        bench.Sample(20, 200, 3, FAST);
        NS_TEST_EXPECT_MSG_EQ(bench.window.IsSlowStart(), true, "less than a second later");
        bench.now += 1000 * MS;
        bench.Sample(20, 200, 3, FAST);
        NS_TEST_EXPECT_MSG_EQ(bench.window.IsSlowStart(), false, "more than that");
    }
};

/** How CUBIC's window grows and falls. */
class PacketCubicTestSuite : public TestSuite
{
  public:
    PacketCubicTestSuite()
        : TestSuite("murmuration-packet-cubic")
    {
        AddTestCase(new CubicGrowthTestCase);
        AddTestCase(new CubicRenoTestCase);
        AddTestCase(new CubicIdleTestCase);
        AddTestCase(new CubicTrainTestCase);
    }
};

PacketCubicTestSuite g_packetCubicTestSuite; //!< Registers the suite

} // namespace
