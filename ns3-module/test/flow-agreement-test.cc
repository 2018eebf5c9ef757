/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/config.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <string>
#include <vector>

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

/** Acknowledgements that wait behind a queue which grows, or stays. */
class FlowWaitingAcknowledgementsTestCase : public TestCase
{
  public:
    FlowWaitingAcknowledgementsTestCase()
        : TestCase("acknowledgements wait behind what their receiver sends")
    {
    }

  private:
    void DoRun() override
    {
        // The receiver of the first message fills its slower uplink with one of its own: what it
        // acknowledges waits there, and the first message has less than its link until that is
        // over.
        NS_TEST_EXPECT_MSG_GT(RunChain("packet", 300'000), 2.3, "of 2.0 s alone");
        for (const uint64_t size : {300'000, 740'000})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(RunChain("flow", size) / RunChain("packet", size),
                                      1,
                                      0.1,
                                      size << " bytes");
        }
        // A burst that has left its sender, and has not come to a link, delays no handshake there.
        NS_TEST_EXPECT_MSG_EQ_TOL(RunAnswer("flow") / RunAnswer("packet"), 1, 0.02, "an answer");
    }

    /**
     * One node sends to a second one, and that to a third, both at once.
     * @param fidelity of the network
     * @param size of each message
     * @return when the first of them arrives, in seconds
     */
    static double RunChain(const std::string& fidelity, uint64_t size)
    {
        return Run(fidelity, {"1300kbps", "1600kbps", "6Mbps"}, {{0, 1, size}, {1, 2, size}});
    }

    /**
     * A node with a slow downlink sends to a second one, while a third one sends to it.
     * @param fidelity of the network
     * @return when the first message arrives, in seconds
     */
    static double RunAnswer(const std::string& fidelity)
    {
        return Run(fidelity, {"1Mbps", "100Mbps", "100Mbps"}, {{0, 1, 10'000}, {2, 0, 14'000}});
    }

    /** A message. */
    struct Sending
    {
        uint32_t from; //!< Who sends it
        uint32_t to;   //!< Who receives it
        uint64_t size; //!< In bytes
    };

    /**
     * Send messages at once, 30 ms one way.
     * @param fidelity of the network
     * @param rates of the links of each node, up and down
     * @param messages all of them
     * @return when the first of them arrives, in seconds
     */
    static double Run(const std::string& fidelity,
                      const std::vector<std::string>& rates,
                      const std::vector<Sending>& messages)
    {
        const auto underlay = MakeWan(0, "1Mbps", "1Mbps", MilliSeconds(30));
        for (const std::string& rate : rates)
        {
            underlay->AddNode(DataRate(rate), DataRate(rate));
        }
        const auto transport = TransportHelper::Create(fidelity, underlay);
        Recorder recorder(transport);
        std::vector<uint64_t> ids;
        for (const Sending& message : messages)
        {
            ids.push_back(transport->Send(message.from, message.to, message.size));
        }
        Simulator::Run();
        Simulator::Destroy();
        for (const auto& outcome : recorder.outcomes)
        {
            if (outcome.id == ids.front())
            {
                return outcome.nanosecond * 1e-9;
            }
        }
        return 0;
    }
};

/** Two nodes that answer each message of the other after a pause, round after round. */
class FlowExchangesTestCase : public TestCase
{
  public:
    FlowExchangesTestCase()
        : TestCase("messages that follow before the one before is acknowledged")
    {
    }

  private:
    void DoRun() override
    {
        // Flows know no send buffer that grows with its connection: with such a one 120,000 bytes
        // wait for a round-trip time more when a message has gone before.
        const char* const first = "ns3::murmuration::PacketMessageTransport::FirstSndBufSize";
        Config::SetDefault(first, UintegerValue(4 << 20));
        // A node has the other's message half a round-trip time after its own began: what it has
        // sent is under way for as long again.
        for (const uint64_t size : {3'000, 7'700, 14'000, 30'000, 120'000, 360'000})
        {
            for (const int latency : {2, 20, 100})
            {
                for (const double pause : {0.0, 0.3, 0.8, 1.1, 3.0})
                {
                    const Time wait = MicroSeconds(std::llround(1000 * latency * pause));
                    const double packet = Exchange("packet", size, MilliSeconds(latency), wait);
                    const double flow = Exchange("flow", size, MilliSeconds(latency), wait);
                    NS_TEST_EXPECT_MSG_EQ_TOL(flow / packet,
                                              1,
                                              0.04,
                                              size << " bytes, " << latency << " ms, pauses of "
                                                   << wait.As(Time::MS));
                }
            }
        }
        Config::SetDefault(first, UintegerValue(16384));
    }

