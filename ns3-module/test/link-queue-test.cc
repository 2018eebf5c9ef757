/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "murmuration-test-support.h"

#include "ns3/ideal-message-transport.h"
#include "ns3/link-queue.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;

namespace
{

/** Sizes become what ns-3 counts: packets, bytes, or the bytes of a time at a rate. */
class QueueSizeTestCase : public TestCase
{
  public:
    QueueSizeTestCase()
        : TestCase("sizes of queues in packets, bytes and time")
    {
    }

  private:
    void DoRun() override
    {
        const DataRate rate("10Mbps");
        LinkQueue queue;
        NS_TEST_EXPECT_MSG_EQ(queue.GetMaxSize(rate), QueueSize("1000p"), "the default");
        queue.unit = LinkQueue::Unit::BYTES;
        queue.size = 64000;
        NS_TEST_EXPECT_MSG_EQ(queue.GetMaxSize(rate), QueueSize("64000B"), "bytes");
        queue.unit = LinkQueue::Unit::NANOSECONDS;
        queue.size = 50'000'000;
        // 10 Mbps x 50 ms = 500,000 bit
        NS_TEST_EXPECT_MSG_EQ(queue.GetMaxSize(rate), QueueSize("62500B"), "time at the rate");
        NS_TEST_EXPECT_MSG_EQ(queue.GetMaxSize(DataRate("100kbps")),
                              QueueSize("1500B"),
                              "not less than one packet");
    }
};

/** Impossible queues are refused, and so are queues at the host where there is no host. */
class QueueRefusalTestCase : public TestCase
{
  public:
    QueueRefusalTestCase()
        : TestCase("impossible queues are refused")
    {
    }

  private:
    void DoRun() override
    {
        const Ptr<WanUnderlay> wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        LinkQueue queue;
        queue.size = 0;
        std::string text = AbortText([&] { wan->SetQueue(0, queue); });
        NS_TEST_EXPECT_MSG_EQ(
            Contains(text, "wrong queue of node 0 up, got a size of 0, allowed above 0"),
            true,
            text);
        queue = LinkQueue{};
        queue.target = queue.interval;
        text = AbortText([&] { wan->SetQueue(1, queue); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "a target that is not below the interval"),
                              true,
                              text);
        queue = LinkQueue{};
        queue.place = LinkQueue::Place::AT_HOST;
        wan->SetQueue(0, queue);
        NS_TEST_EXPECT_MSG_EQ((wan->GetQueue(0) == queue), true, "an uplink's");
        NS_TEST_EXPECT_MSG_EQ((wan->GetQueue(1) == LinkQueue{}), true, "untouched");
        text = AbortText([&] { wan->SetQueue(1, queue); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "of node 0 down, got one at the host"), true, text);
        text = AbortText([&] { wan->SetQueue(4, LinkQueue{}); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no such link, got 4, allowed below 4"), true, text);
    }
};

/** What a fidelity does not know is refused before it is built. */
class UnknownQueueTestCase : public TestCase
{
  public:
    UnknownQueueTestCase()
        : TestCase("queues and settings of TCP that a fidelity does not know are refused")
    {
    }

  private:
    void DoRun() override
    {
        LinkQueue queue;
        queue.size = 100;
        TcpSettings settings;
        settings.minRto = Seconds(1);
        for (const std::string& fidelity : TransportHelper::GetFidelities())
        {
            NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown(fidelity, LinkQueue{}),
                                  "",
                                  "the default is known to " << fidelity);
            NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown(fidelity, TcpSettings{}),
                                  "",
                                  "the defaults are known to " << fidelity);
        }
        NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown("ideal", queue),
                              "knows no queues",
                              "there are none in it");
        NS_TEST_EXPECT_MSG_EQ(TransportHelper::FindUnknown("ideal", settings),
                              "knows no TCP",
                              "there is none in it");
        const Ptr<WanUnderlay> wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        wan->SetQueue(3, queue);
        std::string text = AbortText([&] { TransportHelper::Create("ideal", wan); });
        NS_TEST_EXPECT_MSG_EQ(
            Contains(text, "Create: ideal knows no queues; node 1 down has another"),
            true,
            text);
        text = AbortText([&] { CreateObject<IdealMessageTransport>()->SetTcpSettings(settings); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "there is no TCP in"), true, text);
        text = AbortText([&] { TransportHelper::FindUnknown("magic", queue); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "unknown fidelity, got \"magic\""), true, text);
    }
};

/** The suite. */
class LinkQueueTestSuite : public TestSuite
{
  public:
    LinkQueueTestSuite()
        : TestSuite("murmuration-link-queue")
    {
        AddTestCase(new QueueSizeTestCase);
        AddTestCase(new QueueRefusalTestCase);
        AddTestCase(new UnknownQueueTestCase);
    }
};

LinkQueueTestSuite g_linkQueueTestSuite; //!< Registers the suite

} // namespace
