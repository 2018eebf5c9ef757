/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/enum.h"
#include "ns3/flow-message-transport.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <map>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Outcome;
using ns3::murmuration::test::Recorder;

namespace
{

/**
 * Make a flow-level transport without what differs from plain fluid: no headers, no
 * acknowledgements, windows that hold everything.
 * @param underlay the underlay
 * @return the transport; the setting up of connections remains
 */
Ptr<MessageTransport>
MakePlain(Ptr<Underlay> underlay)
{
    const auto transport = TransportHelper::Create("flow", underlay);
    transport->SetAttribute("FrameHeaderSize", UintegerValue(0));
    transport->SetAttribute("SegmentHeaderSize", UintegerValue(0));
    transport->SetAttribute("SegmentSize", UintegerValue(1));
    transport->SetAttribute("InitialCwnd", UintegerValue(1 << 30));
    transport->SetAttribute("SndBufSize", UintegerValue(1 << 30));
    transport->SetAttribute("RcvBufSize", UintegerValue(1 << 30));
    transport->SetAttribute("QueueSize", UintegerValue(1 << 30));
    transport->SetAttribute("QueueDiscipline", EnumValue(FlowMessageTransport::FAIR));
    return transport;
}

/**
 * When a message arrived.
 * @param recorder what was recorded
 * @param id the message
 * @return seconds
 */
double
ArrivalOf(const Recorder& recorder, uint64_t id)
{
    const auto found = std::find_if(recorder.outcomes.begin(),
                                    recorder.outcomes.end(),
                                    [id](const Outcome& outcome) { return outcome.id == id; });
    return found == recorder.outcomes.end() ? -1 : found->nanosecond * 1e-9;
}

/** One message over an idle path takes what its rounds add up to. */
class FlowTimeTestCase : public TestCase
{
  public:
    FlowTimeTestCase()
        : TestCase("time of one message")
    {
    }

  private:
    void DoRun() override
    {
        // 10 Mbps, 20 ms: a round trip of 40 ms holds 33 segments, so there are rounds of 10 and of
        // 19 segments before the path is full.
        const auto transport =
            TransportHelper::Create("flow", MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20)));
        Recorder recorder(transport);
        transport->Send(0, 1, 1'000'000);
        Simulator::Schedule(Seconds(5), [&] { transport->Send(0, 1, 1'000'000); });
        Simulator::Run();

        const double segment = 1500 * 8 / 10e6;
        const double small = 52 * 8 / 10e6;
        const double handshake = 0.040 + 4 * small;
        const double round = 0.040 + 2 * segment + 2 * small;
        const double payload = 1'000'016;
        const double wire = (payload + 52 * std::ceil(payload / 1448)) * 8 / 10e6;
        const double rest = wire - 29 * segment + 0.020 + segment;
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 0),
                                  handshake + 2 * round + rest,
                                  2e-3,
                                  "handshake, two rounds, the rest");
        // The connection is open, but the window has been idle for many timeouts: it is the first
        // one again.
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 1),
                                  5 + 2 * round + rest,
                                  3e-3,
                                  "a connection that has been idle");
        Simulator::Destroy();
        TestWarm();
    }

    /** One message after the other: the window is kept. */
    void TestWarm()
    {
        const auto transport =
            TransportHelper::Create("flow", MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20)));
        Recorder recorder(transport);
        transport->Send(0, 1, 1'000'000);
        Simulator::Schedule(Seconds(1), [&] { transport->Send(0, 1, 1'000'000); });
        Simulator::Run();
        const double payload = 1'000'016;
        const double wire = (payload + 52 * std::ceil(payload / 1448)) * 8 / 10e6;
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 1),
                                  1 + wire + 0.020 + 1500 * 8 / 10e6,
                                  2e-3,
                                  "a connection that is warm");
        Simulator::Destroy();
    }
};

/** Links are shared, and what changes in mid-transfer counts from then on, exactly. */
class FlowSharingTestCase : public TestCase
{
  public:
    FlowSharingTestCase()
        : TestCase("shares of links that change")
    {
    }