    /**
     * Have two nodes send and answer six times each.
     * @param fidelity of the network
     * @param size of each message
     * @param latency one way
     * @param pause between a message's arrival and the next one back
     * @return when the last message arrives, in seconds
     */
    static double Exchange(const std::string& fidelity, uint64_t size, Time latency, Time pause)
    {
        const auto transport =
            TransportHelper::Create(fidelity, MakeWan(2, "50Mbps", "50Mbps", latency));
        uint32_t left = 10;
        double last = 0;
        transport->SetDeliveryCallback(Callback<void, const Message&>([&](const Message& message) {
            last = Simulator::Now().GetSeconds();
            if (left > 0)
            {
                --left;
                Simulator::Schedule(pause,
                                    [&transport, from = message.to, to = message.from, size] {
                                        transport->Send(from, to, size);
                                    });
            }
        }));
        transport->Send(0, 1, size);
        transport->Send(1, 0, size);
        Simulator::Run();
        Simulator::Destroy();
        return last;
    }
};

/** Messages of two flights that meet at both ends. */
class FlowShortMessagesTestCase : public TestCase
{
  public:
    FlowShortMessagesTestCase()
        : TestCase("short messages of many take as long as packet by packet")
    {
    }

  private:
    void DoRun() override
    {
        for (const int milliseconds : {5, 20, 50})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(Exchange("flow", milliseconds) /
                                          Exchange("packet", milliseconds),
                                      1,
                                      0.04,
                                      milliseconds << " ms");
        }
    }

    /**
     * Eight nodes send 36 kB to five others each, in an order that favors none.
     * @param fidelity of the network
     * @param milliseconds one way
     * @return when the last message arrives, in seconds
     */
    static double Exchange(const std::string& fidelity, int milliseconds)
    {
        const auto transport =
            TransportHelper::Create(fidelity,
                                    MakeWan(8, "10Mbps", "10Mbps", MilliSeconds(milliseconds)));
        Recorder recorder(transport);
        for (uint32_t step = 0; step < 40; ++step)
        {
            const uint32_t drawn = 27 * step % 40;
            const uint32_t node = drawn / 5;
            transport->Send(node, (node + 1 + drawn % 5) % 8, 36'000);
        }
        Simulator::Run();
        const double last = recorder.outcomes.back().nanosecond * 1e-9;
        Simulator::Destroy();
        return last;
    }
};

/** So many windows at once that their queue overflows, and some lose the end of their message. */
class FlowOverflowTestCase : public TestCase
{
  public:
    FlowOverflowTestCase()
        : TestCase("probes after a queue has overflowed")
    {
    }

  private:
    void DoRun() override
    {
        // The handshake and three flights take 200 ms, what follows from a full queue 53 ms. Who
        // has lost the end of the message waits for two round trips of 50 ms at least.
        const double flow = Gather("flow");
        NS_TEST_EXPECT_MSG_GT(flow, 0.2 + 0.1, "a probe or a timeout");
        NS_TEST_EXPECT_MSG_GT(Gather("packet"), 0.2 + 0.1, "the same packet by packet");
        NS_TEST_EXPECT_MSG_EQ(flow, Gather("flow"), "the same each time");
    }

    /**
     * 64 nodes send 100 kB to one at the same time.
     * @param fidelity of the network
     * @return when the last message arrives, in seconds
     */
    double Gather(const std::string& fidelity)
    {
        const auto transport =
            TransportHelper::Create(fidelity, MakeWan(65, "1Gbps", "1Gbps", MilliSeconds(25)));
        Recorder recorder(transport);
        for (uint32_t node = 1; node <= 64; ++node)
        {
            transport->Send(node, 0, 100'000);
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), 64, "all arrive");
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
        AddTestCase(new FlowWaitingAcknowledgementsTestCase);
        AddTestCase(new FlowExchangesTestCase);
        AddTestCase(new FlowShortMessagesTestCase);
        AddTestCase(new FlowOverflowTestCase);
    }
};

FlowAgreementTestSuite g_flowAgreementTestSuite; //!< Registers the suite

} // namespace
