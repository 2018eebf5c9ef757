/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "edge-underlay.h"

#include "node-pair.h"

#include "ns3/abort.h"
#include "ns3/log.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationEdgeUnderlay");

NS_OBJECT_ENSURE_REGISTERED(EdgeUnderlay);

TypeId
EdgeUnderlay::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::EdgeUnderlay").SetParent<Underlay>().SetGroupName("Murmuration");
    return tid;
}

EdgeUnderlay::EdgeUnderlay(uint32_t nNodes)
    : m_nNodes(nNodes)
{
    NS_LOG_FUNCTION(this << nNodes);
}

uint32_t
EdgeUnderlay::AddEdge(const Edge& edge)
{
    NS_LOG_FUNCTION(this << edge.first << edge.second << edge.rate << edge.latency);
    const auto& [first, second, rate, latency] = edge;
    NS_ABORT_MSG_IF(first >= m_nNodes || second >= m_nNodes || first == second,
                    "EdgeUnderlay::AddEdge: impossible ends, got "
                        << first << " and " << second << ", allowed two nodes below " << m_nNodes);
    NS_ABORT_MSG_IF(HasRoute(first, second),
                    "EdgeUnderlay::AddEdge: nodes " << first << " and " << second
                                                    << " are linked already, allowed one edge");
    const uint32_t number = GetNEdges();
    m_edges.push_back(edge);
    AddLink({rate, latency}, GetLinkName(2 * number));
    AddLink({rate, latency}, GetLinkName(2 * number + 1));
    m_links.emplace(NodePairKey(first, second), 2 * number);
    m_links.emplace(NodePairKey(second, first), 2 * number + 1);
    return number;
}

uint32_t
EdgeUnderlay::GetNEdges() const
{
    return static_cast<uint32_t>(m_edges.size());
}

const EdgeUnderlay::Edge&
EdgeUnderlay::GetEdge(uint32_t edge) const
{
    NS_ABORT_MSG_IF(edge >= m_edges.size(),
                    "EdgeUnderlay::GetEdge: no such edge, got " << edge << ", allowed below "
                                                                << m_edges.size());
    return m_edges[edge];
}

uint32_t
EdgeUnderlay::GetNNodes() const
{
    return m_nNodes;
}

uint32_t
EdgeUnderlay::GetOpposite(uint32_t link) const
{
    // Links come in pairs: up and down, there and back.
    return link ^ 1;
}

Underlay::LinkPlace
EdgeUnderlay::GetLinkPlace(uint32_t /* link */) const
{
    // It is both; the sender is the one who waits for it.
    return LinkPlace::UPLINK;
}

std::string
EdgeUnderlay::GetLinkName(uint32_t link) const
{
    const Edge& edge = GetEdge(link / 2);
    const bool forward = link % 2 == 0;
    return "node " + std::to_string(forward ? edge.first : edge.second) + " to node " +
           std::to_string(forward ? edge.second : edge.first);
}

bool
EdgeUnderlay::HasRoute(uint32_t from, uint32_t to) const
{
    return m_links.count(NodePairKey(from, to)) > 0;
}

Underlay::Route
EdgeUnderlay::GetRoute(uint32_t from, uint32_t to) const
{
    const auto link = m_links.find(NodePairKey(from, to));
    NS_ABORT_MSG_IF(link == m_links.end(),
                    "EdgeUnderlay::GetRoute: no edge between nodes " << from << " and " << to);
    return {GetLink(link->second).delay, {link->second}};
}

} // namespace murmuration
} // namespace ns3
