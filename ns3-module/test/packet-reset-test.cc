/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// Resets of the packet-level network: what comes to an end that has given up is answered by one.
#include "murmuration-test-support.h"

#include "ns3/packet-message-transport.h"
#include "ns3/random-variable-stream.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"
#include "ns3/wan-underlay.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::ACK_BYTES;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::PathTime;
using ns3::murmuration::test::Recorder;

namespace
{

constexpr double RESET_BYTES = 40; //!< IPv4 and TCP, no options

/** @brief Two nodes at 10 Mbps and 20 ms, links that hold what comes while they are down, a log. */
struct HeldPair
{
    HeldPair()
        : underlay(MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20))),
          transport(
              DynamicCast<PacketMessageTransport>(TransportHelper::Create("packet", underlay)))
    {
        transport->TraceConnectWithoutContext("PacketSent", MakeCallback(&HeldPair::Sent, this));
        transport->TraceConnectWithoutContext("PacketArrived",
                                              MakeCallback(&HeldPair::Arrived, this));
    }

    ~HeldPair()
    {
        transport->Dispose();
        Simulator::Destroy();
    }

    HeldPair(const HeldPair&) = delete;
    HeldPair& operator=(const HeldPair&) = delete;

    /**
     * Have a link go down or up.
     * @param link the link
     * @param when the time
     * @param isUp whether it goes up
     */
    void Switch(uint32_t link, Time when, bool isUp)
    {
        Simulator::Schedule(when, [this, link, isUp] {
            Underlay::Link state = underlay->GetLink(link);
            state.isUp = isUp;
            underlay->SetLink(link, state);
        });
    }

    /** @brief A packet at a host. */
    struct Seen
    {
        int64_t when;         //!< In ns
        PacketSegment packet; //!< The packet
    };

    /**
     * Look for packets of a kind.
     * @param seen among these
     * @param kind the kind
     * @return those of it
     */
    static std::vector<Seen> Find(const std::vector<Seen>& seen, PacketSegment::Kind kind)
    {
        std::vector<Seen> found;
        for (const Seen& each : seen)
        {
            if (each.packet.kind == kind)
            {
                found.push_back(each);
            }
        }
        return found;
    }

    Ptr<Underlay> underlay;                //!< The network
    Ptr<PacketMessageTransport> transport; //!< Over it
    std::vector<Seen> sent;                //!< In the order of sending
    std::vector<Seen> arrived;             //!< In the order of arrival

  private:
    void Sent(int64_t now, const PacketSegment& packet) //!< Trace sink
    {
        sent.push_back({now, packet});
    }

    void Arrived(int64_t now, const PacketSegment& packet) //!< Trace sink
    {
        arrived.push_back({now, packet});
    }
};

/** A receiver that has heard nothing after its answer to a SYN forgets it after 63 s. */
class ForgottenSynTestCase : public TestCase
{
  public:
    ForgottenSynTestCase()
        : TestCase("a SYN that was forgotten: the sender, which takes it for answered, is reset")
    {
    }

  private:
    void DoRun() override
    {
        for (const bool isForgotten : {true, false})
        {
            // The SYN has left; its answer comes back, and what follows waits before the uplink.
            HeldPair pair;
            const Recorder recorder(pair.transport);
            const uint32_t uplink = pair.underlay->GetRoute(0, 1).links.front();
            const Time back = Seconds(isForgotten ? 100 : 50);
            pair.Switch(uplink, MilliSeconds(10), false);
            pair.Switch(uplink, back, true);
            pair.transport->Send(0, 1, 984);
            Simulator::Run();
            const auto resets = HeldPair::Find(pair.sent, PacketSegment::Kind::RST);
            NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "one message");
            if (!isForgotten)
            {
                NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason, "", "50 s are not too long");
                NS_TEST_EXPECT_MSG_EQ(resets.size(), 0, "no reset");
                continue;
            }
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason,
                                  "the connection was reset by the receiver",
                                  "at once, and not after 15 timeouts");
            // The acknowledgement of the handshake comes first, and is answered.
            const std::vector<double> rates{10e6, 10e6};
            const double takes =
                PathTime(ACK_BYTES, rates, 0.020) + PathTime(RESET_BYTES, rates, 0.020);
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].nanosecond,
                                  back.GetNanoSeconds() + std::llround(1e9 * takes),
                                  "when the first reset comes");
            std::size_t late = 0;
            for (const HeldPair::Seen& each : pair.arrived)
            {
                late += each.packet.flow == 0 && each.when > back.GetNanoSeconds() ? 1 : 0;
            }
            NS_TEST_EXPECT_MSG_EQ(resets.size(), late, "one for each packet that comes");
            NS_TEST_EXPECT_MSG_GT(late, 5, "acknowledgements of five SYN-ACKs, and data");
            for (const HeldPair::Seen& reset : resets)
            {
                NS_TEST_EXPECT_MSG_EQ(reset.packet.size, RESET_BYTES, "no options");
                NS_TEST_EXPECT_MSG_EQ(reset.packet.flow, 1, "from the receiver");
            }
        }
    }
};

