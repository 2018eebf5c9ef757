/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/random-variable-stream.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/tcp-cubic.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/type-id.h"

#include <cmath>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::CubicResponse;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/**
 * The factor of the power law, from the definition of CUBIC alone [RFC 8312, sections 4.1, 4.5 and
 * 4.6]: a window that grows as a cubic function of the time since the last loss, with losses drawn
 * for each segment.
 */
class CubicFactorTestCase : public TestCase
{
  public:
    CubicFactorTestCase()
        : TestCase("mean window of CUBIC with random losses")
    {
    }

  private:
    /**
     * Let the window grow and fall for many losses.
     * @param roundTrip seconds
     * @param loss probability per segment
     * @return its mean over time
     */
    static double SimulateWindow(double roundTrip, double loss)
    {
        constexpr double C = 0.4;
        constexpr double BETA = 0.7;
        const auto draws = CreateObject<ExponentialRandomVariable>();
        draws->SetStream(1);
        double largest = 10;
        double window = 10;
        double area = 0;
        double time = 0;
        for (int losses = 0; losses < 100000; ++losses)
        {
            const double start = BETA * window;
            const bool hasLess = window < largest;
            largest = hasLess ? window * (1 + BETA) / 2 : window;
            const double climb = std::cbrt((largest - start) / C);
            double untilLoss = draws->GetValue(1 / loss, 0);
            for (double since = 0; untilLoss > 0; since += roundTrip)
            {
                window = C * std::pow(since - climb, 3) + largest;
                untilLoss -= window;
                area += window * roundTrip;
                time += roundTrip;
            }
        }
        return area / time;
    }

    void DoRun() override
    {
        for (const auto& [roundTrip, loss] : {std::pair(0.1, 1e-4), {0.1, 1e-3}, {0.3, 1e-3}})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(SimulateWindow(roundTrip, loss) /
                                          CubicResponse(roundTrip, loss),
                                      1,
                                      0.02,
                                      "round trip " << roundTrip << " s, loss " << loss);
        }
    }
};

/** Long messages over lossy links take the time that CUBIC's response implies, within 30 %. */
class TcpComparisonTestCase : public TestCase
{
  public:
    TcpComparisonTestCase()
        : TestCase("TCP with random losses responds as CUBIC does")
    {
    }

  private:
    /**
     * Measure TCP once it is past its start.
     * @param roundTrip seconds
     * @param loss probability per segment
     * @return its rate in bytes per second of content
     */
    static double Measure(double roundTrip, double loss)
    {
        RngSeedManager::SetRun(1);
        const auto wan = MakeWan(2, "1Gbps", "1Gbps", Seconds(roundTrip / 2));
        Underlay::Link state = wan->GetLink(0);
        state.loss = loss;
        wan->SetLink(0, state);
        wan->AssignStreams(100);
        const auto transport = TransportHelper::Create("tcp", wan);
        // CUBIC's own growth, without friendliness to Reno, which ns-3 3.37 does not have.
        Config::SetDefaultFailSafe("ns3::TcpCubic::TcpFriendliness", BooleanValue(false));
        transport->SetAttribute("CongestionControl", TypeIdValue(TcpCubic::GetTypeId()));
        transport->AssignStreams(0);
        Recorder recorder(transport);
        const auto size = static_cast<uint64_t>(100 * 1448 / loss);
        transport->Send(0, 1, size / 4);
        transport->Send(0, 1, size);
        Simulator::Run();
        Simulator::Destroy();
        return recorder.outcomes.size() == 2 ? size / (1e-9 * (recorder.outcomes[1].nanosecond -
                                                               recorder.outcomes[0].nanosecond))
                                             : 0;
    }

    void DoRun() override
    {
        for (const auto& [roundTrip, loss] :
             {std::pair(0.03, 0.01), {0.1, 0.003}, {0.1, 0.01}, {0.1, 0.05}, {0.3, 0.01}})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(Measure(roundTrip, loss) /
                                          (1448 * CubicResponse(roundTrip, loss) / roundTrip),
                                      1,
                                      0.3,
                                      "round trip " << roundTrip << " s, loss " << loss);
        }
    }
};

/** The suite. */
class TcpLossesTestSuite : public TestSuite
{
  public:
    TcpLossesTestSuite()
        : TestSuite("murmuration-tcp-losses")
    {
        AddTestCase(new CubicFactorTestCase);
        AddTestCase(new TcpComparisonTestCase);
    }
};

TcpLossesTestSuite g_tcpLossesTestSuite; //!< Registers the suite

} // namespace
