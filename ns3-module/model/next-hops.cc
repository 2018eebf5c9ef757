/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "next-hops.h"

#include "ns3/log.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationNextHops");

namespace
{

/** Set in an entry that names a group. */
constexpr uint32_t GROUP_MARK = 1U << 31;

/**
 * Mix all bits of a flow and a router (the finalizer of SplitMix64).
 * @param flow the flow
 * @param router the router
 * @return a number that is spread evenly
 */
uint64_t
Hash(uint64_t flow, uint32_t router)
{
    uint64_t z = flow + (uint64_t{router} + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

} // namespace

NextHops::NextHops(uint32_t nRouters)
    : m_rows(nRouters, NONE)
{
    NS_LOG_FUNCTION(this << nRouters);
}

bool
NextHops::LeadTo(uint32_t destination) const
{
    return m_rows[destination] != NONE;
}

void
NextHops::Add(uint32_t destination, const std::vector<Group>& links)
{
    NS_LOG_FUNCTION(this << destination);
    m_rows[destination] = static_cast<uint32_t>(m_next.size() / m_rows.size());
    for (const Group& group : links)
    {
        m_next.push_back(group.empty()       ? NONE
                         : group.size() == 1 ? group.front()
                                             : GROUP_MARK | Intern(group));
    }
}

uint32_t
NextHops::Intern(const Group& group)
{
    const auto [known, isNew] = m_known.emplace(group, static_cast<uint32_t>(m_groups.size()));
    if (isNew)
    {
        m_groups.push_back(group);
    }
    return known->second;
}

uint32_t
NextHops::GetNext(uint32_t router, uint32_t destination, uint64_t flow) const
{
    const uint32_t next = m_next[std::size_t{m_rows[destination]} * m_rows.size() + router];
    if (next == NONE || (next & GROUP_MARK) == 0)
    {
        return next;
    }
    const Group& group = m_groups[next & ~GROUP_MARK];
    return group[Hash(flow, router) % group.size()];
}

} // namespace murmuration
} // namespace ns3
