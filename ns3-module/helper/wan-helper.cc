/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "wan-helper.h"

#include "ipv4-nodes.h"

#include "ns3/abort.h"
#include "ns3/disc-queue.h"
#include "ns3/log.h"
#include "ns3/net-device-queue-interface.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationWanHelper");

namespace
{

/** The subnet of all nodes, and its mask. */
constexpr uint32_t SUBNET = 10U << 24;
constexpr uint32_t SUBNET_MASK = 0xff000000;

/**
 * Make the queue of an access link.
 * @param factory makes it, if the user has set it
 * @param channel what the link leads to
 * @param link the link; there may be none
 * @return the queue
 */
Ptr<Queue<Packet>>
CreateQueue(const ObjectFactory& factory, const CoreChannel& channel, uint32_t link)
{
    if (factory.IsTypeIdSet())
    {
        return factory.Create<Queue<Packet>>();
    }
    if (link == CoreChannel::NO_LINK)
    {
        return DiscQueue::CreateFor({}, DataRate());
    }
    const Ptr<Underlay> underlay = channel.GetUnderlay();
    return DiscQueue::CreateFor(underlay->GetQueue(link), underlay->GetLink(link).rate);
}

/**
 * Make nodes with IPv4 stacks, devices and addresses.
 * @param helper makes the devices
 * @param underlay what it makes them from
 * @return the nodes, in the order of the underlay
 */
template <typename U>
NodeContainer
CreateAddressedNodes(const WanHelper& helper, Ptr<U> underlay)
{
    const NodeContainer nodes = CreateIpv4Nodes(underlay->GetNNodes());
    const NetDeviceContainer devices = helper.Install(nodes, underlay);
    for (uint32_t index = 0; index < devices.GetN(); ++index)
    {
        AssignIpv4Address(devices.Get(index), WanHelper::GetAddress(index), Ipv4Mask(SUBNET_MASK));
    }
    return nodes;
}

} // namespace

WanHelper::WanHelper()
{
    m_deviceFactory.SetTypeId("ns3::murmuration::WanNetDevice");
    SetCoreQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize("1000p")));
}

void
WanHelper::SetDeviceAttribute(const std::string& name, const AttributeValue& value)
{
    m_deviceFactory.Set(name, value);
}

void
WanHelper::EnableFlowControl()
{
    m_flowControl = true;
}

NetDeviceContainer
WanHelper::Install(const NodeContainer& nodes, Ptr<WanUnderlay> underlay) const
{
    const auto channel = CreateObject<WanChannel>();
    channel->SetUnderlay(underlay);
    return Attach(nodes, channel);
}

NetDeviceContainer
WanHelper::Install(const NodeContainer& nodes, Ptr<RoutedUnderlay> underlay) const
{
    const auto channel = CreateObject<RoutedChannel>();
    channel->SetUnderlay(underlay, [this] { return m_coreQueueFactory.Create<Queue<Packet>>(); });
    return Attach(nodes, channel);
}

NetDeviceContainer
WanHelper::Attach(const NodeContainer& nodes, Ptr<CoreChannel> channel) const
{
    NS_LOG_FUNCTION(this << nodes.GetN());
    NS_ABORT_MSG_IF(nodes.GetN() != channel->GetUnderlay()->GetNNodes(),
                    "WanHelper::Install: the nodes are not those of the underlay, got "
                        << nodes.GetN() << ", allowed " << channel->GetUnderlay()->GetNNodes());
    NetDeviceContainer devices;
    for (uint32_t index = 0; index < nodes.GetN(); ++index)
    {
        const auto device = m_deviceFactory.Create<WanNetDevice>();
        device->SetAddress(Mac48Address::Allocate());
        device->SetUpQueue(CreateQueue(m_upQueueFactory, *channel, channel->GetUplink(index)));
        device->SetDownQueue(
            CreateQueue(m_downQueueFactory, *channel, channel->GetDownlink(index)));
        nodes.Get(index)->AddDevice(device);
        device->Attach(channel);
        if (m_flowControl)
        {
            const auto flowControl = CreateObject<NetDeviceQueueInterface>();
            flowControl->GetTxQueue(0)->ConnectQueueTraces(device->GetUpQueue());
            device->AggregateObject(flowControl);
        }
        devices.Add(device);
    }
    return devices;
}

NodeContainer
WanHelper::CreateNodes(Ptr<WanUnderlay> underlay) const
{
    return CreateAddressedNodes(*this, underlay);
}

NodeContainer
WanHelper::CreateNodes(Ptr<RoutedUnderlay> underlay) const
{
    return CreateAddressedNodes(*this, underlay);
}

Ipv4Address
WanHelper::GetAddress(uint32_t node)
{
    return Ipv4Address(SUBNET + node + 1);
}

void
WanHelper::EnablePcapInternal(std::string prefix,
                              Ptr<NetDevice> nd,
                              bool /* promiscuous */,
                              bool explicitFilename)
{
    const auto device = DynamicCast<WanNetDevice>(nd);
    if (!device)
    {
        NS_LOG_INFO("Device " << nd << " is not a WanNetDevice");
        return;
    }
    PcapHelper pcap;
    const std::string name = explicitFilename ? prefix : pcap.GetFilenameFromDevice(prefix, device);
    const Ptr<PcapFileWrapper> file = pcap.CreateFile(name, std::ios::out, PcapHelper::DLT_RAW);
    pcap.HookDefaultSink<WanNetDevice>(device, "Sniffer", file);
}

} // namespace murmuration
} // namespace ns3
