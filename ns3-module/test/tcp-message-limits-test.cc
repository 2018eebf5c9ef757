/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/ipv4.h"
#include "ns3/object-ptr-container.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/tcp-socket-base.h"
#include "ns3/tcp-tx-buffer.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"
#include "ns3/wan-helper.h"

#include <algorithm>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/**
 * Make a transport over a wide-area network.
 * @param wan the underlay
 * @param helper makes devices and nodes
 * @return the transport
 */
Ptr<TcpMessageTransport>
MakeTcp(Ptr<WanUnderlay> wan, const WanHelper& helper = WanHelper())
{
    const auto transport = CreateObject<TcpMessageTransport>();
    transport->SetNodes(helper.CreateNodes(wan),
                        [](uint32_t /* from */, uint32_t to) { return WanHelper::GetAddress(to); });
    return transport;
}

/**
 * The sockets of a node.
 * @param node the node
 * @return the sockets
 */
std::vector<Ptr<TcpSocketBase>>
GetSockets(Ptr<Node> node)
{
    ObjectPtrContainerValue list;
    node->GetObject<TcpL4Protocol>()->GetAttribute("SocketList", list);
    std::vector<Ptr<TcpSocketBase>> sockets;
    for (auto entry = list.Begin(); entry != list.End(); ++entry)
    {
        sockets.push_back(DynamicCast<TcpSocketBase>(entry->second));
    }
    return sockets;
}

/**
 * Cut a node off, or connect it again.
 * @param transport the transport
 * @param node the node
 * @param up whether it is connected
 */
void
SetConnected(Ptr<TcpMessageTransport> transport, uint32_t node, bool up)
{
    const Ptr<Ipv4> ipv4 = transport->GetNodes().Get(node)->GetObject<Ipv4>();
    if (up)
    {
        ipv4->SetUp(1);
    }
    else
    {
        ipv4->SetDown(1);
    }
}

/** 100 MB are in the network at no time: only what the send buffer and the queues hold. */
class TcpBackPressureTestCase : public TestCase
{
  public:
    TcpBackPressureTestCase()
        : TestCase("100 MB are not queued at once")
    {
    }

  private:
    static constexpr uint32_t BUFFER = 1 << 20; //!< Send and receive buffer

    void DoRun() override
    {
        const auto transport = MakeTcp(MakeWan(2, "1Gbps", "1Gbps", MilliSeconds(2)));
        transport->SetAttribute("SndBufSize", UintegerValue(BUFFER));
        transport->SetAttribute("RcvBufSize", UintegerValue(BUFFER));
        Recorder recorder(transport);
        transport->Send(0, 1, 100'000'000);
        m_sample = [this, &transport, &recorder] {
            uint32_t buffered = 0;
            for (const auto& socket : GetSockets(transport->GetNodes().Get(0)))
            {
                buffered += socket->GetTxBuffer()->Size();
            }
            m_mostBuffered = std::max(m_mostBuffered, buffered);
            const auto device =
                DynamicCast<WanNetDevice>(transport->GetNodes().Get(0)->GetDevice(1));
            m_mostQueued = std::max(m_mostQueued, device->GetUpQueue()->GetNPackets());
            if (recorder.outcomes.empty())
            {
                Simulator::Schedule(MilliSeconds(1), m_sample);
            }
        };
        Simulator::ScheduleNow(m_sample);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "it arrives");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason, "", "whole");
        NS_TEST_EXPECT_MSG_GT(m_mostBuffered, BUFFER / 2, "the send buffer is used");
        NS_TEST_EXPECT_MSG_LT(m_mostBuffered, BUFFER + 1, "and not exceeded");
        NS_TEST_EXPECT_MSG_LT(m_mostQueued, BUFFER / 1448 + 2, "no more packets than it feeds");
        const double seconds = recorder.outcomes[0].nanosecond * 1e-9;
        NS_TEST_EXPECT_MSG_LT(seconds, 0.83 * 1.1, "at nine tenths of the rate or more");
        Simulator::Destroy();
    }

    std::function<void()> m_sample; //!< Looks at the buffers, again and again
    uint32_t m_mostBuffered{0};     //!< Most bytes in send buffers
    uint32_t m_mostQueued{0};       //!< Most packets in the queue of the uplink
};