  private:
    void DoRun() override
    {
        // 8 Mbps are 1 MB/s; no latency, so connections are set up at once.
        const auto wan = MakeWan(3, "8Mbps", "8Mbps", Time(0));
        const auto transport = MakePlain(wan);
        Recorder recorder(transport);
        transport->Send(0, 1, 3'000'000);
        transport->Send(0, 2, 1'000'000);
        // Both at 0.5 MB/s until 2 s; then 2 MB are left at 1 MB/s, from 3 s on at 0.25 MB/s, and
        // from 4 s to 5 s at nothing: 0.75 MB at 5 s, 3 s more.
        Simulator::Schedule(Seconds(3), [&] { wan->SetUpRate(0, DataRate("2Mbps")); });
        const auto setUp = [&](bool isUp) {
            Underlay::Link link = wan->GetLink(0);
            link.isUp = isUp;
            wan->SetLink(0, link);
        };
        Simulator::Schedule(Seconds(4), [&] { setUp(false); });
        Simulator::Schedule(Seconds(5), [&] { setUp(true); });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 1), 2.0, 1e-5, "half of the uplink");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 0), 8.0, 1e-5, "the integral of the rate");
        Simulator::Destroy();
    }
};

/**
 * Make a flow-level transport of segments of 1,000 bytes without headers.
 * @param underlay the underlay
 * @param initialCwnd in segments
 * @return the transport
 */
Ptr<MessageTransport>
MakeSegmented(Ptr<Underlay> underlay, uint32_t initialCwnd)
{
    const auto transport = TransportHelper::Create("flow", underlay);
    transport->SetAttribute("FrameHeaderSize", UintegerValue(0));
    transport->SetAttribute("SegmentHeaderSize", UintegerValue(0));
    transport->SetAttribute("SegmentSize", UintegerValue(1000));
    transport->SetAttribute("InitialCwnd", UintegerValue(initialCwnd));
    return transport;
}

/** Bursts leave a queue in the order in which they have come. 8 Mbps: a segment takes 1 ms. */
class FlowOrderTestCase : public TestCase
{
  public:
    FlowOrderTestCase()
        : TestCase("bursts that leave one node arrive one after the other")
    {
    }

  private:
    static constexpr double EXACT = 1e-6; //!< Seconds; the clock counts nanoseconds

    void DoRun() override
    {
        TestOneBurst();
        TestSecondRound();
        TestIncast();
        TestLinkThatFails();
    }

    void TestOneBurst()
    {
        // Set up at 20 ms. Burst k has left at 20 + 5 k ms; its last segment comes 10 ms later,
        // and takes 1 ms on the downlink.
        const auto transport = MakeSegmented(MakeWan(4, "8Mbps", "8Mbps", MilliSeconds(10)), 10);
        Recorder recorder(transport);
        for (uint32_t receiver = 1; receiver <= 3; ++receiver)
        {
            transport->Send(0, receiver, 5000);
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 0), 0.036, EXACT, "first");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 1), 0.041, EXACT, "second");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 2), 0.046, EXACT, "third");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(0), 15000, "each sent once");
        Simulator::Destroy();
    }

    void TestSecondRound()
    {
        // Ten segments of each in the first round, from 20 ms on; the first acknowledgement comes
        // after 22 ms. The other ten leave until 52 ms, and behind them until 62 ms.
        const auto transport = MakeSegmented(MakeWan(3, "8Mbps", "8Mbps", MilliSeconds(10)), 10);
        Recorder recorder(transport);
        transport->Send(0, 1, 20000);
        transport->Send(0, 2, 20000);
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 0), 0.063, EXACT, "first");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 1), 0.073, EXACT, "second");
        Simulator::Destroy();
    }

    void TestIncast()
    {
        // The first segments of all come to the downlink at 31 ms, where 15 ms of work wait from
        // then on. Segments alternate, so the last ones are at the end of it: until 44, 45, 46 ms.
        const auto transport = MakeSegmented(MakeWan(4, "8Mbps", "8Mbps", MilliSeconds(10)), 10);
        Recorder recorder(transport);
        for (uint32_t sender = 1; sender <= 3; ++sender)
        {
            transport->Send(sender, 0, 5000);
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 0), 0.044, EXACT, "first");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 1), 0.045, EXACT, "second");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, 2), 0.046, EXACT, "third");
        Simulator::Destroy();
    }

    void TestLinkThatFails()
    {
        // 2 of 15 ms of work are done when the uplink goes down, at 22 ms; the rest follows from
        // 122 ms on, as a fluid: all end at 135 ms.
        const auto wan = MakeWan(4, "8Mbps", "8Mbps", MilliSeconds(10));
        const auto transport = MakeSegmented(wan, 10);
        Recorder recorder(transport);
        for (uint32_t receiver = 1; receiver <= 3; ++receiver)
        {
            transport->Send(0, receiver, 5000);
        }
        const auto setUp = [&](bool isUp) {
            Underlay::Link link = wan->GetLink(0);
            link.isUp = isUp;
            wan->SetLink(0, link);
        };
        Simulator::Schedule(MilliSeconds(22), [&] { setUp(false); });
        Simulator::Schedule(MilliSeconds(122), [&] { setUp(true); });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), 3, "each once");
        for (uint64_t id = 0; id < 3; ++id)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOf(recorder, id), 0.146, EXACT, "after the failure");
        }
        Simulator::Destroy();
    }
};

