/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// Messages that are taken back, over every network.
#include "murmuration-test-support.h"

#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transfer-meter.h"
#include "ns3/transport-helper.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Outcome;
using ns3::murmuration::test::Recorder;

namespace
{

const std::vector<std::string> NETWORKS{"packet", "tcp", "flow", "ideal"};

/**
 * When a message arrived.
 * @param recorder of its transport
 * @param id the message
 * @return in seconds; -1 if it did not
 */
double
GetArrival(const Recorder& recorder, uint64_t id)
{
    for (const Outcome& outcome : recorder.outcomes)
    {
        if (outcome.id == id && outcome.reason.empty())
        {
            return 1e-9 * static_cast<double>(outcome.nanosecond);
        }
    }
    return -1;
}

/** Nobody is told of a message that was taken back, whatever it was doing. */
class AbortStagesTestCase : public TestCase
{
  public:
    AbortStagesTestCase()
        : TestCase("in the handshake, being sent, waiting, under way, arrived")
    {
    }

  private:
    /**
     * Send three messages of 100 kB, 1 Mbps and 50 ms, take one back, and send a fourth.
     * @param network the network
     * @param which of the three is taken back
     * @param ms when
     */
    void Carry(const std::string& network, uint64_t which, uint32_t ms)
    {
        const std::string what =
            network + ", message " + std::to_string(which) + " at " + std::to_string(ms) + " ms";
        const auto underlay = MakeWan(3, "1Mbps", "1Mbps", MilliSeconds(50));
        const auto transport = TransportHelper::Create(network, underlay);
        const Recorder recorder(transport);
        std::vector<uint64_t> expected{0, 1, 2, 3};
        for (uint32_t index = 0; index < 3; ++index)
        {
            transport->Send(0, 1, 100'000);
        }
        Simulator::Schedule(MilliSeconds(ms), [&] {
            const bool hasArrived = GetArrival(recorder, which) >= 0;
            NS_TEST_EXPECT_MSG_EQ(transport->AbortMessage(which), !hasArrived, what);
            NS_TEST_EXPECT_MSG_EQ(transport->AbortMessage(which), false, "not twice, " << what);
            if (!hasArrived)
            {
                expected.erase(std::find(expected.begin(), expected.end(), which));
            }
        });
        Simulator::Schedule(Seconds(20), [&] { transport->Send(0, 1, 1000); });
        Simulator::Run();
        std::vector<uint64_t> arrived;
        for (const Outcome& outcome : recorder.outcomes)
        {
            NS_TEST_EXPECT_MSG_EQ(outcome.reason, "", what);
            arrived.push_back(outcome.id);
        }
        if (network == "ideal")
        {
            std::sort(arrived.begin(), arrived.end());
        }
        NS_TEST_EXPECT_MSG_EQ((arrived == expected), true, "the others, in order, " << what);
        Simulator::Destroy();
    }

    void DoRun() override
    {
        for (const std::string& network : NETWORKS)
        {
            for (const uint32_t ms : {0, 20, 90, 160, 300, 700, 1000, 1100, 2000, 2600, 10'000})
            {
                for (uint64_t which = 0; which < 3; ++which)
                {
                    Carry(network, which, ms);
                }
            }
        }
        // All of them, while the connection opens; then one more.
        for (const std::string& network : NETWORKS)
        {
            const auto transport =
                TransportHelper::Create(network, MakeWan(2, "1Mbps", "1Mbps", MilliSeconds(50)));
            const Recorder recorder(transport);
            transport->Send(0, 1, 5000);
            transport->Send(0, 1, 5000);
            transport->AbortMessage(0);
            Simulator::Schedule(MilliSeconds(30), [&] { transport->AbortMessage(1); });
            Simulator::Schedule(MilliSeconds(60), [&] { transport->Send(0, 1, 5000); });
            Simulator::Schedule(Seconds(5), [&] { transport->Send(0, 1, 5000); });
            Simulator::Run();
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), 2, "two are left, " << network);
            NS_TEST_EXPECT_MSG_GT(GetArrival(recorder, 2), 0, network);
            NS_TEST_EXPECT_MSG_GT(GetArrival(recorder, 3), 5, network);
            Simulator::Destroy();
        }
    }
};

/** What is not sent is not counted, and those behind it need not wait. */
class AbortSavesTestCase : public TestCase
{
  public:
    AbortSavesTestCase()
        : TestCase("what is not sent yet is not sent, and what waits behind it goes on")
    {
    }

