/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "core-channel.h"

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

NS_LOG_COMPONENT_DEFINE("MurmurationCoreChannel");
NS_OBJECT_ENSURE_REGISTERED(CoreChannel);

TypeId
CoreChannel::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::CoreChannel").SetParent<Channel>().SetGroupName("Murmuration");
    return tid;
}

CoreChannel::CoreChannel()
{
    NS_LOG_FUNCTION(this);
}

CoreChannel::~CoreChannel()
{
    NS_LOG_FUNCTION(this);
}

void
CoreChannel::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_devices.clear();
    Channel::DoDispose();
}

uint32_t
CoreChannel::Add(Ptr<WanNetDevice> device)
{
    NS_ABORT_MSG_IF(!GetUnderlay(), "CoreChannel::Add: no underlay; call SetUnderlay() first");
    NS_ABORT_MSG_IF(m_devices.size() >= GetUnderlay()->GetNNodes(),
                    "CoreChannel::Add: more devices than nodes of the underlay, allowed "
                        << GetUnderlay()->GetNNodes());
    m_devices.push_back(device);
    return static_cast<uint32_t>(m_devices.size() - 1);
}

bool
CoreChannel::Carry(uint32_t from, Ptr<Packet> packet, Time delay)
{
    const uint32_t to = Find(PeekAddresses(*packet).destination);
    if (to >= m_devices.size())
    {
        return false;
    }
    DoCarry(from, to, packet, delay);
    return true;
}

void
CoreChannel::Deliver(uint32_t to, Time delay, Ptr<Packet> packet)
{
    const Ptr<WanNetDevice>& receiver = GetReceiver(to);
    Simulator::ScheduleWithContext(receiver->GetNode()->GetId(),
                                   delay,
                                   &WanNetDevice::Receive,
                                   receiver,
                                   packet);
}

CoreChannel::Addresses
CoreChannel::PeekAddresses(const Packet& packet)
{
    // The last fields of the fixed part of the header. Parsing all of it costs three times as much.
    std::array<uint8_t, 20> header{};
    packet.CopyData(header.data(), header.size());
    return {Ipv4Address::Deserialize(&header[12]), Ipv4Address::Deserialize(&header[16])};
}

uint32_t
CoreChannel::Find(Ipv4Address address)
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
CoreChannel::LearnAddresses()
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

const Ptr<WanNetDevice>&
CoreChannel::GetReceiver(uint32_t node) const
{
    return m_devices[node];
}

std::size_t
CoreChannel::GetNDevices() const
{
    return m_devices.size();
}

Ptr<NetDevice>
CoreChannel::GetDevice(std::size_t i) const
{
    return m_devices.at(i);
}

} // namespace murmuration
} // namespace ns3
