/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "routed-underlay.h"

#include "node-pair.h"

#include "ns3/abort.h"
#include "ns3/log.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationRoutedUnderlay");

NS_OBJECT_ENSURE_REGISTERED(RoutedUnderlay);

TypeId
RoutedUnderlay::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::RoutedUnderlay")
                            .SetParent<Underlay>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<RoutedUnderlay>();
    return tid;
}

void
RoutedUnderlay::CheckRouter(const char* where, uint32_t router) const
{
    NS_ABORT_MSG_IF(m_hasRoutes, where << ": called after ChooseRoutes(), allowed before");
    NS_ABORT_MSG_IF(router >= GetNRouters(),
                    where << ": no such router, got " << router << ", allowed below "
                          << GetNRouters());
}

uint32_t
RoutedUnderlay::AddRouter(const std::string& name)
{
    NS_LOG_FUNCTION(this << name);
    const uint32_t router = GetNRouters();
    m_routers.push_back(name.empty() ? "router " + std::to_string(router) : name);
    m_isNode.push_back(false);
    return router;
}

uint32_t
RoutedUnderlay::AddCoreLink(uint32_t from, uint32_t to, const Link& state)
{
    NS_LOG_FUNCTION(this << from << to << state.rate << state.delay);
    CheckRouter("RoutedUnderlay::AddCoreLink", from);
    CheckRouter("RoutedUnderlay::AddCoreLink", to);
    NS_ABORT_MSG_IF(from == to,
                    "RoutedUnderlay::AddCoreLink: both ends are " << m_routers[from]
                                                                  << ", allowed two routers");
    const uint32_t link = Add({LinkPlace::CORE, from, to}, state);
    // Parallel links have a way back of their own each: the first there has the first back.
    std::deque<uint32_t>& back = m_unpaired[NodePairKey(to, from)];
    if (back.empty())
    {
        m_unpaired[NodePairKey(from, to)].push_back(link);
        return link;
    }
    m_opposites[link] = back.front();
    m_opposites[back.front()] = link;
    back.pop_front();
    return link;
}

uint32_t
RoutedUnderlay::AddNode(uint32_t router, const Link& up, const Link& down)
{
    NS_LOG_FUNCTION(this << router << up.rate << down.rate);
    CheckRouter("RoutedUnderlay::AddNode", router);
    const uint32_t node = GetNNodes();
    const uint32_t uplink = Add({LinkPlace::UPLINK, node, router}, up);
    const uint32_t downlink = Add({LinkPlace::DOWNLINK, router, node}, down);
    return Attach({router, uplink, downlink});
}

uint32_t
RoutedUnderlay::AddNode(uint32_t router)
{
    NS_LOG_FUNCTION(this << router);
    CheckRouter("RoutedUnderlay::AddNode", router);
    NS_ABORT_MSG_IF(m_isNode[router],
                    "RoutedUnderlay::AddNode: another node is " << m_routers[router]
                                                                << " already, allowed one");
    m_isNode[router] = true;
    return Attach({router, NO_LINK, NO_LINK});
}

uint32_t
RoutedUnderlay::Attach(const Attachment& node)
{
    m_nodes.push_back(node);
    return GetNNodes() - 1;
}

uint32_t
RoutedUnderlay::Add(const Ends& ends, const Link& state)
{
    const uint32_t link = AddLink(state, Describe(ends));
    m_ends.push_back(ends);
    m_opposites.push_back(NO_LINK);
    return link;
}

void
RoutedUnderlay::CheckFound(const std::vector<NextHops::Group>& found) const
{
    NS_ABORT_MSG_IF(found.size() != GetNRouters(),
                    "RoutedUnderlay::ChooseRoutes: wrong length of what was found, got "
                        << found.size() << ", allowed " << GetNRouters()
                        << ", the number of routers");
    for (uint32_t router = 0; router < GetNRouters(); ++router)
    {
        for (const uint32_t link : found[router])
        {
            NS_ABORT_MSG_IF(link >= m_ends.size() || m_ends[link].place != LinkPlace::CORE ||
                                m_ends[link].from != router,
                            "RoutedUnderlay::ChooseRoutes: link "
                                << link << " is none from " << m_routers[router]
                                << " to a router, allowed are its core links");
        }
    }
}

