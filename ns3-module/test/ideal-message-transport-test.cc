/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/edge-underlay.h"
#include "ns3/ideal-message-transport.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"

#include <cmath>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** Delivery = now + latency + 8 x wire bytes / bottleneck rate, whatever else is on its way. */
class IdealTimeTestCase : public TestCase
{
  public:
    IdealTimeTestCase()
        : TestCase("closed forms")
    {
    }

  private:
    void DoRun() override
    {
        const auto wan = MakeWan(3, "10Mbps", "4Mbps", MilliSeconds(30));
        const auto transport = TransportHelper::Create("ideal", wan);
        Recorder recorder(transport);
        // 1432 + 16 = one full segment: 1500 bytes at 4 Mbps take 3 ms.
        transport->Send(0, 1, 1432);
        // One byte more makes a second segment, of 53 bytes: 0.106 ms.
        transport->Send(2, 1, 1433);
        // The header alone: 16 + 52 bytes take 0.136 ms.
        transport->Send(1, 0, 0);
        // 5 GB overflow 64 bits if bits x 1e9 is computed in integers.
        transport->Send(1, 2, 5'000'000'000);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 4, "all arrive");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].nanosecond, 30'136'000, "header alone");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].nanosecond, 33'000'000, "one segment");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[2].nanosecond, 33'106'000, "two segments");
        // ceil(5,000,000,016 / 1448) = 3,453,039 segments.
        const double wireBytes = 5'000'000'016.0 + 3'453'039.0 * 52;
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[3].nanosecond,
                              30'000'000 + std::llround(wireBytes * 2000),
                              "5 GB");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(0), 1500, "wire bytes sent");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesReceived(1), 1500 + 1553, "wire bytes received");
        NS_TEST_EXPECT_MSG_EQ(transport->GetBytesSent(1),
                              68 + static_cast<uint64_t>(wireBytes),
                              "wire bytes above 4 GB");
        Simulator::Destroy();
    }
};

/** A small message does not overtake a big one of the same pair, and keeps its content. */
class IdealOrderTestCase : public TestCase
{
  public:
    IdealOrderTestCase()
        : TestCase("order of one pair")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport =
            TransportHelper::Create("ideal", MakeWan(3, "10Mbps", "10Mbps", MilliSeconds(1)));
        Recorder recorder(transport);
        const auto content = std::make_shared<const int>(7);
        transport->Send(0, 1, 1'000'000);
        transport->Send(0, 1, 10, content);
        transport->Send(2, 1, 10);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 3, "all arrive");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].id, 2, "another pair is not held up");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].id, 0, "the big one is first");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[2].id, 1, "the small one is second");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].nanosecond,
                              recorder.outcomes[2].nanosecond,
                              "at the same instant");
        NS_TEST_EXPECT_MSG_EQ((recorder.messages[2].content == content), true, "same content");
        Simulator::Destroy();
    }
};

/** Time that ns-3 does not count is a failure, not an arrival at some other time. */
class IdealEndOfTimeTestCase : public TestCase
{
  public:
    IdealEndOfTimeTestCase()
        : TestCase("the end of time")
    {
    }

  private:
    void DoRun() override
    {
        // 200 years one way: the second message, sent when the first has arrived, would take the
        // clock beyond 292 years.
        const Time latency = Seconds(200 * 365.25 * 86400);
        const auto transport =
            TransportHelper::Create("ideal", MakeWan(3, "10Mbps", "10Mbps", latency));
        Recorder recorder(transport);
        transport->Send(0, 1, 10);
        Simulator::Schedule(latency + Seconds(1), [transport] { transport->Send(1, 0, 10); });
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both end");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason, "", "the first one arrives");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].reason,
                              "it would arrive beyond the time that ns-3 counts",
                              "the second one does not");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].nanosecond,
                              (latency + Seconds(1)).GetNanoSeconds(),
                              "at once");
        Simulator::Destroy();

        // Nor is a transmission of 2,500 years a negative one.
        const auto slow = TransportHelper::Create("ideal", MakeWan(2, "1bps", "1bps", Seconds(0)));
        Recorder slowRecorder(slow);
        slow->Send(0, 1, 10'000'000'000);
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(slowRecorder.outcomes.size(), 1, "it ends");
        NS_TEST_EXPECT_MSG_EQ(slowRecorder.outcomes[0].reason.empty(), false, "and fails");
        Simulator::Destroy();
    }
};

/** Attributes shape the wire size; a rate that changes is seen by the next message. */
class IdealAttributeTestCase : public TestCase
{
  public:
    IdealAttributeTestCase()
        : TestCase("attributes and changed rates")
    {
    }

  private:
    void DoRun() override
    {
        const auto wan = MakeWan(2, "8Mbps", "8Mbps", Time(0));
        const auto transport = TransportHelper::Create("ideal", wan);
        transport->SetAttribute("SegmentSize", UintegerValue(1000));
        transport->SetAttribute("SegmentHeaderSize", UintegerValue(0));
        transport->SetAttribute("FrameHeaderSize", UintegerValue(100));
        Recorder recorder(transport);
        transport->Send(0, 1, 900);
        wan->SetUpRate(0, DataRate("4Mbps"));
        transport->Send(0, 1, 900);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both arrive");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].nanosecond, 1'000'000, "1000 bytes at 8 Mbps");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].nanosecond, 2'000'000, "1000 bytes at 4 Mbps");
        Simulator::Destroy();
    }
};

/** What is impossible is refused with words. */
class IdealRefusalTestCase : public TestCase
{
  public:
    IdealRefusalTestCase()
        : TestCase("refusals")
    {
    }

  private:
    void DoRun() override
    {
        std::string text =
            AbortText([] { TransportHelper::Create("fluid", CreateObject<EdgeUnderlay>(2)); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "got \"fluid\", allowed ideal, flow, packet, tcp"),
                              true,
                              text);
        text = AbortText(
            [] { TransportHelper::Create("ideal", CreateObject<EdgeUnderlay>(2))->Send(0, 1, 1); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no edge between nodes 0 and 1"), true, text);
        text = AbortText(
            [] { TransportHelper::Create("ideal", CreateObject<EdgeUnderlay>(2))->Send(1, 1, 1); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "the receiver is the sender, got node 1"), true, text);
        text = AbortText([] { CreateObject<IdealMessageTransport>()->Send(0, 1, 1); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "call SetUnderlay() first"), true, text);
    }
};

/** The suite. */
class IdealMessageTransportTestSuite : public TestSuite
{
  public:
    IdealMessageTransportTestSuite()
        : TestSuite("murmuration-ideal")
    {
        AddTestCase(new IdealTimeTestCase);
        AddTestCase(new IdealOrderTestCase);
        AddTestCase(new IdealAttributeTestCase);
        AddTestCase(new IdealRefusalTestCase);
        AddTestCase(new IdealEndOfTimeTestCase);
    }
};

IdealMessageTransportTestSuite g_idealMessageTransportTestSuite; //!< Registers the suite

} // namespace