/** A sender has given up what then arrives; another connection is there in its place. */
class GivenUpDataTestCase : public TestCase
{
  public:
    GivenUpDataTestCase()
        : TestCase(
              "data of a connection that was given up arrives: nobody gets it, a reset ends it")
    {
    }

  private:
    void DoRun() override
    {
        HeldPair pair;
        const Recorder recorder(pair.transport);
        pair.transport->SetAttribute("Retries", UintegerValue(1));
        const uint32_t downlink = pair.underlay->GetRoute(0, 1).links.back();
        pair.transport->Send(0, 1, 5000);
        pair.Switch(downlink, Seconds(1), false);
        pair.Switch(downlink, Seconds(20), true);
        Simulator::Schedule(Seconds(2), [&pair] { pair.transport->Send(0, 1, 5000); });
        Simulator::Schedule(Seconds(15), [&pair] { pair.transport->Send(0, 1, 5000); });
        // Long after all of that: what was given up and what is idle make room for another.
        uint32_t flow = 99;
        Simulator::Schedule(Seconds(100), [&pair, &flow] {
            pair.transport->Send(1, 0, 5000);
            flow = pair.transport->FindConnection(1, 0)->GetFlow();
        });
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 4, "each ends once");
        NS_TEST_EXPECT_MSG_EQ(recorder.messages[1].id, 1, "the second one");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].reason,
                              "retransmissions were not acknowledged",
                              "is given up");
        NS_TEST_EXPECT_MSG_LT(recorder.outcomes[1].nanosecond, 15'000'000'000, "before the third");
        for (const std::size_t other : {0, 2, 3})
        {
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[other].reason, "", "message " << other);
        }
        const auto resets = HeldPair::Find(pair.sent, PacketSegment::Kind::RST);
        std::size_t answers = 0;
        for (const HeldPair::Seen& each : pair.arrived)
        {
            // At 100 s another connection takes the numbers of its flows.
            const bool isLate = each.when > 15'000'000'000 && each.when < 100'000'000'000;
            answers += each.packet.flow == 1 && isLate ? 1 : 0;
        }
        NS_TEST_EXPECT_MSG_GT(answers, 3, "the receiver has acknowledged what came");
        NS_TEST_EXPECT_MSG_EQ(resets.size(), answers, "each of these is answered");
        for (const HeldPair::Seen& reset : resets)
        {
            NS_TEST_EXPECT_MSG_EQ(reset.packet.flow, 0, "from the sender");
        }
        NS_TEST_EXPECT_MSG_EQ(flow, 0, "the first one to have been there has made room");
        NS_TEST_EXPECT_MSG_EQ(pair.transport->GetNConnections(), 1, "and the second one");
        const RepairsByPair repairs = pair.transport->GetRepairs();
        NS_TEST_ASSERT_MSG_EQ(repairs.size(), 1, "only one way was down");
        NS_TEST_EXPECT_MSG_EQ(repairs.count({0, 1}), 1, "that one");
        NS_TEST_EXPECT_MSG_EQ(pair.transport->GetNTimeouts(),
                              repairs.begin()->second.timeouts,
                              "all are there");
        NS_TEST_EXPECT_MSG_GT(repairs.begin()->second.timeouts, 1, "of data and of SYNs");
        NS_TEST_EXPECT_MSG_GT(repairs.begin()->second.retransmissions, 1, "kept when it is gone");
    }
};

