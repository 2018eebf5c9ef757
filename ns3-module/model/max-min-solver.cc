/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "max-min-solver.h"

#include "ns3/abort.h"
#include "ns3/log.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationMaxMinSolver");

namespace
{

/** Levels that differ by less, relatively, are one level: rounding must not travel. */
constexpr double TOLERANCE = 1e-12;

/** So often, at most, for one change. */
constexpr int RETURN_PASSES = 3;

/** With so much of its capacity left, a link is not full, whatever rounding has done. */
constexpr double SURE_SLACK = 1e-9;

/** What is left of a link to its flows at least: no others are limited by acknowledgements. */
constexpr double LEAST_LEFT = 0.1;

/**
 * Whether two levels are one but for rounding.
 * @param a one level
 * @param b the other
 * @return true if they are
 */
bool
AreSame(double a, double b)
{
    return a == b || std::abs(a - b) <= TOLERANCE * std::min(a, b);
}

/**
 * See that a weight is one: with another no level is a number.
 * @param weight of a flow
 */
void
AssertPositive(double weight)
{
    NS_ABORT_MSG_IF(!(weight > 0 && weight < MaxMinSolver::INFINITE),
                    "MaxMinSolver: the weight of a flow is " << weight
                                                             << "; finite and above 0 allowed");
}

/**
 * How often so many links may be worked out before each is right: in four sweeps over all of them
 * at least one more is.
 * @param nTouched how many links
 * @return a number of links
 */
uint64_t
GreatestSweeps(uint64_t nTouched)
{
    return 4 * nTouched * (nTouched + 1);
}

/**
 * Give each row of a table more room.
 * @param table the rows, one behind the other
 * @param width of each
 * @param wider what they are to have
 * @return the table
 */
template <class Item>
std::vector<Item>
Widened(const std::vector<Item>& table, uint32_t width, uint32_t wider)
{
    const std::size_t nRows = table.size() / width;
    std::vector<Item> rows(nRows * wider);
    for (std::size_t row = 0; row < nRows; ++row)
    {
        std::copy_n(table.begin() + row * width, width, rows.begin() + row * wider);
    }
    return rows;
}

} // namespace

uint32_t
MaxMinSolver::AddLink(double capacity)
{
    m_links.emplace_back();
    m_links.back().capacity = capacity;
    m_levels.push_back(INFINITE);
    return static_cast<uint32_t>(m_links.size() - 1);
}

void
MaxMinSolver::SetCapacity(uint32_t link, double capacity)
{
    m_links[link].capacity = capacity;
    m_links[link].slack = -INFINITE;
    MarkTaken(link);
    MarkDirty(link);
}

void
MaxMinSolver::WidenPaths(uint32_t nHops)
{
    NS_LOG_FUNCTION(this << nHops);
    m_hops = Widened(m_hops, m_stride, nHops);
    m_bounds = Widened(m_bounds, m_stride, nHops);
    m_stride = nHops;
}

void
MaxMinSolver::WidenBacks(uint32_t nBack)
{
    m_backs = Widened(m_backs, m_backStride, nBack);
    m_backStride = nBack;
}

