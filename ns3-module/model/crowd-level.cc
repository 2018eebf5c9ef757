/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "crowd-level.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

namespace
{

/** Flows that want so much more than there is, relatively, want no more but for rounding. */
constexpr double TOLERANCE = 1e-12;

} // namespace

void
CrowdLevel::Insert(uint32_t flow, const Entry& entry, std::set<Place>::node_type node)
{
    std::set<Place>& kind = entry.isLimited ? m_limited : m_satisfied;
    (entry.isLimited ? m_weight : m_use) +=
        entry.isLimited ? entry.weight : entry.weight * entry.demand;
    if (!node)
    {
        kind.insert({entry.demand, flow});
        return;
    }
    node.value() = {entry.demand, flow};
    kind.insert(std::move(node));
}

std::set<CrowdLevel::Place>::node_type
CrowdLevel::Erase(uint32_t flow, const Entry& entry)
{
    std::set<Place>& kind = entry.isLimited ? m_limited : m_satisfied;
    std::set<Place>::node_type node = kind.extract({entry.demand, flow});
    if (entry.isLimited)
    {
        m_weight = m_limited.empty() ? 0 : m_weight - entry.weight;
    }
    else
    {
        m_use = m_satisfied.empty() ? 0 : m_use - entry.weight * entry.demand;
    }
    ++m_nChanges;
    return node;
}

void
CrowdLevel::Set(uint32_t flow, double weight, double demand)
{
    const bool isLimited = demand > m_level || demand == INFINITE;
    const auto [found, isNew] = m_entries.insert({flow, {weight, demand, isLimited}});
    if (!isNew)
    {
        if (found->second.weight == weight && found->second.demand == demand)
        {
            return;
        }
        std::set<Place>::node_type node = Erase(flow, found->second);
        found->second = {weight, demand, isLimited};
        Insert(flow, found->second, std::move(node));
        return;
    }
    Insert(flow, found->second, {});
}

void
CrowdLevel::Remove(uint32_t flow)
{
    const auto found = m_entries.find(flow);
    if (found != m_entries.end())
    {
        Erase(flow, found->second);
        m_entries.erase(found);
    }
}

void
CrowdLevel::Move(uint32_t flow)
{
    Entry& entry = m_entries.at(flow);
    std::set<Place>::node_type node = Erase(flow, entry);
    entry.isLimited = !entry.isLimited;
    Insert(flow, entry, std::move(node));
}

void
CrowdLevel::Sum()
{
    m_use = 0;
    for (const Place& place : m_satisfied)
    {
        m_use += m_entries.at(place.flow).weight * place.demand;
    }
    m_weight = 0;
    for (const Place& place : m_limited)
    {
        m_weight += m_entries.at(place.flow).weight;
    }
    m_nChanges = 0;
}

double
CrowdLevel::Solve(double capacity)
{
    if (m_nChanges > m_entries.size())
    {
        Sum();
    }
    // A link that is down carries nothing, not what rounding has left.
    const auto level = [this, capacity] {
        return capacity == 0 ? 0 : std::max(0.0, capacity - m_use) / m_weight;
    };
    if (m_limited.empty() && m_use > capacity * (1 + TOLERANCE))
    {
        Move(m_satisfied.rbegin()->flow);
    }
    // Each move raises the level, or leaves it: first those who want more than they can have.
    while (!m_limited.empty() && !m_satisfied.empty() && m_satisfied.rbegin()->demand > level())
    {
        Move(m_satisfied.rbegin()->flow);
    }
    while (!m_limited.empty() && m_limited.begin()->demand <= level())
    {
        Move(m_limited.begin()->flow);
    }
    m_level = m_limited.empty() ? INFINITE : level();
    return m_level;
}

double
CrowdLevel::GetSatisfied() const
{
    return m_use;
}

bool
CrowdLevel::IsLimited(uint32_t flow) const
{
    const auto found = m_entries.find(flow);
    return found != m_entries.end() && found->second.isLimited;
}

} // namespace murmuration
} // namespace ns3
