/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "wan-net-device.h"

#include "core-channel.h"

#include "ns3/abort.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/trace-source-accessor.h"
#include "ns3/uinteger.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationWanNetDevice");
NS_OBJECT_ENSURE_REGISTERED(WanNetDevice);

TypeId
WanNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::WanNetDevice")
            .SetParent<NetDevice>()
            .SetGroupName("Murmuration")
            .AddConstructor<WanNetDevice>()
            .AddAttribute("Mtu",
                          "The largest IPv4 packet, in bytes.",
                          UintegerValue(1500),
                          MakeUintegerAccessor(&WanNetDevice::m_mtu),
                          MakeUintegerChecker<uint16_t>())
            .AddAttribute("Address",
                          "A name for the device; no packet carries it.",
                          Mac48AddressValue(Mac48Address("ff:ff:ff:ff:ff:ff")),
                          MakeMac48AddressAccessor(&WanNetDevice::m_address),
                          MakeMac48AddressChecker())
            .AddAttribute("UpQueue",
                          "Packets that wait for the uplink.",
                          PointerValue(),
                          MakePointerAccessor(&WanNetDevice::SetUpQueue, &WanNetDevice::GetUpQueue),
                          MakePointerChecker<Queue<Packet>>())
            .AddAttribute(
                "DownQueue",
                "Packets that wait for the downlink, at the far end of the access link.",
                PointerValue(),
                MakePointerAccessor(&WanNetDevice::SetDownQueue, &WanNetDevice::GetDownQueue),
                MakePointerChecker<Queue<Packet>>())
            .AddAttribute("ReceiveErrorModel",
                          "Loses packets as they arrive at the downlink.",
                          PointerValue(),
                          MakePointerAccessor(&WanNetDevice::m_receiveErrorModel),
                          MakePointerChecker<ErrorModel>())

            // The top of the device, towards the stack
            .AddTraceSource("MacTx",
                            "A packet has come down the stack.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_macTxTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("MacTxDrop",
                            "A packet was not taken: no channel, not IPv4, or UpQueue full.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_macTxDropTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("MacPromiscRx",
                            "A packet goes up to promiscuous listeners.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_macPromiscRxTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("MacRx",
                            "A packet goes up the stack.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_macRxTrace),
                            "ns3::Packet::TracedCallback")

            // The bottom of the device, towards the channel
            .AddTraceSource("PhyTxBegin",
                            "A packet starts on the uplink.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_phyTxBeginTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyTxEnd",
                            "The last bit of a packet has left the uplink.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_phyTxEndTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyTxDrop",
                            "A packet has left the uplink, but was lost there or no device has its "
                            "destination.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_phyTxDropTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyRxBegin",
                            "A packet starts on the downlink.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_phyRxBeginTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyRxEnd",
                            "The last bit of a packet has arrived over the downlink.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_phyRxEndTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "PhyRxDrop",
                "A packet was lost: by ReceiveErrorModel, DownQueue full, or on the downlink.",
                MakeTraceSourceAccessor(&WanNetDevice::m_phyRxDropTrace),
                "ns3::Packet::TracedCallback")

            // What a packet sniffer on the node would see
            .AddTraceSource("Sniffer",
                            "A packet starts on the uplink or has left the downlink.",
                            MakeTraceSourceAccessor(&WanNetDevice::m_snifferTrace),
                            "ns3::Packet::TracedCallback");
    return tid;
}

WanNetDevice::Uplink::Uplink(WanNetDevice* device)
    : m_device(device)
{
}

WanNetDevice::Downlink::Downlink(WanNetDevice* device)
    : m_device(device)
{
}

WanNetDevice::WanNetDevice()
    : m_up(this),
      m_down(this)
{
    NS_LOG_FUNCTION(this);
}

WanNetDevice::~WanNetDevice() = default;

void
WanNetDevice::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_node = nullptr;
    m_channel = nullptr;
    m_receiveErrorModel = nullptr;
    m_up.Dispose();
    m_down.Dispose();
    NetDevice::DoDispose();
}

void
WanNetDevice::Attach(Ptr<CoreChannel> channel)
{
    NS_LOG_FUNCTION(this << channel);
    NS_ABORT_MSG_IF(!GetUpQueue() || !GetDownQueue(),
                    "WanNetDevice::Attach: no queue; set UpQueue and DownQueue first");
    m_index = channel->Add(this);
    m_channel = channel;
    if (const uint32_t up = channel->GetUplink(m_index); up != CoreChannel::NO_LINK)
    {
        m_up.SetUnderlayLink(channel->GetUnderlay(), up);
    }
    if (const uint32_t down = channel->GetDownlink(m_index); down != CoreChannel::NO_LINK)
    {
        m_down.SetUnderlayLink(channel->GetUnderlay(), down);
    }
    m_linkChangeTrace();
}

bool
WanNetDevice::Send(Ptr<Packet> packet, const Address& dest, uint16_t protocolNumber)
{
    NS_LOG_FUNCTION(this << packet << dest << protocolNumber);
    if (!m_channel || protocolNumber != Ipv4L3Protocol::PROT_NUMBER)
    {
        m_macTxDropTrace(packet);
        return false;
    }
    m_macTxTrace(packet);
    if (!m_up.Enqueue(packet))
    {
        m_macTxDropTrace(packet);
        return false;
    }
    return true;
}

void
WanNetDevice::Uplink::Begin(const Ptr<Packet>& packet)
{
    m_device->m_snifferTrace(packet);
    m_device->m_phyTxBeginTrace(packet);
}

void
WanNetDevice::Uplink::End(const Ptr<Packet>& packet, Time delay)
{
    m_device->m_phyTxEndTrace(packet);
    if (!m_device->m_channel->Carry(m_device->m_index, packet, delay))
    {
        m_device->m_phyTxDropTrace(packet);
    }
}