/** What waits at the ends of a connection: a SYN in a queue, an acknowledgement at its receiver. */
class FlowDelayTestCase : public TestCase
{
  public:
    FlowDelayTestCase()
        : TestCase("handshakes that wait, acknowledgements that are late")
    {
    }

  private:
    void DoRun() override
    {
        // A burst of 100 segments fills the uplink from 2 ms to 102 ms. A SYN that comes at 10 ms
        // leaves after it and is answered at 104 ms; the one segment takes 1 + 1 + 1 ms. Where
        // connections are served in turn, the SYN passes the burst, and the segment shares the
        // uplink from 12 ms on. Shares are those of the beginning of a round, all for the burst and
        // half for the segment, so that it has a third and takes 3 + 1 + 1 ms.
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalBehindBurst(FlowMessageTransport::FIFO),
                                  0.107,
                                  1e-6,
                                  "behind the burst");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalBehindBurst(FlowMessageTransport::FAIR),
                                  0.017,
                                  1e-6,
                                  "beside the burst");
        // Two messages of 20 segments that take 10 ms each: 400 ms of work, and the last segment
        // takes as long again on the downlink. At a tenth of the rate acknowledgements come after
        // the timeout; Linux finds that nothing was lost.
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOfLast("800kbps"), 0.41, 1e-6, "in time");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOfLast("80kbps"), 4.1, 1e-6, "late, and nothing lost");
        // 800 Mbps, 50 ms: rounds of 10 and 20 segments begin at 100 ms and 200.02 ms. Segment 10
        // is acknowledged 40 ms late, so of the second round the 19th and 20th are: 28 segments are
        // in time, and 29 are not.
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOfSegments(28), 0.25021, 1e-6, "in time");
        NS_TEST_EXPECT_MSG_EQ_TOL(ArrivalOfSegments(29), 0.29003, 1e-6, "late");
    }

    /**
     * Send one segment while a burst of another connection waits in the same uplink.
     * @param discipline of the queue
     * @return when it arrives, in seconds
     */
    static double ArrivalBehindBurst(FlowMessageTransport::QueueDiscipline discipline)
    {
        const auto transport = MakeSegmented(MakeWan(3, "8Mbps", "8Mbps", MilliSeconds(1)), 100);
        transport->SetAttribute("QueueDiscipline", EnumValue(discipline));
        Recorder recorder(transport);
        transport->Send(0, 1, 100000);
        Simulator::Schedule(MilliSeconds(10), [&] { transport->Send(0, 2, 1000); });
        Simulator::Run();
        Simulator::Destroy();
        return ArrivalOf(recorder, 1);
    }

    /**
     * Send two messages of 20 segments from one node, over paths without latency.
     * @param rate of each link
     * @return when the last one arrives, in seconds
     */
    static double ArrivalOfLast(const std::string& rate)
    {
        const auto transport = MakeSegmented(MakeWan(3, rate, rate, Time(0)), 10);
        Recorder recorder(transport);
        transport->Send(0, 1, 20000);
        transport->Send(0, 2, 20000);
        Simulator::Run();
        Simulator::Destroy();
        return std::max(ArrivalOf(recorder, 0), ArrivalOf(recorder, 1));
    }

    /**
     * Send a message over an idle path.
     * @param segments its size
     * @return when it arrives, in seconds
     */
    static double ArrivalOfSegments(uint64_t segments)
    {
        const auto transport =
            MakeSegmented(MakeWan(2, "800Mbps", "800Mbps", MilliSeconds(50)), 10);
        Recorder recorder(transport);
        transport->Send(0, 1, 1000 * segments);
        Simulator::Run();
        Simulator::Destroy();
        return ArrivalOf(recorder, 0);
    }
};

