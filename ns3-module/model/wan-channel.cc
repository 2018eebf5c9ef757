/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "wan-channel.h"

#include "ns3/log.h"

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
    Deliver(to, delay + m_underlay->GetCoreLatency(from, to), packet);
}

} // namespace murmuration
} // namespace ns3