  private:
    void DoRun() override
    {
        // 10 MB at 10 Mbps take 8 s and more; taken back after 2 s, about 2.4 MB have been sent.
        for (const std::string& network : NETWORKS)
        {
            const auto underlay = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(10));
            underlay->EnableMeter(2);
            const auto transport = TransportHelper::Create(network, underlay);
            const Recorder recorder(transport);
            uint32_t nMeasured = 0;
            const TransferMeter meter(
                underlay,
                transport,
                TransferMeter::TransferCallback(
                    [&nMeasured](const Message&, const Transfer&) { ++nMeasured; }));
            transport->Send(0, 1, 10'000'000);
            transport->Send(0, 1, 10'000);
            transport->Send(0, 1, 5'000'000);
            Simulator::Schedule(Seconds(2), [&] {
                transport->AbortMessage(0);
                transport->AbortMessage(2);
            });
            Simulator::Run();
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), 1, "one is left, " << network);
            NS_TEST_EXPECT_MSG_EQ(nMeasured, 1, "the meter knows, " << network);
            const double arrived = GetArrival(recorder, 1);
            const auto sent = static_cast<double>(transport->GetBytesSent(0));
            const auto received = static_cast<double>(transport->GetBytesReceived(1));
            const double onLink =
                underlay->GetMeter()->GetBusySeconds(underlay->GetUplink(0)) * 10e6 / 8;
            if (network == "ideal")
            {
                NS_TEST_EXPECT_MSG_GT(sent, 15'000'000, "all has left at once");
            }
            else if (network == "tcp")
            {
                // The send buffer of 4 MB stays.
                NS_TEST_EXPECT_MSG_LT(arrived, 6.5, "not after all of it");
                NS_TEST_EXPECT_MSG_LT(sent, 7'500'000, "not all of it");
                NS_TEST_EXPECT_MSG_GT(sent, 4'000'000, "what is in the socket");
            }
            else
            {
                // What is under way is a window, which the queue of 1,000 packets holds at most.
                NS_TEST_EXPECT_MSG_GT(arrived, 2.0, "after what was sent, " << network);
                NS_TEST_EXPECT_MSG_LT(arrived, 3.5, "soon, " << network);
                NS_TEST_EXPECT_MSG_LT(sent, 4'300'000, "no more than that, " << network);
                NS_TEST_EXPECT_MSG_GT(sent, 2'000'000, "what was sent counts, " << network);
            }
            if (network != "ideal")
            {
                NS_TEST_EXPECT_MSG_EQ_TOL(received, sent, 0.02 * sent, "and arrives, " << network);
                NS_TEST_EXPECT_MSG_EQ_TOL(onLink, sent, 0.02 * sent, "links know, " << network);
            }
            Simulator::Destroy();
        }
    }
};

/** Whatever is taken back when, all others arrive once and in order; also where segments are lost,
 * and from the callbacks themselves. */
class AbortRandomTestCase : public TestCase
{
  public:
    AbortRandomTestCase()
        : TestCase("at random times and from callbacks, with losses: all others once and in order")
    {
    }

  private:
    /**
     * Send and take back at random.
     * @param network the network
     * @param seed what to draw from
     */
    void Carry(const std::string& network, uint32_t seed)
    {
        std::mt19937 random(seed);
        const auto underlay = MakeWan(4, "2Mbps", "2Mbps", MilliSeconds(5 + random() % 60));
        const double most = 0.1;
        if (network != "ideal")
        {
            underlay->AssignStreams(100);
            for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
            {
                Underlay::Link state = underlay->GetLink(link);
                state.loss = random() % 2 == 0 ? 0 : most / 100 * (random() % 100);
                underlay->SetLink(link, state);
            }
        }
        const auto transport = TransportHelper::Create(network, underlay);
        std::set<uint64_t> left;
        uint64_t nMessages = 0;
        uint64_t last[4][4] = {};
        const auto abort = [&] {
            if (nMessages == 0)
            {
                return;
            }
            const uint64_t id = random() % nMessages;
            NS_TEST_EXPECT_MSG_EQ(transport->AbortMessage(id),
                                  (left.erase(id) == 1),
                                  "knows what is under way, " << network << ", seed " << seed);
            NS_TEST_EXPECT_MSG_EQ(transport->GetNUnderWay(),
                                  left.size(),
                                  "and how many are, " << network << ", seed " << seed);
        };
        const auto end = [&](const Message& message) {
            NS_TEST_EXPECT_MSG_EQ(left.erase(message.id), 1, network << ", once, seed " << seed);
            NS_TEST_EXPECT_MSG_EQ(transport->GetNUnderWay(), left.size(), network << ", counted");
            if (random() % 3 == 0)
            {
                abort();
            }
        };
        transport->SetDeliveryCallback(
            MessageTransport::DeliveryCallback([&](const Message& message) {
                uint64_t& before = last[message.from][message.to];
                NS_TEST_EXPECT_MSG_EQ((before <= message.id), true, network << ", in order");
                before = message.id;
                end(message);
            }));
        transport->SetFailureCallback(MessageTransport::FailureCallback(
            [&](const Message& message, const std::string&) { end(message); }));
        for (uint32_t index = 0; index < 60; ++index)
        {
            Simulator::Schedule(MilliSeconds(random() % 4000), [&] {
                const uint32_t from = random() % 4;
                const uint32_t to = (from + 1 + random() % 3) % 4;
                left.insert(nMessages++);
                transport->Send(from, to, random() % 3 == 0 ? 200'000 : random() % 20'000);
            });
            Simulator::Schedule(MilliSeconds(random() % 6000), abort);
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(left.size(), 0, network << ", all end, seed " << seed);
        Simulator::Destroy();
    }

    void DoRun() override
    {
        for (const std::string& network : NETWORKS)
        {
            for (uint32_t seed = 1; seed <= (network == "tcp" ? 10U : 60U); ++seed)
            {
                Carry(network, seed);
            }
        }
    }
};

/** Half of the nodes go at one instant: nothing of theirs stays in the network. */
class AbortNodesTestCase : public TestCase
{
  public:
    AbortNodesTestCase()
        : TestCase("all messages of half of the nodes: nothing of them is left, nor sent later")
    {
    }

