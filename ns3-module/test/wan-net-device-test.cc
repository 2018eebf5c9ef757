/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/boolean.h"
#include "ns3/error-model.h"
#include "ns3/ipv4-header.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/traffic-control-helper.h"
#include "ns3/wan-helper.h"

#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;

namespace
{

/** The devices of a wide-area network, without sockets: packets go in, times come out. */
class WanFixture
{
  public:
    /**
     * @brief Build the network.
     * @param wan the underlay
     * @param helper makes the devices
     */
    explicit WanFixture(Ptr<WanUnderlay> wan, const WanHelper& helper = WanHelper())
        : m_nodes(helper.CreateNodes(wan))
    {
        for (uint32_t node = 0; node < m_nodes.GetN(); ++node)
        {
            Trace(node, "MacRx", &received);
            Trace(node, "MacTxDrop", &sendDrops);
            Trace(node, "PhyTxDrop", &coreDrops);
            Trace(node, "PhyRxDrop", &arrivalDrops);
        }
    }

    ~WanFixture()
    {
        Simulator::Destroy();
    }

    /**
     * @brief One device.
     * @param node its node
     * @return the device
     */
    Ptr<WanNetDevice> GetDevice(uint32_t node) const
    {
        return DynamicCast<WanNetDevice>(m_nodes.Get(node)->GetDevice(1));
    }

    /**
     * @brief Send a packet.
     * @param from the sending node
     * @param to its destination
     * @param sizeBytes its size with the IPv4 header
     * @return what the device says
     */
    bool Send(uint32_t from, Ipv4Address to, uint32_t sizeBytes) const
    {
        Ipv4Header header;
        header.SetDestination(to);
        header.SetPayloadSize(static_cast<uint16_t>(sizeBytes - header.GetSerializedSize()));
        const Ptr<Packet> packet = Create<Packet>(sizeBytes - header.GetSerializedSize());
        packet->AddHeader(header);
        return GetDevice(from)->Send(packet, Address(), Ipv4L3Protocol::PROT_NUMBER);
    }

    std::vector<int64_t> received;     //!< Times of MacRx, in ns
    std::vector<int64_t> sendDrops;    //!< Times of MacTxDrop, in ns
    std::vector<int64_t> coreDrops;    //!< Times of PhyTxDrop, in ns
    std::vector<int64_t> arrivalDrops; //!< Times of PhyRxDrop, in ns

  private:
    /**
     * @brief Write down when a trace fires.
     * @param node the node of the device
     * @param source the trace source
     * @param times where to write
     */
    void Trace(uint32_t node, const std::string& source, std::vector<int64_t>* times)
    {
        GetDevice(node)->TraceConnectWithoutContext(
            source,
            Callback<void, Ptr<const Packet>>([times](Ptr<const Packet> /* packet */) {
                times->push_back(Simulator::Now().GetNanoSeconds());
            }));
    }

    NodeContainer m_nodes; //!< The nodes
};

/** Arrival = size / up rate + latency + size / down rate, and a queue in front of each. */
class WanTimeTestCase : public TestCase
{
  public:
    WanTimeTestCase()
        : TestCase("packets take exact times")
    {
    }

  private:
    void DoRun() override
    {
        WanFixture net(MakeWan(3, "10Mbps", "4Mbps", MilliSeconds(20)));
        // 1000 bytes: 0.8 ms up, 2 ms down.
        net.Send(0, WanHelper::GetAddress(2), 1000);
        // Behind it, 500 bytes: 0.4 ms up, 1 ms down; the downlink is busy until 22.8 ms.
        net.Send(0, WanHelper::GetAddress(2), 500);
        // From elsewhere, to the same downlink: it arrives there at 20.08 ms, ahead of both.
        net.Send(1, WanHelper::GetAddress(2), 100);
        const uint64_t before = Simulator::GetEventCount();
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(net.received.size(), 3, "all arrive");
        NS_TEST_EXPECT_MSG_EQ(net.received[0], 20'280'000, "100 bytes");
        NS_TEST_EXPECT_MSG_EQ(net.received[1], 22'800'000, "1000 bytes");
        NS_TEST_EXPECT_MSG_EQ(net.received[2], 23'800'000, "500 bytes behind them");
        // Three events each, and one Node::Initialize and one Device::Initialize a node.
        // ns-3 from 3.38 on counts the last one as well.
        NS_TEST_EXPECT_MSG_LT_OR_EQ(Simulator::GetEventCount() - before,
                                    3 * 3 + 3 * 3 + 1,
                                    "few events");
    }
};

/** A full queue drops: the uplink's at the sender, the downlink's on arrival. */
class WanDropTestCase : public TestCase
{
  public:
    WanDropTestCase()
        : TestCase("full queues and lost packets")
    {
    }

