/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "wan-underlay.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/pointer.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationWanUnderlay");

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
    NS_LOG_FUNCTION(this);
    m_latency = nullptr;
    Underlay::DoDispose();
}

uint32_t
WanUnderlay::AddNode(DataRate up, DataRate down)
{
    NS_LOG_FUNCTION(this << up << down);
    const uint32_t node = GetNNodes();
    AddLink({up, Time(0)}, GetLinkName(GetUplink(node)));
    AddLink({down, Time(0)}, GetLinkName(GetDownlink(node)));
    return node;
}

void
WanUnderlay::SetLatencyModel(Ptr<LatencyModel> model)
{
    NS_LOG_FUNCTION(this << model);
    m_latency = model;
}

uint32_t
WanUnderlay::GetUplink(uint32_t node)
{
    return 2 * node;
}

uint32_t
WanUnderlay::GetDownlink(uint32_t node)
{
    return 2 * node + 1;
}

void
WanUnderlay::SetUpRate(uint32_t node, DataRate rate)
{
    SetLinkRate(GetUplink(node), rate);
}

void
WanUnderlay::SetDownRate(uint32_t node, DataRate rate)
{
    SetLinkRate(GetDownlink(node), rate);
}

void
WanUnderlay::SetLinkRate(uint32_t link, DataRate rate)
{
    NS_ABORT_MSG_IF(link >= GetNLinks(),
                    "WanUnderlay: no such node, got " << link / 2 << ", allowed below "
                                                      << GetNNodes());
    Link state = GetLink(link);
    state.rate = rate;
    SetLink(link, state);
}

DataRate
WanUnderlay::GetUpRate(uint32_t node) const
{
    return GetLink(GetUplink(node)).rate;
}

DataRate
WanUnderlay::GetDownRate(uint32_t node) const
{
    return GetLink(GetDownlink(node)).rate;
}

Time
WanUnderlay::GetLatency(uint32_t from, uint32_t to) const
{
    const Time core = GetCoreLatency(from, to);
    return GetLink(GetUplink(from)).delay + core + GetLink(GetDownlink(to)).delay;
}

Time
WanUnderlay::GetCoreLatency(uint32_t from, uint32_t to) const
{
    NS_ABORT_MSG_IF(!m_latency,
                    "WanUnderlay::GetLatency: no latency model; call SetLatencyModel() first");
    return m_latency->GetLatency(from, to);
}

uint32_t
WanUnderlay::GetNNodes() const
{
    return GetNLinks() / 2;
}

uint32_t
WanUnderlay::GetOpposite(uint32_t link) const
{
    // Links come in pairs: up and down, there and back.
    return link ^ 1;
}

Underlay::LinkPlace
WanUnderlay::GetLinkPlace(uint32_t link) const
{
    return link % 2 == 0 ? LinkPlace::UPLINK : LinkPlace::DOWNLINK;
}

std::string
WanUnderlay::GetLinkName(uint32_t link) const
{
    return "node " + std::to_string(link / 2) + (link % 2 == 0 ? " up" : " down");
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
    return {GetLatency(from, to), {GetUplink(from), GetDownlink(to)}};
}

} // namespace murmuration
} // namespace ns3
