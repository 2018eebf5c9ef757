/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "wan-channel.h"

#include "node-pair.h"
#include "wan-net-device.h"

#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationWanChannel");
NS_OBJECT_ENSURE_REGISTERED(WanChannel);

TypeId
WanChannel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::WanChannel")
                            .SetParent<CoreChannel>()
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
    CoreChannel::DoDispose();
}

void
WanChannel::SetUnderlay(Ptr<WanUnderlay> underlay)
{
    NS_LOG_FUNCTION(this << underlay);
    m_underlay = underlay;
}

Ptr<Underlay>
WanChannel::GetUnderlay() const
{
    return m_underlay;
}

uint32_t
WanChannel::GetUplink(uint32_t node) const
{
    return WanUnderlay::GetUplink(node);
}

uint32_t
WanChannel::GetDownlink(uint32_t node) const
{
    return WanUnderlay::GetDownlink(node);
}

void
WanChannel::DoCarry(uint32_t from, uint32_t to, Ptr<Packet> packet, Time delay)
{
    UnderWay& line = m_underWay[NodePairKey(from, to)];
    const Time arrival = Simulator::Now() + delay + m_underlay->GetCoreLatency(from, to);
    line.push({line.empty() ? arrival : std::max(arrival, line.back().arrival), packet});
    if (line.size() == 1)
    {
        ScheduleFirst(to, line);
    }
}

void
WanChannel::ScheduleFirst(uint32_t to, UnderWay& line)
{
    Simulator::ScheduleWithContext(GetReceiver(to)->GetNode()->GetId(),
                                   line.front().arrival - Simulator::Now(),
                                   &WanChannel::ArriveFirst,
                                   Ptr<WanChannel>(this),
                                   to,
                                   &line);
}

void
WanChannel::ArriveFirst(uint32_t to, UnderWay* line)
{
    const Ptr<Packet> packet = line->front().packet;
    line->pop();
    if (!line->empty())
    {
        ScheduleFirst(to, *line);
    }
    GetReceiver(to)->Receive(packet);
}

} // namespace murmuration
} // namespace ns3