  private:
    void DoRun() override
    {
        WanHelper helper;
        helper.SetUpQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize("4p")));
        helper.SetDownQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize("2p")));
        {
            WanFixture net(MakeWan(2, "10Mbps", "1Mbps", Time(0)), helper);
            int taken = 0;
            for (int i = 0; i < 7; ++i)
            {
                taken += net.Send(0, WanHelper::GetAddress(1), 1250) ? 1 : 0;
            }
            Simulator::Run();
            NS_TEST_EXPECT_MSG_EQ(taken, 5, "one on the wire and four in the queue");
            NS_TEST_EXPECT_MSG_EQ(net.sendDrops.size(), 2, "the others are dropped");
            // They arrive every 1 ms and leave every 10 ms: one on the wire, two in the queue.
            NS_TEST_EXPECT_MSG_EQ(net.arrivalDrops.size(), 2, "two find the downlink queue full");
            NS_TEST_ASSERT_MSG_EQ(net.received.size(), 3, "three arrive");
            NS_TEST_EXPECT_MSG_EQ(net.received[2], 31'000'000, "the last of them");
        }
        const auto errors = CreateObject<ReceiveListErrorModel>();
        errors->SetList({1});
        helper.SetDeviceAttribute("ReceiveErrorModel", PointerValue(errors));
        WanFixture net(MakeWan(2, "10Mbps", "10Mbps", Time(0)), helper);
        net.Send(0, WanHelper::GetAddress(1), 1250);
        net.Send(0, WanHelper::GetAddress(1), 1250);
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(net.arrivalDrops.size(), 1, "the error model takes the second");
        NS_TEST_EXPECT_MSG_EQ(net.received.size(), 1, "the first arrives");
    }
};

/** A new rate holds from the next packet on. */
class WanRateTestCase : public TestCase
{
  public:
    WanRateTestCase()
        : TestCase("rates change at run time")
    {
    }

  private:
    void DoRun() override
    {
        WanFixture net(MakeWan(2, "1Mbps", "100Mbps", Time(0)));
        net.Send(0, WanHelper::GetAddress(1), 1250);
        net.Send(0, WanHelper::GetAddress(1), 1250);
        Simulator::Schedule(MilliSeconds(5),
                            &WanNetDevice::SetUpRate,
                            net.GetDevice(0),
                            DataRate("10Mbps"));
        Simulator::Schedule(MilliSeconds(5),
                            &WanNetDevice::SetDownRate,
                            net.GetDevice(1),
                            DataRate("5Mbps"));
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(net.received.size(), 2, "both arrive");
        // The first keeps 1 Mbps up (10 ms), then takes 2 ms down; the second takes 1 ms up.
        NS_TEST_EXPECT_MSG_EQ(net.received[0], 12'000'000, "the first");
        NS_TEST_EXPECT_MSG_EQ(net.received[1], 14'000'000, "the second");
    }
};

/** What the network cannot carry is dropped where that is known. */
class WanUnroutableTestCase : public TestCase
{
  public:
    WanUnroutableTestCase()
        : TestCase("unknown destinations and protocols")
    {
    }

  private:
    void DoRun() override
    {
        WanFixture net(MakeWan(2, "10Mbps", "10Mbps", Time(0)));
        net.Send(0, Ipv4Address("10.1.2.3"), 1250);
        const bool taken = net.GetDevice(0)->Send(Create<Packet>(100), Address(), 0x86dd);
        NS_TEST_EXPECT_MSG_EQ(taken, false, "IPv6");
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(net.sendDrops.size(), 1, "IPv6 is dropped at once");
        NS_TEST_ASSERT_MSG_EQ(net.coreDrops.size(), 1, "an unknown address after the uplink");
        NS_TEST_EXPECT_MSG_EQ(net.coreDrops[0], 1'000'000, "which it has taken");

        const auto wan = MakeWan(1, "1Mbps", "1Mbps", Time(0));
        const std::string text = AbortText([&wan] {
            NodeContainer nodes(2);
            WanHelper().Install(nodes, wan);
        });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "not those of the underlay, got 2, allowed 1"),
                              true,
                              text);
    }
};

/** With flow control, a queue disc holds what does not fit into the uplink's queue. */
class WanFlowControlTestCase : public TestCase
{
  public:
    WanFlowControlTestCase()
        : TestCase("queue disc over the uplink")
    {
    }

  private:
    void DoRun() override
    {
        WanHelper helper;
        helper.SetUpQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize("2p")));
        helper.EnableFlowControl();
        WanFixture net(MakeWan(2, "10Mbps", "10Mbps", Time(0)), helper);
        TrafficControlHelper discs;
        discs.SetRootQueueDisc("ns3::FqCoDelQueueDisc");
        discs.Install(net.GetDevice(0));
        const Ptr<Ipv4L3Protocol> ipv4 = net.GetDevice(0)->GetNode()->GetObject<Ipv4L3Protocol>();
        Simulator::ScheduleNow([&ipv4] {
            for (int i = 0; i < 20; ++i)
            {
                ipv4->Send(Create<Packet>(1230),
                           WanHelper::GetAddress(0),
                           WanHelper::GetAddress(1),
                           253,
                           nullptr);
            }
        });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(net.received.size(), 20, "none is dropped");
        NS_TEST_EXPECT_MSG_EQ(net.sendDrops.size(), 0, "the device is never overrun");
    }
};

/** The suite. */
class WanNetDeviceTestSuite : public TestSuite
{
  public:
    WanNetDeviceTestSuite()
        : TestSuite("murmuration-wan")
    {
        AddTestCase(new WanTimeTestCase);
        AddTestCase(new WanDropTestCase);
        AddTestCase(new WanRateTestCase);
        AddTestCase(new WanUnroutableTestCase);
        AddTestCase(new WanFlowControlTestCase);
    }
};

WanNetDeviceTestSuite g_wanNetDeviceTestSuite; //!< Registers the suite

} // namespace