/** Order, content, bytes, and nothing that depends on the order of calls at one instant. */
class FlowMessagesTestCase : public TestCase
{
  public:
    FlowMessagesTestCase()
        : TestCase("messages, bytes and order")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport =
            TransportHelper::Create("flow", MakeWan(3, "10Mbps", "10Mbps", MilliSeconds(1)));
        Recorder recorder(transport);
        const auto content = std::make_shared<const int>(7);
        transport->Send(0, 1, 1'000'000);
        transport->Send(0, 1, 10, content);
        transport->Send(0, 1, 0);
        transport->Send(2, 1, 10);
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 4, "all arrive");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].id, 3, "another pair is not held up");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].id, 0, "then in the order of sending");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[2].id, 1, "then in the order of sending");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[3].id, 2, "then in the order of sending");
        NS_TEST_EXPECT_MSG_EQ((recorder.messages[2].content == content), true, "same content");
        // 691 segments, one and one; an acknowledgement for each two of a message.
        const uint64_t data = 1'000'016 + 691 * 52 + 26 + 52 + 16 + 52;
        const uint64_t acknowledgements = (346 + 1 + 1) * 52;
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(0), data, "sent by 0");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesReceived(0), acknowledgements, "received by 0");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesReceived(1), data + 26 + 52, "received by 1");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(1), acknowledgements + 52, "sent by 1");
        Simulator::Destroy();
    }
};

/** Messages that may meet a timeout which is not modeled are counted, and no others. */
class FlowDoubtTestCase : public TestCase
{
  public:
    FlowDoubtTestCase()
        : TestCase("messages in doubt")
    {
    }