/** Sizes and sequence numbers above 32 bits. */
class TcpLargeMessageTestCase : public TestCase
{
  public:
    TcpLargeMessageTestCase()
        : TestCase("a message of more than 4 GB")
    {
    }

  private:
    void DoRun() override
    {
        // Jumbo segments, to spend fewer events.
        WanHelper helper;
        helper.SetDeviceAttribute("Mtu", UintegerValue(65535));
        const auto transport = MakeTcp(MakeWan(2, "100Gbps", "100Gbps", MicroSeconds(10)), helper);
        transport->SetAttribute("SegmentSize", UintegerValue(65'000));
        Recorder recorder(transport);
        const uint64_t size = 4'400'000'000;
        transport->Send(0, 1, size);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 1, "it arrives");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason, "", "whole");
        NS_TEST_EXPECT_MSG_GT(recorder.outcomes[0].nanosecond, 352'000'000, "not before its time");
        NS_TEST_EXPECT_MSG_GT(transport->GetBytesReceived(1), size, "all bytes count");
        Simulator::Destroy();
    }
};

/** Nobody listens: refused within a round trip. The same transport still serves others. */
class TcpRefusedTestCase : public TestCase
{
  public:
    TcpRefusedTestCase()
        : TestCase("a refused connection")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport = CreateObject<TcpMessageTransport>();
        transport->SetNodes(
            WanHelper().CreateNodes(MakeWan(3, "10Mbps", "10Mbps", MilliSeconds(10))),
            // Node 1 is looked for at the address of node 2, which does not listen.
            [](uint32_t /* from */, uint32_t to) {
                return WanHelper::GetAddress(to == 1 ? 2 : to);
            });
        Recorder recorder(transport);
        transport->Send(0, 1, 1000);
        transport->Send(0, 1, 2000);
        transport->Send(1, 0, 1000);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 3, "all end");
        for (uint64_t i = 0; i < 2; ++i)
        {
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[i].id, i, "in the order of sending");
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[i].reason, "the connection was refused", "why");
            NS_TEST_EXPECT_MSG_LT(recorder.outcomes[i].nanosecond, 21'000'000, "in a round trip");
        }
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[2].reason, "", "others are served");
        // The canceled timers of the first SYNs end at 1 s; a second SYN would have one until 3 s.
        NS_TEST_EXPECT_MSG_LT(Simulator::Now(), Seconds(1.5), "no SYN is left behind");
        Simulator::Destroy();
    }
};

/** The sender's stack has no way to the receiver's address. */
class TcpNoRouteTestCase : public TestCase
{
  public:
    TcpNoRouteTestCase()
        : TestCase("no route to the receiver")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport = CreateObject<TcpMessageTransport>();
        transport->SetNodes(
            WanHelper().CreateNodes(MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(10))),
            [](uint32_t /* from */, uint32_t /* to */) { return Ipv4Address("192.0.2.1"); });
        Recorder recorder(transport);
        transport->Send(0, 1, 1000);
        transport->Send(0, 1, 1000);
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes.size(), 0, "callbacks do not run within Send()");
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both end");
        for (const auto& outcome : recorder.outcomes)
        {
            NS_TEST_EXPECT_MSG_EQ(outcome.reason, "there is no route to the receiver", "why");
            NS_TEST_EXPECT_MSG_EQ(outcome.nanosecond, 0, "at once");
        }
        Simulator::Destroy();
    }
};