  private:
    static constexpr uint32_t N_NODES = 8;

    /**
     * Let every node send to every other one, and the odd ones go.
     * @param network the network
     * @param ms when
     */
    void Carry(const std::string& network, uint32_t ms)
    {
        const std::string what = network + ", " + std::to_string(ms) + " ms";
        const auto transport =
            TransportHelper::Create(network, MakeWan(N_NODES, "8Mbps", "8Mbps", MilliSeconds(20)));
        uint64_t nExpected = 0;
        uint64_t nArrived = 0;
        std::vector<Message> sent;
        std::set<uint64_t> arrived;
        transport->SetDeliveryCallback(
            MessageTransport::DeliveryCallback([&](const Message& message) {
                ++nArrived;
                arrived.insert(message.id);
            }));
        for (uint32_t from = 0; from < N_NODES; ++from)
        {
            for (uint32_t to = 0; to < N_NODES; ++to)
            {
                if (from != to)
                {
                    Message message;
                    message.id = transport->Send(from, to, 100'000);
                    message.from = from;
                    message.to = to;
                    sent.push_back(message);
                }
            }
        }
        uint64_t bytesThen = 0;
        const auto countSent = [&] {
            uint64_t bytes = 0;
            for (uint32_t node = 1; node < N_NODES; node += 2)
            {
                bytes += transport->GetBytesSent(node);
            }
            return bytes;
        };
        Simulator::Schedule(MilliSeconds(ms), [&] {
            for (const Message& message : sent)
            {
                const bool isOfGone = message.from % 2 == 1 || message.to % 2 == 1;
                const bool isThere = arrived.count(message.id) == 0;
                if (isOfGone && isThere)
                {
                    NS_TEST_EXPECT_MSG_EQ(transport->AbortMessage(message.id), true, what);
                }
                nExpected += (isOfGone && isThere) ? 0 : 1;
            }
            uint64_t nLeft = 0;
            for (uint32_t node = 0; node < N_NODES; ++node)
            {
                const uint64_t nOfNode = transport->GetNUnderWay(node);
                nLeft += nOfNode;
                if (node % 2 == 1)
                {
                    NS_TEST_EXPECT_MSG_EQ(nOfNode, 0, "none of node " << node << ", " << what);
                }
            }
            NS_TEST_EXPECT_MSG_EQ(nLeft, 2 * transport->GetNUnderWay(), "two ends, " << what);
        });
        // What was under way has arrived by then: a window at most, or what TCP has in its sockets.
        const double settled = (network == "tcp" || network == "ideal") ? 30 : 3;
        Simulator::Schedule(MilliSeconds(ms) + Seconds(settled),
                            [&] { bytesThen = countSent(); });
        Simulator::Schedule(Seconds(100), [&] {
            NS_TEST_EXPECT_MSG_EQ(countSent(), bytesThen, "they send no more, " << what);
        });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(transport->GetNUnderWay(), 0, "none in the end, " << what);
        NS_TEST_EXPECT_MSG_EQ(nArrived, nExpected, "all others are there, " << what);
        Simulator::Destroy();
    }

    void DoRun() override
    {
        for (const std::string& network : NETWORKS)
        {
            for (const uint32_t ms : {0, 10, 45, 70, 150, 400, 690, 900})
            {
                Carry(network, ms);
            }
        }
    }
};

/** The tests of MessageTransport::AbortMessage(). */
class AbortMessageTestSuite : public TestSuite
{
  public:
    AbortMessageTestSuite()
        : TestSuite("murmuration-abort")
    {
        AddTestCase(new AbortStagesTestCase);
        AddTestCase(new AbortSavesTestCase);
        AddTestCase(new AbortRandomTestCase);
        AddTestCase(new AbortNodesTestCase);
    }
};

AbortMessageTestSuite g_abortMessageTestSuite; //!< Registers the suite

} // namespace