uint32_t
MaxMinSolver::AddFlow(const std::vector<uint32_t>& path,
                      double weight,
                      double cap,
                      const std::vector<uint32_t>& back)
{
    AssertPositive(weight);
    m_path = path;
    m_beside.clear();
    if (m_returnShare > 0)
    {
        for (const uint32_t link : back)
        {
            const bool isOnPath = std::find(path.begin(), path.end(), link) != path.end();
            (!isOnPath && MayFill(path, link) ? m_path : m_beside).push_back(link);
        }
    }
    const std::vector<uint32_t>& links = m_path;
    const auto nHops = static_cast<uint32_t>(links.size());
    const auto nBack = static_cast<uint32_t>(m_beside.size());
    if (nHops > m_stride)
    {
        WidenPaths(nHops);
    }
    if (nBack > m_backStride)
    {
        WidenBacks(nBack);
    }
    if (m_freeFlows.empty())
    {
        m_freeFlows.push_back(static_cast<uint32_t>(m_flows.size()));
        m_flows.emplace_back();
        m_hops.resize(m_hops.size() + m_stride);
        m_bounds.resize(m_hops.size());
        m_backs.resize(m_backs.size() + m_backStride);
    }
    const uint32_t flow = m_freeFlows.back();
    m_freeFlows.pop_back();
    m_flows[flow] = {weight,
                     cap / weight,
                     0,
                     static_cast<uint16_t>(nHops),
                     static_cast<uint16_t>(path.size()),
                     static_cast<uint16_t>(nBack),
                     false};
    std::copy(m_beside.begin(), m_beside.end(), m_backs.begin() + flow * m_backStride);
    for (const uint32_t link : m_beside)
    {
        ++m_links[link].nReturns;
    }
    const bool isPair = nHops == 2 && path.size() == 2;
    for (uint32_t hop = 0; hop < nHops; ++hop)
    {
        std::vector<Member>& members = m_links[links[hop]].members;
        m_hops[flow * m_stride + hop] = {links[hop], static_cast<uint32_t>(members.size())};
        m_bounds[flow * m_stride + hop] = -INFINITE;
        // It wants nothing yet: UpdateMembers() says what.
        members.push_back(
            {flow, isPair ? links[1 - hop] : NO_LINK, static_cast<uint16_t>(hop), isPair, 0, 0});
        MarkDirty(links[hop]);
    }
    UpdateMembers(flow);
    Touch(flow);
    for (uint32_t hop = 0; hop < nHops; ++hop)
    {
        FormCrowd(links[hop]);
    }
    SetBounds(flow);
    return flow;
}

void
MaxMinSolver::TakeSlack(Link& link, double before, double after) const
{
    if (link.slack == -INFINITE)
    {
        return;
    }
    link.slack += before;
    link.slack -= after;
    // Crowds do not tell of each change. Nor is it a number where what one wants is infinite.
    if (m_nCrowds > 0 || !(link.slack > SURE_SLACK * link.capacity))
    {
        link.slack = -INFINITE;
    }
}

void
MaxMinSolver::UpdateMembers(uint32_t flow)
{
    for (uint32_t hop = 0; hop < m_flows[flow].nHops; ++hop)
    {
        const auto [number, place] = m_hops[flow * m_stride + hop];
        Link& link = m_links[number];
        Member& member = link.members[place];
        const double others = LevelOfOthers(flow, hop);
        const double before = member.weight * std::min(member.cap, others);
        member.weight = m_flows[flow].weight * (hop < m_flows[flow].nPath ? 1 : m_returnShare);
        member.cap = m_flows[flow].cap;
        const double level = std::min(member.cap, others);
        TakeSlack(link, before, member.weight * level);
        if (link.crowd)
        {
            link.crowd->level.Set(flow, member.weight, level);
        }
    }
}

void
MaxMinSolver::RemoveFlow(uint32_t flow)
{
    TakeReturn(flow, 0);
    for (uint32_t i = 0; i < m_flows[flow].nBack; ++i)
    {
        // Rounding must not pile up.
        Link& link = m_links[m_backs[flow * m_backStride + i]];
        if (--link.nReturns == 0)
        {
            link.acknowledging = 0;
        }
    }
    for (uint32_t hop = 0; hop < m_flows[flow].nHops; ++hop)
    {
        const auto [link, place] = m_hops[flow * m_stride + hop];
        std::vector<Member>& members = m_links[link].members;
        if (m_links[link].crowd)
        {
            m_links[link].crowd->level.Remove(flow);
            m_links[link].crowd->bounds.erase({m_bounds[flow * m_stride + hop], flow});
        }
        const Member& member = members[place];
        TakeSlack(m_links[link], member.weight * GetMemberLevel(member), 0);
        members[place] = members.back();
        m_hops[members[place].flow * m_stride + members[place].hop].place = place;
        members.pop_back();
        MarkDirty(link);
    }
    for (uint32_t hop = 0; hop < m_flows[flow].nHops; ++hop)
    {
        DisbandCrowd(m_hops[flow * m_stride + hop].link);
    }
    m_flows[flow].nHops = 0;
    m_freeFlows.push_back(flow);
}

