/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "wan-underlay.h"

#include "ns3/abort.h"
#include "ns3/pointer.h"

namespace ns3
{
namespace murmuration
{

NS_OBJECT_ENSURE_REGISTERED(WanUnderlay);

TypeId
WanUnderlay::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::WanUnderlay")
                            .SetParent<Underlay>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<WanUnderlay>()
                            .AddAttribute("LatencyModel",
                                          "One-way delays between the nodes. Must be set.",
                                          PointerValue(),
                                          MakePointerAccessor(&WanUnderlay::m_latency),
                                          MakePointerChecker<LatencyModel>());
    return tid;
}

void
WanUnderlay::DoDispose()
{
    m_latency = nullptr;
    Underlay::DoDispose();
}

uint32_t
WanUnderlay::AddNode(DataRate up, DataRate down)
{
    const uint32_t node = GetNNodes();
    m_rates.resize(m_rates.size() + 2);
    SetUpRate(node, up);
    SetDownRate(node, down);
    return node;
}

void
WanUnderlay::SetLatencyModel(Ptr<LatencyModel> model)
{
    m_latency = model;
}

void
WanUnderlay::SetUpRate(uint32_t node, DataRate rate)
{
    SetLinkRate(2 * node, rate);
}

void
WanUnderlay::SetDownRate(uint32_t node, DataRate rate)
{
    SetLinkRate(2 * node + 1, rate);
}

void
WanUnderlay::SetLinkRate(uint32_t link, DataRate rate)
{
    NS_ABORT_MSG_IF(link >= m_rates.size(),
                    "WanUnderlay: no such node, got " << link / 2 << ", allowed below "
                                                      << GetNNodes());
    NS_ABORT_MSG_IF(rate.GetBitRate() == 0,
                    "WanUnderlay: the " << (link % 2 == 0 ? "up" : "down") << " rate of node "
                                        << link / 2 << " is wrong, got 0bps, allowed above 0bps");
    m_rates[link] = rate;
}

DataRate
WanUnderlay::GetUpRate(uint32_t node) const
{
    return GetLinkRate(2 * node);
}

DataRate
WanUnderlay::GetDownRate(uint32_t node) const
{
    return GetLinkRate(2 * node + 1);
}

Time
WanUnderlay::GetLatency(uint32_t from, uint32_t to) const
{
    NS_ABORT_MSG_IF(!m_latency,
                    "WanUnderlay::GetLatency: no latency model; call SetLatencyModel() first");
    return m_latency->GetLatency(from, to);
}

uint32_t
WanUnderlay::GetNNodes() const
{
    return static_cast<uint32_t>(m_rates.size() / 2);
}

uint32_t
WanUnderlay::GetNLinks() const
{
    return static_cast<uint32_t>(m_rates.size());
}

DataRate
WanUnderlay::GetLinkRate(uint32_t link) const
{
    NS_ABORT_MSG_IF(link >= m_rates.size(),
                    "WanUnderlay::GetLinkRate: no such link, got " << link << ", allowed below "
                                                                   << m_rates.size());
    return m_rates[link];
}

bool
WanUnderlay::HasRoute(uint32_t from, uint32_t to) const
{
    return from != to && from < GetNNodes() && to < GetNNodes();
}

Underlay::Route
WanUnderlay::GetRoute(uint32_t from, uint32_t to) const
{
    NS_ABORT_MSG_IF(!HasRoute(from, to),
                    "WanUnderlay::GetRoute: no route, got "
                        << from << " to " << to << ", allowed two nodes below " << GetNNodes());
    return {GetLatency(from, to), {2 * from, 2 * to + 1}};
}

} // namespace murmuration
} // namespace ns3