void
WanNetDevice::Uplink::Lose(const Ptr<Packet>& packet)
{
    m_device->m_phyTxEndTrace(packet);
    m_device->m_phyTxDropTrace(packet);
}

void
WanNetDevice::Receive(Ptr<Packet> packet)
{
    NS_LOG_FUNCTION(this << packet);
    const bool lost = m_receiveErrorModel && m_receiveErrorModel->IsCorrupt(packet);
    if (lost || !m_down.Enqueue(packet))
    {
        m_phyRxDropTrace(packet);
    }
}

void
WanNetDevice::Downlink::Begin(const Ptr<Packet>& packet)
{
    m_device->m_phyRxBeginTrace(packet);
}

void
WanNetDevice::Downlink::End(const Ptr<Packet>& packet, Time delay)
{
    if (delay.IsZero())
    {
        m_device->Arrive(packet);
        return;
    }
    Simulator::Schedule(delay, &WanNetDevice::Arrive, Ptr<WanNetDevice>(m_device), packet);
}

void
WanNetDevice::Downlink::Lose(const Ptr<Packet>& packet)
{
    m_device->m_phyRxDropTrace(packet);
}

void
WanNetDevice::Arrive(Ptr<Packet> packet)
{
    m_snifferTrace(packet);
    m_phyRxEndTrace(packet);
    PassUp(packet);
}

void
WanNetDevice::PassUp(const Ptr<Packet>& packet)
{
    NS_LOG_FUNCTION(this << packet);
    if (!m_promiscCallback.IsNull())
    {
        m_macPromiscRxTrace(packet);
        m_promiscCallback(this,
                          packet,
                          Ipv4L3Protocol::PROT_NUMBER,
                          GetBroadcast(),
                          m_address,
                          NetDevice::PACKET_HOST);
    }
    m_macRxTrace(packet);
    m_rxCallback(this, packet, Ipv4L3Protocol::PROT_NUMBER, GetBroadcast());
}

void
WanNetDevice::SetUpRate(DataRate rate)
{
    SetRate(m_channel->GetUplink(m_index), rate);
}

void
WanNetDevice::SetDownRate(DataRate rate)
{
    SetRate(m_channel->GetDownlink(m_index), rate);
}

void
WanNetDevice::SetRate(uint32_t link, DataRate rate)
{
    Underlay::Link state = m_channel->GetUnderlay()->GetLink(link);
    state.rate = rate;
    m_channel->GetUnderlay()->SetLink(link, state);
}

void
WanNetDevice::SetUpQueue(Ptr<Queue<Packet>> queue)
{
    m_up.SetQueue(queue);
}

Ptr<Queue<Packet>>
WanNetDevice::GetUpQueue() const
{
    return m_up.GetQueue();
}

void
WanNetDevice::SetDownQueue(Ptr<Queue<Packet>> queue)
{
    m_down.SetQueue(queue);
}

Ptr<Queue<Packet>>
WanNetDevice::GetDownQueue() const
{
    return m_down.GetQueue();
}

void
WanNetDevice::SetIfIndex(const uint32_t index)
{
    m_ifIndex = index;
}

uint32_t
WanNetDevice::GetIfIndex() const
{
    return m_ifIndex;
}

Ptr<Channel>
WanNetDevice::GetChannel() const
{
    return m_channel;
}

void
WanNetDevice::SetAddress(Address address)
{
    m_address = Mac48Address::ConvertFrom(address);
}

Address
WanNetDevice::GetAddress() const
{
    return m_address;
}

bool
WanNetDevice::SetMtu(const uint16_t mtu)
{
    m_mtu = mtu;
    return true;
}

uint16_t
WanNetDevice::GetMtu() const
{
    return m_mtu;
}

bool
WanNetDevice::IsLinkUp() const
{
    return static_cast<bool>(m_channel);
}

void
WanNetDevice::AddLinkChangeCallback(Callback<void> callback)
{
    m_linkChangeTrace.ConnectWithoutContext(callback);
}

bool
WanNetDevice::IsBroadcast() const
{
    return false;
}

Address
WanNetDevice::GetBroadcast() const
{
    return Mac48Address::GetBroadcast();
}

bool
WanNetDevice::IsMulticast() const
{
    return false;
}

Address
WanNetDevice::GetMulticast(Ipv4Address multicastGroup) const
{
    return Mac48Address::GetMulticast(multicastGroup);
}

Address
WanNetDevice::GetMulticast(Ipv6Address addr) const
{
    return Mac48Address::GetMulticast(addr);
}

bool
WanNetDevice::IsBridge() const
{
    return false;
}

bool
WanNetDevice::IsPointToPoint() const
{
    return false;
}

bool
WanNetDevice::SendFrom(Ptr<Packet> packet,
                       const Address& /* source */,
                       const Address& /* dest */,
                       uint16_t /* protocolNumber */)
{
    m_macTxDropTrace(packet);
    return false;
}

Ptr<Node>
WanNetDevice::GetNode() const
{
    return m_node;
}

void
WanNetDevice::SetNode(Ptr<Node> node)
{
    m_node = node;
}

bool
WanNetDevice::NeedsArp() const
{
    return false;
}

void
WanNetDevice::SetReceiveCallback(NetDevice::ReceiveCallback cb)
{
    m_rxCallback = cb;
}

void
WanNetDevice::SetPromiscReceiveCallback(NetDevice::PromiscReceiveCallback cb)
{
    m_promiscCallback = cb;
}

bool
WanNetDevice::SupportsSendFrom() const
{
    return false;
}

} // namespace murmuration
} // namespace ns3