void
MaxMinSolver::SetFlow(uint32_t flow, double weight, double cap)
{
    AssertPositive(weight);
    const double rate = GetRate(flow);
    const bool wasAtCap = GetBottleneck(flow) == NO_LINK;
    const bool sameWeight = weight == m_flows[flow].weight;
    m_flows[flow].weight = weight;
    m_flows[flow].cap = cap / weight;
    UpdateMembers(flow);
    // A cap that did not limit and does not changes nothing.
    if (sameWeight && !wasAtCap && cap >= rate)
    {
        return;
    }
    Touch(flow);
    for (uint32_t hop = 0; hop < m_flows[flow].nHops; ++hop)
    {
        MarkDirty(m_hops[flow * m_stride + hop].link);
    }
}

void
MaxMinSolver::MarkDirty(uint32_t link)
{
    if (!m_links[link].isDirty)
    {
        m_links[link].isDirty = true;
        m_dirty.push_back(link);
    }
}

void
MaxMinSolver::Solve()
{
    for (const uint32_t link : m_changed)
    {
        m_links[link].hasChanged = false;
    }
    m_changed.clear();
    m_moved.clear();
    m_worked.clear();
    ++m_nSolves;
    WorkOutDirty();
    for (int pass = 0; pass < RETURN_PASSES; ++pass)
    {
        TakeReturns();
        if (m_dirty.empty())
        {
            return;
        }
        WorkOutDirty();
    }
}

void
MaxMinSolver::WorkOutDirty()
{
    const uint64_t before = m_work;
    uint64_t nTouched = 0;
    ++m_nSweeps;
    for (std::size_t next = 0; next < m_dirty.size(); ++next)
    {
        const uint32_t link = m_dirty[next];
        m_links[link].isDirty = false;
        if (m_links[link].touched != m_nSweeps)
        {
            m_links[link].touched = m_nSweeps;
            ++nTouched;
        }
        if (m_links[link].worked != m_nSolves)
        {
            m_links[link].worked = m_nSolves;
            m_worked.push_back(link);
        }
        // Most are not full, and stay so.
        const bool isIdle = m_links[link].slack > 0 && m_nCrowds == 0;
        m_work += isIdle;
        if (isIdle && m_levels[link] == INFINITE)
        {
            continue;
        }
        const double level = isIdle ? INFINITE : WorkOut(link);
        if (!AreSame(level, m_levels[link]))
        {
            SetLevel(link, level);
        }
        if (m_nCrowds > 0 && !m_links[link].crowd)
        {
            for (const Member& member : m_links[link].members)
            {
                SetBounds(member.flow);
            }
        }
        NS_ABORT_MSG_IF(m_work - before > GreatestSweeps(nTouched),
                        "MaxMinSolver::Solve: " << nTouched << " links do not settle in "
                                                << m_work - before << " steps");
    }
    m_dirty.clear();
}

uint64_t
MaxMinSolver::GetGreatestWork(uint64_t nTouched)
{
    return (1 + RETURN_PASSES) * GreatestSweeps(nTouched);
}

double
MaxMinSolver::GetRoom(const Link& link)
{
    return std::max(LEAST_LEFT * link.capacity, link.capacity - link.taken);
}

double
MaxMinSolver::WorkOut(uint32_t number)
{
    ++m_work;
    Link& link = m_links[number];
    link.slack = -INFINITE;
    const double capacity = GetRoom(link);
    if (link.crowd)
    {
        const double level = link.crowd->level.Solve(capacity);
        return level;
    }
    double demanded = 0;
    double weight = 0;
    m_demands.resize(std::max(m_demands.size(), link.members.size()));
    Demand* demand = m_demands.data();
    for (const Member& member : link.members)
    {
        const double level = GetMemberLevel(member);
        demanded += level * member.weight;
        weight += member.weight;
        *demand++ = {level, member.weight};
    }
    if (demanded <= capacity)
    {
        if (m_nCrowds > 0)
        {
            ShareSlack(link, (capacity - demanded) / weight);
        }
        else
        {
            link.slack = capacity;
            TakeSlack(link, 0, demanded);
        }
        return INFINITE;
    }
    return ShareOut(link, capacity, weight);
}