  private:
    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful("flow", 1, "10Mbps", 100'000, 1000),
                              0,
                              "nothing waits for long");
        // The second windows are 8 x 10 segments, most of which wait.
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful("flow", 8, "100Mbps", 28'000, 1000), 0, "all fit");
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful("flow", 8, "100Mbps", 28'000, 40),
                              8,
                              "segments are lost");
        // Ten segments take 12 ms, or 0.12 s, and a sender waits for a round trip and 0.2 s.
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful("flow", 8, "10Mbps", 14'000, 1000), 0, "within it");
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful("flow", 16, "1Mbps", 14'000, 1000), 16, "longer");
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful("tcp", 16, "1Mbps", 14'000, 1000),
                              0,
                              "TCP knows of timeouts");
        // By what they have met: windows of several nodes that come to several nodes.
        NS_TEST_EXPECT_MSG_EQ(FindDoubts(5, 1).empty(), true, "an incast alternates");
        NS_TEST_EXPECT_MSG_EQ(FindDoubts(1, 5).empty(), true, "a fan-out is served in turn");
        const auto doubts = FindDoubts(8, 5);
        NS_TEST_ASSERT_MSG_EQ(doubts.count("meeting_bursts"), 1, "an exchange is in doubt");
        NS_TEST_EXPECT_MSG_EQ(doubts.size(), 1, "by nothing else");
        NS_TEST_EXPECT_MSG_GT(doubts.at("meeting_bursts"), 20, "most messages of it");
    }

    /**
     * Eight nodes send two windows to some others each: all but the fan-out and the incast have
     * windows that meet twice.
     * @param nSenders how many of them send
     * @param nReceivers to how many others each
     * @return what messages have met
     */
    static std::map<std::string, uint64_t> FindDoubts(uint32_t nSenders, uint32_t nReceivers)
    {
        const auto transport =
            TransportHelper::Create("flow", MakeWan(8, "10Mbps", "10Mbps", MilliSeconds(20)));
        Recorder recorder(transport);
        for (uint32_t sender = 0; sender < nSenders; ++sender)
        {
            for (uint32_t hop = 1; hop <= nReceivers; ++hop)
            {
                transport->Send(sender, nReceivers == 1 ? 7 : (sender + hop) % 8, 36'000);
            }
        }
        Simulator::Run();
        const auto doubts = transport->GetDoubts();
        Simulator::Destroy();
        return doubts;
    }

    /**
     * One node sends to others, all at once.
     * @param fidelity of the network
     * @param receivers how many
     * @param rate of each link
     * @param size of each message
     * @param queue segments that wait in front of a link
     * @return how many messages are in doubt
     */
    static uint64_t CountDoubtful(const std::string& fidelity,
                                  uint32_t receivers,
                                  const std::string& rate,
                                  uint64_t size,
                                  uint32_t queue)
    {
        const auto transport =
            TransportHelper::Create(fidelity, MakeWan(receivers + 1, rate, rate, MilliSeconds(1)));
        transport->SetAttributeFailSafe("QueueSize", UintegerValue(queue));
        Recorder recorder(transport);
        for (uint32_t receiver = 1; receiver <= receivers; ++receiver)
        {
            transport->Send(0, receiver, size);
        }
        Simulator::Run();
        const uint64_t count = transport->GetNDoubtful();
        Simulator::Destroy();
        return count;
    }
};

/** Random losses and jitter. */
class FlowChanceTestCase : public TestCase
{
  public:
    FlowChanceTestCase()
        : TestCase("random losses and jitter")
    {
    }

  private:
    void DoRun() override
    {
        // 30 MB at 100 Mbps and 40 ms: 2.5 s without losses.
        const double window = 1448 * std::sqrt(1.5 / 0.01);
        const double lossy = RunMessage(0.01, Time(0));
        NS_TEST_EXPECT_MSG_EQ_TOL(lossy, 30e6 / window * 0.0403, 0.2 * lossy, "a mean window");
        const double exact = RunMessage(0, Time(0));
        const double late = RunMessage(0, MilliSeconds(10));
        NS_TEST_EXPECT_MSG_GT(late, exact, "later");
        NS_TEST_EXPECT_MSG_LT(late, exact + 0.020, "by less than twice the jitter");
        NS_TEST_EXPECT_MSG_EQ(late, RunMessage(0, MilliSeconds(10)), "the same again");
    }

    /**
     * Send 30 MB.
     * @param loss of the uplink
     * @param jitter of uplink and downlink
     * @return when it arrives, in seconds
     */
    static double RunMessage(double loss, Time jitter)
    {
        const auto wan = MakeWan(2, "100Mbps", "100Mbps", MilliSeconds(20));
        for (const uint32_t link : {0, 3})
        {
            Underlay::Link state = wan->GetLink(link);
            state.loss = link == 0 ? loss : 0;
            state.jitter = jitter;
            wan->SetLink(link, state);
        }
        wan->AssignStreams(1);
        const auto transport = TransportHelper::Create("flow", wan);
        Recorder recorder(transport);
        transport->Send(0, 1, 30'000'000);
        Simulator::Run();
        Simulator::Destroy();
        return ArrivalOf(recorder, 0);
    }
};

/** What is impossible is refused with words. */
class FlowRefusalTestCase : public TestCase
{
  public:
    FlowRefusalTestCase()
        : TestCase("refusals")
    {
    }

  private:
    void DoRun() override
    {
        std::string text = AbortText([] {
            TransportHelper::Create("flow", MakeWan(2, "1Mbps", "1Mbps", Time(0)))->Send(0, 2, 1);
            Simulator::Run();
        });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no route, got 0 to 2"), true, text);
        text = AbortText([] { CreateObject<FlowMessageTransport>()->Send(0, 1, 1); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "call SetUnderlay() first"), true, text);
    }
};

/** The suite. */
class FlowMessageTransportTestSuite : public TestSuite
{
  public:
    FlowMessageTransportTestSuite()
        : TestSuite("murmuration-flow")
    {
        AddTestCase(new FlowTimeTestCase);
        AddTestCase(new FlowSharingTestCase);
        AddTestCase(new FlowOrderTestCase);
        AddTestCase(new FlowDelayTestCase);
        AddTestCase(new FlowMessagesTestCase);
        AddTestCase(new FlowDoubtTestCase);
        AddTestCase(new FlowChanceTestCase);
        AddTestCase(new FlowRefusalTestCase);
    }
};

FlowMessageTransportTestSuite g_flowMessageTransportTestSuite; //!< Registers the suite

} // namespace