/** The answer to a SYN comes when nobody waits for it. */
class LateAnswerTestCase : public TestCase
{
  public:
    LateAnswerTestCase()
        : TestCase("the answer to a SYN that was given up: a reset, and it is repeated no more")
    {
    }

  private:
    void DoRun() override
    {
        HeldPair pair;
        const Recorder recorder(pair.transport);
        pair.transport->SetAttribute("SynRetries", UintegerValue(0));
        const uint32_t back = pair.underlay->GetRoute(1, 0).links.back();
        pair.Switch(back, MilliSeconds(10), false);
        pair.Switch(back, Seconds(30), true);
        pair.transport->Send(0, 1, 984);
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "one message");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason,
                              "the connection attempt timed out",
                              "nothing came back");
        // To SYNs at 0, 1, 2, 3 and 4 s, and repeated after 1, 3, 7 and 15 s; once more at 31 s,
        // if the receiver had not been told.
        const auto answers = HeldPair::Find(pair.sent, PacketSegment::Kind::SYN_ACK);
        const auto resets = HeldPair::Find(pair.sent, PacketSegment::Kind::RST);
        NS_TEST_EXPECT_MSG_EQ(answers.size(), 9, "all before the link is up again");
        NS_TEST_EXPECT_MSG_LT(answers.back().when, 20'000'000'000, "none after that");
        NS_TEST_EXPECT_MSG_EQ(resets.size(), answers.size(), "each is answered");
    }
};

/** Links that come and go for minutes: whatever ends a message was foreseen, and ends it once. */
class LongOutagesTestCase : public TestCase
{
  public:
    LongOutagesTestCase()
        : TestCase("long outages: each message ends once, by arrival, timeouts or a reset")
    {
    }

  private:
    void DoRun() override
    {
        const auto random = CreateObject<UniformRandomVariable>();
        random->SetStream(1);
        std::map<std::string, uint32_t> ends;
        for (uint32_t run = 0; run < 100; ++run)
        {
            HeldPair pair;
            pair.transport->SetAttribute("Retries", UintegerValue(random->GetInteger(1, 15)));
            pair.transport->SetAttribute("SynRetries", UintegerValue(random->GetInteger(0, 6)));
            const Recorder recorder(pair.transport);
            for (uint32_t link = 0; link < pair.underlay->GetNLinks(); ++link)
            {
                double time = random->GetValue(0, 0.2);
                while (time < 900)
                {
                    pair.Switch(link, Seconds(time), false);
                    time += random->GetValue(1, 120);
                    pair.Switch(link, Seconds(time), true);
                    time += random->GetValue(0, 100);
                }
            }
            const uint32_t nMessages = random->GetInteger(1, 20);
            for (uint32_t message = 0; message < nMessages; ++message)
            {
                const uint32_t from = random->GetInteger(0, 1);
                const uint32_t size = random->GetInteger(100, 50'000);
                Simulator::Schedule(Seconds(random->GetValue(0, 800)), [&pair, from, size] {
                    pair.transport->Send(from, 1 - from, size);
                });
            }
            Simulator::Run();
            NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), nMessages, "run " << run);
            for (const auto& outcome : recorder.outcomes)
            {
                ++ends[outcome.reason];
            }
        }
        // Expectation: outages last up to two minutes, and SYNs are forgotten after one.
        NS_TEST_EXPECT_MSG_EQ(ends.size(), 4, "all ways to end");
        NS_TEST_EXPECT_MSG_GT(ends["the connection was reset by the receiver"],
                              5,
                              "some by resets");
        NS_TEST_EXPECT_MSG_GT(ends[""], 200, "most have arrived");
    }
};

/** The tests of resets. */
class PacketResetTestSuite : public TestSuite
{
  public:
    PacketResetTestSuite()
        : TestSuite("murmuration-packet-reset")
    {
        AddTestCase(new ForgottenSynTestCase);
        AddTestCase(new GivenUpDataTestCase);
        AddTestCase(new LateAnswerTestCase);
        AddTestCase(new LongOutagesTestCase);
    }
};

PacketResetTestSuite g_packetResetTestSuite; //!< Registers the suite

} // namespace