double
MaxMinSolver::ShareOut(const Link& link, double capacity, double weight)
{
    Demand* const demands = m_demands.data();
    std::size_t nDemands = link.members.size();
    // Those who want less than the level have what they want; the others share what is left, which
    // raises the level. Whoever is satisfied once stays so.
    double left = capacity;
    double level = left / weight;
    for (;;)
    {
        const std::size_t before = nDemands;
        for (std::size_t i = 0; i < nDemands;)
        {
            if (demands[i].level < level)
            {
                left -= demands[i].level * demands[i].weight;
                weight -= demands[i].weight;
                demands[i] = demands[--nDemands];
            }
            else
            {
                ++i;
            }
        }
        if (before == nDemands || nDemands == 0)
        {
            return level;
        }
        level = std::max(level, left / weight);
    }
}

void
MaxMinSolver::SetLevel(uint32_t number, double level)
{
    Link& link = m_links[number];
    if (link.crowd)
    {
        SetCrowdLevel(number, level);
        return;
    }
    const bool hasCrowds = m_nCrowds > 0;
    const double before = m_levels[number];
    const double lower = std::min(level, before);
    m_levels[number] = level;
    for (const Member& member : link.members)
    {
        // The others on the path feel it only where it passes below what limits the flow.
        if (lower >= member.cap)
        {
            continue;
        }
        // Of two links, each is what limits the flow on the other: no need to look around.
        if (hasCrowds || !member.isPair)
        {
            TellAll(member, before);
            continue;
        }
        Link& feeling = m_links[member.other];
        TakeSlack(feeling,
                  member.weight * std::min(member.cap, before),
                  member.weight * std::min(member.cap, level));
        if (lower < m_levels[member.other])
        {
            MarkDirty(member.other);
        }
    }
    MarkChanged(number);
    MarkFelt(number);
}

void
MaxMinSolver::TellAll(const Member& member, double before)
{
    const Hop* const hops = &m_hops[member.flow * m_stride];
    const Flow& flow = m_flows[member.flow];
    const double level = m_levels[hops[member.hop].link];
    for (uint32_t other = 0; other < flow.nHops; ++other)
    {
        if (other == member.hop)
        {
            continue;
        }
        double rest = flow.cap;
        for (uint32_t hop = 0; hop < flow.nHops; ++hop)
        {
            const bool isOfRest = hop != other && hop != member.hop;
            rest = isOfRest ? std::min(rest, m_levels[hops[hop].link]) : rest;
        }
        Link& feeling = m_links[hops[other].link];
        const double weight = flow.weight * (other < flow.nPath ? 1 : m_returnShare);
        TakeSlack(feeling, weight * std::min(rest, before), weight * std::min(rest, level));
        if (feeling.crowd)
        {
            feeling.crowd->level.Set(member.flow, weight, std::min(rest, level));
        }
        if (std::min(before, level) < m_levels[hops[other].link])
        {
            MarkDirty(hops[other].link);
        }
    }
}

void
MaxMinSolver::MarkChanged(uint32_t number)
{
    if (!m_links[number].hasChanged)
    {
        m_links[number].hasChanged = true;
        m_changed.push_back(number);
    }
}

const std::vector<uint32_t>&
MaxMinSolver::GetChangedLinks() const
{
    return m_changed;
}

double
MaxMinSolver::GetUse(uint32_t link) const
{
    const Link& worked = m_links[link];
    if (m_levels[link] != INFINITE)
    {
        return GetRoom(worked);
    }
    if (worked.crowd)
    {
        return worked.crowd->level.GetSatisfied();
    }
    double demanded = 0;
    for (const Member& member : worked.members)
    {
        demanded += GetMemberLevel(member) * member.weight;
    }
    return std::min(GetRoom(worked), demanded);
}

double
MaxMinSolver::GetTaken(uint32_t link) const
{
    return m_links[link].taken;
}

const std::vector<uint32_t>&
MaxMinSolver::GetWorkedLinks() const
{
    return m_worked;
}

double
MaxMinSolver::GetCapacity(uint32_t link) const
{
    return m_links[link].capacity;
}

uint64_t
MaxMinSolver::GetWork() const
{
    return m_work;
}

} // namespace murmuration
} // namespace ns3
