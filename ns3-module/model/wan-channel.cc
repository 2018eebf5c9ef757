/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "wan-channel.h"

#include "wan-net-device.h"

#include "ns3/abort.h"
#include "ns3/ipv4.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <array>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationWanChannel");
NS_OBJECT_ENSURE_REGISTERED(WanChannel);

namespace
{

/**
 * Read the destination of a packet.
 * @param packet the packet; it begins with an IPv4 header
 * @return the address
 */
Ipv4Address
PeekDestination(const Packet& packet)
{
    // The last field of the fixed part of the header. Parsing all of it costs three times as much.
    std::array<uint8_t, 20> header{};
    packet.CopyData(header.data(), header.size());
    return Ipv4Address::Deserialize(&header[16]);
}

} // namespace

TypeId
WanChannel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::WanChannel")
                            .SetParent<Channel>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<WanChannel>();
    return tid;
}

WanChannel::WanChannel()
{
    NS_LOG_FUNCTION(this);
}

WanChannel::~WanChannel()
{
    NS_LOG_FUNCTION(this);
}

void
WanChannel::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_underlay = nullptr;
    m_devices.clear();
    Channel::DoDispose();
}

void
WanChannel::SetUnderlay(Ptr<WanUnderlay> underlay)
{
    m_underlay = underlay;
}

Ptr<WanUnderlay>
WanChannel::GetUnderlay() const
{
    return m_underlay;
}

uint32_t
WanChannel::Add(Ptr<WanNetDevice> device)
{
    NS_ABORT_MSG_IF(!m_underlay, "WanChannel::Add: no underlay; call SetUnderlay() first");
    NS_ABORT_MSG_IF(m_devices.size() >= m_underlay->GetNNodes(),
                    "WanChannel::Add: more devices than nodes of the underlay, allowed "
                        << m_underlay->GetNNodes());
    m_devices.push_back(device);
    return static_cast<uint32_t>(m_devices.size() - 1);
}

bool
WanChannel::Carry(uint32_t from, Ptr<Packet> packet)
{
    const uint32_t to = Find(PeekDestination(*packet));
    if (to >= m_devices.size())
    {
        return false;
    }
    const Ptr<WanNetDevice>& receiver = m_devices[to];
    Simulator::ScheduleWithContext(receiver->GetNode()->GetId(),
                                   m_underlay->GetLatency(from, to),
                                   &WanNetDevice::Receive,
                                   receiver,
                                   packet);
    return true;
}

uint32_t
WanChannel::Find(Ipv4Address address)
{
    auto found = m_addresses.find(address.Get());
    if (found == m_addresses.end())
    {
        LearnAddresses();
        found = m_addresses.find(address.Get());
    }
    return found == m_addresses.end() ? static_cast<uint32_t>(m_devices.size()) : found->second;
}

void
WanChannel::LearnAddresses()
{
    NS_LOG_FUNCTION(this);
    m_addresses.clear();
    for (uint32_t index = 0; index < m_devices.size(); ++index)
    {
        const Ptr<Ipv4> ipv4 = m_devices[index]->GetNode()->GetObject<Ipv4>();
        const int32_t interface = ipv4 ? ipv4->GetInterfaceForDevice(m_devices[index]) : -1;
        if (interface < 0)
        {
            continue;
        }
        for (uint32_t i = 0; i < ipv4->GetNAddresses(interface); ++i)
        {
            m_addresses[ipv4->GetAddress(interface, i).GetLocal().Get()] = index;
        }
    }
}

std::size_t
WanChannel::GetNDevices() const
{
    return m_devices.size();
}

Ptr<NetDevice>
WanChannel::GetDevice(std::size_t i) const
{
    return m_devices.at(i);
}

} // namespace murmuration
} // namespace ns3
