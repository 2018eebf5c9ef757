/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "murmuration-test-support.h"

#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <string>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** Where nothing is lost, rounds take as long as packet by packet. */
class FlowAgreementTestCase : public TestCase
{
  public:
    FlowAgreementTestCase()
        : TestCase("rounds take as long as packet by packet")
    {
    }

  private:
    void DoRun() override
    {
        // Two nodes that send to each other at once: acknowledgements wait behind the messages,
        // which fill both ways.
        for (const uint64_t size : {1'000'000, 2'000'000})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(RunPair("flow", size) / RunPair("packet", size),
                                      1,
                                      0.1,
                                      size << " bytes each way");
        }
        for (const uint64_t size : {20'000, 360'000})
        {
            for (const int milliseconds : {2, 20, 100})
            {
                const Time latency = MilliSeconds(milliseconds);
                const double packet = RunRound("packet", size, latency);
                const double flow = RunRound("flow", size, latency);
                NS_TEST_EXPECT_MSG_EQ_TOL(flow / packet,
                                          1,
                                          0.07,
                                          size << " bytes, " << milliseconds << " ms");
            }
        }
    }

    /**
     * Two nodes send to each other at 10 Mbps and 50 ms.
     * @param fidelity of the network
     * @param size of each message
     * @return when the last message arrives, in seconds
     */
    static double RunPair(const std::string& fidelity, uint64_t size)
    {
        const auto transport =
            TransportHelper::Create(fidelity, MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(50)));
        Recorder recorder(transport);
        transport->Send(0, 1, size);
        transport->Send(1, 0, size);
        Simulator::Run();
        const double last = recorder.outcomes.back().nanosecond * 1e-9;
        Simulator::Destroy();
        return last;
    }

    /**
     * Eight nodes send to three others each, all at once.
     * @param fidelity of the network
     * @param size of each message
     * @param latency one way
     * @return when the last message arrives, in seconds
     */
    static double RunRound(const std::string& fidelity, uint64_t size, Time latency)
    {
        const auto transport =
            TransportHelper::Create(fidelity, MakeWan(8, "50Mbps", "50Mbps", latency));
        Recorder recorder(transport);
        for (uint32_t node = 0; node < 8; ++node)
        {
            for (uint32_t hop = 1; hop <= 3; ++hop)
            {
                transport->Send(node, (node + hop) % 8, size);
            }
        }
        Simulator::Run();
        const double last = recorder.outcomes.back().nanosecond * 1e-9;
        Simulator::Destroy();
        return last;
    }
};

/** The suite. */
class FlowAgreementTestSuite : public TestSuite
{
  public:
    FlowAgreementTestSuite()
        : TestSuite("murmuration-flow-agreement")
    {
        AddTestCase(new FlowAgreementTestCase);
    }
};

FlowAgreementTestSuite g_flowAgreementTestSuite; //!< Registers the suite

} // namespace