void
RoutedUnderlay::ChooseRoutes(const RouteSearch& search)
{
    NS_LOG_FUNCTION(this);
    NS_ABORT_MSG_IF(m_hasRoutes, "RoutedUnderlay::ChooseRoutes: called twice, allowed once");
    m_nextHops = NextHops(GetNRouters());
    for (const Attachment& node : m_nodes)
    {
        if (!m_nextHops.LeadTo(node.router))
        {
            const std::vector<NextHops::Group> found = search(node.router);
            CheckFound(found);
            NS_LOG_LOGIC("routes to " << m_routers[node.router]);
            m_nextHops.Add(node.router, found);
        }
    }
    m_hasRoutes = true;
}

uint32_t
RoutedUnderlay::GetNRouters() const
{
    return static_cast<uint32_t>(m_routers.size());
}

uint32_t
RoutedUnderlay::GetRouter(uint32_t node) const
{
    return m_nodes.at(node).router;
}

uint32_t
RoutedUnderlay::GetUplink(uint32_t node) const
{
    return m_nodes.at(node).up;
}

uint32_t
RoutedUnderlay::GetDownlink(uint32_t node) const
{
    return m_nodes.at(node).down;
}

uint32_t
RoutedUnderlay::GetNextLink(uint32_t router, uint32_t from, uint32_t to) const
{
    NS_ABORT_MSG_IF(!m_hasRoutes, "RoutedUnderlay: no routes yet; call ChooseRoutes() first");
    static_assert(NextHops::NONE == NO_LINK, "no link leads there");
    return m_nextHops.GetNext(router, m_nodes[to].router, NodePairKey(from, to));
}

uint32_t
RoutedUnderlay::GetBegin(uint32_t link) const
{
    return m_ends.at(link).from;
}

uint32_t
RoutedUnderlay::GetEnd(uint32_t link) const
{
    return m_ends.at(link).to;
}

uint32_t
RoutedUnderlay::GetNNodes() const
{
    return static_cast<uint32_t>(m_nodes.size());
}

uint32_t
RoutedUnderlay::GetOpposite(uint32_t link) const
{
    const Ends& ends = m_ends.at(link);
    switch (ends.place)
    {
    case LinkPlace::UPLINK:
        return GetDownlink(ends.from);
    case LinkPlace::DOWNLINK:
        return GetUplink(ends.to);
    case LinkPlace::CORE:
        break;
    }
    return m_opposites[link];
}

Underlay::LinkPlace
RoutedUnderlay::GetLinkPlace(uint32_t link) const
{
    return m_ends.at(link).place;
}

std::string
RoutedUnderlay::GetLinkName(uint32_t link) const
{
    return Describe(m_ends.at(link));
}

std::string
RoutedUnderlay::Describe(const Ends& ends) const
{
    switch (ends.place)
    {
    case LinkPlace::UPLINK:
        return "node " + std::to_string(ends.from) + " up";
    case LinkPlace::DOWNLINK:
        return "node " + std::to_string(ends.to) + " down";
    case LinkPlace::CORE:
        break;
    }
    return m_routers[ends.from] + " to " + m_routers[ends.to];
}

bool
RoutedUnderlay::HasRoute(uint32_t from, uint32_t to) const
{
    if (from == to || from >= GetNNodes() || to >= GetNNodes())
    {
        return false;
    }
    const uint32_t router = m_nodes[from].router;
    return router == m_nodes[to].router || GetNextLink(router, from, to) != NO_LINK;
}

Underlay::Route
RoutedUnderlay::GetRoute(uint32_t from, uint32_t to) const
{
    NS_ABORT_MSG_IF(!HasRoute(from, to),
                    "RoutedUnderlay::GetRoute: no route from node " << from << " to node " << to);
    Route route;
    const auto take = [this, &route](uint32_t link) {
        if (link != NO_LINK)
        {
            route.links.push_back(link);
            route.latency += GetLink(link).delay;
        }
    };
    take(m_nodes[from].up);
    for (uint32_t router = m_nodes[from].router; router != m_nodes[to].router;)
    {
        const uint32_t link = GetNextLink(router, from, to);
        NS_ABORT_MSG_IF(link == NO_LINK || route.links.size() > GetNRouters(),
                        "RoutedUnderlay::GetRoute: the links that the search has found do not lead "
                        "from node "
                            << from << " to node " << to);
        take(link);
        router = m_ends[link].to;
    }
    take(m_nodes[to].down);
    return route;
}

} // namespace murmuration
} // namespace ns3
