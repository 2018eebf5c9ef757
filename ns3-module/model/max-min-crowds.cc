/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// What MaxMinSolver does about links that have very many flows.
#include "max-min-solver.h"

#include "ns3/log.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationMaxMinCrowds");

namespace
{

constexpr std::size_t CROWD = 64; //!< From so many flows on a link may be a crowd

/** In a crowd no more than one flow in so many comes through another link of many flows. */
constexpr std::size_t APART = 8;

} // namespace

void
MaxMinSolver::SetExactUse(bool isExact)
{
    if (isExact == m_isUseExact)
    {
        return;
    }
    NS_LOG_LOGIC("the use of links is " << (isExact ? "" : "not ") << "worked out exactly");
    m_isUseExact = isExact;
    for (uint32_t link = 0; link < m_links.size(); ++link)
    {
        isExact ? DisbandCrowd(link) : FormCrowd(link);
    }
}

void
MaxMinSolver::FormCrowd(uint32_t number)
{
    Link& link = m_links[number];
    const std::size_t nFlows = link.members.size();
    // To look at all of them now and then costs nothing beside what they have cost until then.
    const bool isTime = nFlows >= CROWD && (nFlows & (nFlows - 1)) == 0;
    if (m_isUseExact || link.crowd || !isTime)
    {
        return;
    }
    std::size_t nElsewhere = 0;
    for (const Member& member : link.members)
    {
        for (uint32_t hop = 0; hop < m_flows[member.flow].nHops; ++hop)
        {
            const uint32_t other = m_hops[member.flow * m_stride + hop].link;
            nElsewhere += other != number && m_links[other].members.size() >= CROWD / 2 ? 1 : 0;
        }
    }
    if (APART * nElsewhere > nFlows)
    {
        return;
    }
    NS_LOG_LOGIC("link " << number << " becomes a crowd of " << nFlows << " flows");
    link.crowd = std::make_unique<Crowd>();
    ++m_nCrowds;
    for (const Member& member : link.members)
    {
        link.crowd->level.Set(member.flow, member.weight, GetMemberLevel(member));
        for (uint32_t hop = 0; hop < m_flows[member.flow].nHops; ++hop)
        {
            const uint32_t other = m_hops[member.flow * m_stride + hop].link;
            if (other == number || !m_links[other].crowd)
            {
                m_bounds[member.flow * m_stride + hop] = -INFINITE;
            }
            if (other != number && !m_links[other].crowd)
            {
                MarkDirty(other);
            }
        }
    }
    for (const Member& member : link.members)
    {
        SetBounds(member.flow);
    }
    MarkDirty(number);
}

void
MaxMinSolver::DisbandCrowd(uint32_t number)
{
    Link& link = m_links[number];
    if (!link.crowd || (!m_isUseExact && link.members.size() >= CROWD / 2))
    {
        return;
    }
    NS_LOG_LOGIC("link " << number << " is no crowd any more");
    link.crowd = nullptr;
    --m_nCrowds;
    // What other links know of its flows may be old.
    for (const Member& member : link.members)
    {
        UpdateMembers(member.flow);
        for (uint32_t hop = 0; hop < m_flows[member.flow].nHops; ++hop)
        {
            const uint32_t other = m_hops[member.flow * m_stride + hop].link;
            m_links[other].slack = -INFINITE;
            MarkDirty(other);
        }
    }
}

void
MaxMinSolver::ShareSlack(const Link& link, double slack)
{
    const Demand* demand = m_demands.data();
    for (const Member& member : link.members)
    {
        m_bounds[member.flow * m_stride + member.hop] = demand++->level + slack;
    }
}

void
MaxMinSolver::SetBounds(uint32_t flow)
{
    const Hop* const hops = &m_hops[flow * m_stride];
    double* const bounds = &m_bounds[flow * m_stride];
    const uint32_t nHops = m_flows[flow].nHops;
    for (uint32_t hop = 0; hop < nHops; ++hop)
    {
        Link& link = m_links[hops[hop].link];
        if (!link.crowd)
        {
            continue;
        }
        double bound = INFINITE;
        bool meetsCrowd = false;
        for (uint32_t other = 0; other < nHops; ++other)
        {
            if (other == hop)
            {
                continue;
            }
            // What is full, or a crowd, feels all.
            const Link& feeling = m_links[hops[other].link];
            meetsCrowd = meetsCrowd || feeling.crowd;
            const bool feelsAll = feeling.crowd || m_levels[hops[other].link] != INFINITE;
            bound = std::min(bound, feelsAll ? -INFINITE : bounds[other]);
        }
        // Other crowds do not look at their flows when what they want changes.
        const bool isBounded = meetsCrowd || link.crowd->level.IsLimited(flow);
        if (isBounded && bound == bounds[hop])
        {
            link.crowd->bounds.insert({bound, flow}); // Most are there already.
            continue;
        }
        auto node = link.crowd->bounds.extract({bounds[hop], flow});
        bounds[hop] = bound;
        if (!isBounded)
        {
            continue;
        }
        if (!node)
        {
            link.crowd->bounds.insert({bound, flow});
            continue;
        }
        node.value().first = bound;
        link.crowd->bounds.insert(std::move(node));
    }
}

void
MaxMinSolver::TellOthers(uint32_t flow, uint32_t except, double lower)
{
    const Hop* const hops = &m_hops[flow * m_stride];
    for (uint32_t other = 0; other < m_flows[flow].nHops; ++other)
    {
        if (other == except)
        {
            continue;
        }
        const auto [feeling, place] = hops[other];
        m_links[feeling].slack = -INFINITE;
        if (m_links[feeling].crowd)
        {
            const Member& member = m_links[feeling].members[place];
            m_links[feeling].crowd->level.Set(flow, member.weight, GetMemberLevel(member));
        }
        if (lower < m_levels[feeling])
        {
            MarkDirty(feeling);
        }
    }
}

void
MaxMinSolver::SetCrowdLevel(uint32_t number, double level)
{
    Link& link = m_links[number];
    Crowd& crowd = *link.crowd;
    const auto [lower, upper] = std::minmax({level, m_levels[number]});
    m_levels[number] = level;
    m_feeling.clear();
    crowd.level.ForEachBetween(lower, upper, [this](uint32_t flow) { m_feeling.push_back(flow); });
    m_moved.insert(m_moved.end(), m_feeling.begin(), m_feeling.end());
    for (auto bound = crowd.bounds.begin();
         bound != crowd.bounds.end() && (bound->first < level || bound->first == -INFINITE);
         ++bound)
    {
        m_feeling.push_back(bound->second);
    }
    for (const uint32_t flow : m_feeling)
    {
        const Hop* const hops = &m_hops[flow * m_stride];
        const auto hop = std::find_if(hops, hops + m_flows[flow].nHops, [number](const Hop& other) {
            return other.link == number;
        });
        TellOthers(flow, static_cast<uint32_t>(hop - hops), lower);
        SetBounds(flow);
        Touch(flow);
    }
    MarkChanged(number);
    MarkFelt(number);
}

} // namespace murmuration
} // namespace ns3
