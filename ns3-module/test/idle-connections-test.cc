/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// Connections that have been idle for long are dropped, over every network that has connections.
#include "murmuration-test-support.h"

#include "ns3/flow-message-transport.h"
#include "ns3/packet-message-transport.h"
#include "ns3/simulator.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <algorithm>
#include <functional>
#include <string>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Outcome;
using ns3::murmuration::test::Recorder;

namespace
{

const std::vector<std::string> NETWORKS{"packet", "tcp", "flow"};

/**
 * How many connections a transport has.
 * @param transport over one of NETWORKS
 * @return their number
 */
std::size_t
CountConnections(Ptr<MessageTransport> transport)
{
    if (const auto packet = DynamicCast<PacketMessageTransport>(transport))
    {
        return packet->GetNConnections();
    }
    if (const auto flow = DynamicCast<FlowMessageTransport>(transport))
    {
        return flow->GetNConnections();
    }
    return DynamicCast<TcpMessageTransport>(transport)->GetNConnections();
}

/** An overlay that changes each round: who sends to whom, and for how long they are idle then. */
class ChangingOverlayTestCase : public TestCase
{
  public:
    ChangingOverlayTestCase()
        : TestCase("connections of an overlay that changes are dropped, and nothing else changes")
    {
    }

  private:
    static constexpr uint32_t N_NODES = 12;  //!< Each has a connection to each other in the end
    static constexpr uint32_t N_ROUNDS = 33; //!< Three times all others
    static constexpr uint32_t SECONDS = 10;  //!< From one round to the next

    /** What came of it. */
    struct Result
    {
        std::vector<Outcome> outcomes; //!< By message
        std::size_t mostConnections;   //!< At once
        uint64_t bytesSent;            //!< By all
        uint64_t bytesReceived;        //!< By all
    };

    /**
     * Each node sends 20 kB to another one in each round.
     * @param network the network
     * @param timeout how long a connection is kept at least
     * @return what came of it
     */
    static Result Carry(const std::string& network, Time timeout)
    {
        const auto transport =
            TransportHelper::Create(network,
                                    MakeWan(N_NODES, "10Mbps", "10Mbps", MilliSeconds(20)));
        transport->SetAttribute("IdleTimeout", TimeValue(timeout));
        const Recorder recorder(transport);
        Result result{};
        for (uint32_t round = 0; round < N_ROUNDS; ++round)
        {
            Simulator::Schedule(Seconds(SECONDS * round), [&result, transport, round] {
                for (uint32_t node = 0; node < N_NODES; ++node)
                {
                    transport->Send(node, (node + 1 + round % (N_NODES - 1)) % N_NODES, 20'000);
                }
                result.mostConnections =
                    std::max(result.mostConnections, CountConnections(transport));
            });
        }
        Simulator::Run();
        for (uint32_t node = 0; node < N_NODES; ++node)
        {
            result.bytesSent += transport->GetBytesSent(node);
            result.bytesReceived += transport->GetBytesReceived(node);
        }
        result.outcomes = recorder.outcomes;
        std::sort(result.outcomes.begin(),
                  result.outcomes.end(),
                  [](const Outcome& a, const Outcome& b) { return a.id < b.id; });
        Simulator::Destroy();
        return result;
    }

    void DoRun() override
    {
        for (const std::string& network : NETWORKS)
        {
            const Result kept = Carry(network, Seconds(100'000));
            const Result dropped = Carry(network, Seconds(20));
            NS_TEST_EXPECT_MSG_EQ(kept.mostConnections,
                                  N_NODES * (N_NODES - 1),
                                  network << ": one for each pair");
            // Two rounds, one more as it is looked at each 10 s, and the one that is being opened.
            NS_TEST_EXPECT_MSG_LT(dropped.mostConnections,
                                  N_NODES * 5,
                                  network << ": those of the last rounds");
            NS_TEST_EXPECT_MSG_GT(dropped.mostConnections, N_NODES, network << ": not at once");
            NS_TEST_ASSERT_MSG_EQ(kept.outcomes.size(),
                                  N_NODES * N_ROUNDS,
                                  network << ": all messages end");
            NS_TEST_ASSERT_MSG_EQ(dropped.outcomes.size(),
                                  N_NODES * N_ROUNDS,
                                  network << ": all messages end");
            for (uint32_t message = 0; message < N_NODES * N_ROUNDS; ++message)
            {
                const Outcome& late = dropped.outcomes[message];
                const Outcome& soon = kept.outcomes[message];
                NS_TEST_EXPECT_MSG_EQ(late.reason, "", network << ": it arrives");
                // A pair that meets again waits for a handshake again, 40 ms or a little more.
                const bool isFirst = message < N_NODES * (N_NODES - 1);
                const double expected = isFirst ? 0 : 40;
                const double tolerance = isFirst ? 0 : 1;
                const auto more = static_cast<double>(late.nanosecond - soon.nanosecond) * 1e-6;
                NS_TEST_EXPECT_MSG_EQ_TOL(more,
                                          expected,
                                          tolerance,
                                          network << ": message " << message);
            }
            NS_TEST_EXPECT_MSG_EQ(dropped.bytesSent,
                                  dropped.bytesReceived,
                                  network << ": bytes are conserved");
            NS_TEST_EXPECT_MSG_GT_OR_EQ(dropped.bytesSent,
                                        kept.bytesSent,
                                        network << ": handshakes");
        }
    }
};

/** What is in use is not dropped, however long that takes. */
class LongMessageTestCase : public TestCase
{
  public:
    LongMessageTestCase()
        : TestCase("a connection that is in use is kept, and so is one beside which none is opened")
    {
    }

  private:
    void DoRun() override
    {
        for (const std::string& network : NETWORKS)
        {
            // 2 MB at 100 kbps take 160 s and more, those of nodes 2 and 3 less than a second.
            const auto transport =
                TransportHelper::Create(network,
                                        MakeWan(6, "100kbps", "100kbps", MilliSeconds(20)));
            transport->SetAttribute("IdleTimeout", TimeValue(Seconds(5)));
            const Recorder recorder(transport);
            transport->Send(0, 1, 2'000'000);
            transport->Send(2, 3, 1'000);
            std::size_t after = 0;
            Simulator::Schedule(Seconds(60), [&] { after = CountConnections(transport); });
            Simulator::Schedule(Seconds(61), [&] { transport->Send(4, 5, 1'000); });
            Simulator::Schedule(Seconds(63), [&] { transport->Send(2, 3, 1'000); });
            Simulator::Run();
            NS_TEST_EXPECT_MSG_EQ(after, 2, network << ": nobody opens one");
            NS_TEST_EXPECT_MSG_EQ(CountConnections(transport), 3, network << ": one was dropped");
            NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 4, network << ": all end");
            for (const Outcome& outcome : recorder.outcomes)
            {
                NS_TEST_EXPECT_MSG_EQ(outcome.reason, "", network << ": it arrives");
            }
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.back().id, 0, network << ": the long one last");
            Simulator::Destroy();
        }
    }
};

/** The tests of IdleTimeout. */
class IdleConnectionsTestSuite : public TestSuite
{
  public:
    IdleConnectionsTestSuite()
        : TestSuite("murmuration-idle-connections")
    {
        AddTestCase(new ChangingOverlayTestCase);
        AddTestCase(new LongMessageTestCase);
    }
};

IdleConnectionsTestSuite g_idleConnectionsTestSuite; //!< Registers the suite

} // namespace