/** The receiver is away: SYNs at 0, 100 and 300 ms, given up at 700 ms. It comes back. */
class TcpTimeoutTestCase : public TestCase
{
  public:
    TcpTimeoutTestCase()
        : TestCase("no answer to a connection attempt")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport = MakeTcp(MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(10)));
        transport->SetAttribute("ConnTimeout", TimeValue(MilliSeconds(100)));
        transport->SetAttribute("ConnCount", UintegerValue(3));
        Recorder recorder(transport);
        SetConnected(transport, 1, false);
        transport->Send(0, 1, 1000);
        Simulator::Schedule(Seconds(1), &SetConnected, transport, 1, true);
        Simulator::Schedule(Seconds(2), [&transport] { transport->Send(0, 1, 1000); });
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both end");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].nanosecond, 700'000'000, "after three SYNs");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason,
                              "the connection attempt timed out",
                              "why");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].reason, "", "a new connection is opened");
        Simulator::Destroy();
    }
};

/** The path breaks in the middle: what has not arrived fails, later messages arrive. */
class TcpBrokenPathTestCase : public TestCase
{
  public:
    TcpBrokenPathTestCase()
        : TestCase("a path that breaks")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport = MakeTcp(MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(10)));
        Recorder recorder(transport);
        transport->Send(0, 1, 10'000);
        transport->Send(0, 1, 10'000'000);
        transport->Send(0, 1, 10'000);
        Simulator::Schedule(Seconds(1), &SetConnected, transport, 1, false);
        Simulator::Schedule(Seconds(500), &SetConnected, transport, 1, true);
        Simulator::Schedule(Seconds(501), [&transport] { transport->Send(0, 1, 1000); });
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 4, "all end");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason, "", "arrived before");
        for (std::size_t i = 1; i <= 2; ++i)
        {
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[i].id, i, "in the order of sending");
            NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[i].reason,
                                  "retransmissions were not acknowledged",
                                  "why");
        }
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[3].reason, "", "a new connection is opened");
        Simulator::Destroy();
    }
};

/** The receiver closes its end. */
class TcpClosedTestCase : public TestCase
{
  public:
    TcpClosedTestCase()
        : TestCase("a connection that the receiver closes")
    {
    }

  private:
    void DoRun() override
    {
        const auto transport = MakeTcp(MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(10)));
        Recorder recorder(transport);
        transport->Send(0, 1, 10'000'000);
        Simulator::Schedule(Seconds(1), [&transport] {
            // The first socket is the one that listens.
            GetSockets(transport->GetNodes().Get(1)).at(1)->Close();
        });
        Simulator::Schedule(Seconds(20), [&transport] { transport->Send(0, 1, 1000); });
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(recorder.outcomes.size(), 2, "both end");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[0].reason,
                              "the connection was reset or closed by the receiver",
                              "why");
        NS_TEST_EXPECT_MSG_EQ(recorder.outcomes[1].reason, "", "a new connection is opened");
        Simulator::Destroy();
    }
};

/** What is impossible is refused with words. */
class TcpRefusalTestCase : public TestCase
{
  public:
    TcpRefusalTestCase()
        : TestCase("refusals")
    {
    }

  private:
    void DoRun() override
    {
        std::string text = AbortText([] {
            CreateObject<TcpMessageTransport>()->SetNodes(NodeContainer(1), [](uint32_t, uint32_t) {
                return Ipv4Address();
            });
        });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "node 0 has no IPv4 or no TCP"), true, text);
        text = AbortText([] { MakeTcp(MakeWan(2, "1Mbps", "1Mbps", Time(0)))->Send(0, 2, 1); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "got 0 to 2, allowed below 2"), true, text);
    }
};

/** The suite. */
class TcpMessageFailureTestSuite : public TestSuite
{
  public:
    TcpMessageFailureTestSuite()
        : TestSuite("murmuration-tcp-limits")
    {
        AddTestCase(new TcpBackPressureTestCase);
        AddTestCase(new TcpLargeMessageTestCase);
        AddTestCase(new TcpRefusedTestCase);
        AddTestCase(new TcpNoRouteTestCase);
        AddTestCase(new TcpTimeoutTestCase);
        AddTestCase(new TcpBrokenPathTestCase);
        AddTestCase(new TcpClosedTestCase);
        AddTestCase(new TcpRefusalTestCase);
    }
};

TcpMessageFailureTestSuite g_tcpMessageFailureTestSuite; //!< Registers the suite

} // namespace
