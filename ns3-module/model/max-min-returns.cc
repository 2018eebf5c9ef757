/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// What MaxMinSolver does about acknowledgements, which take a share of the links that lead back.
#include "max-min-solver.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

namespace
{

/** What acknowledgements take is brought up to date in steps of this share: of the capacity of the
 * link that leads back, and of the level of the one that leads there. */
constexpr double RETURN_STEP = 1e-3;

/** In a link of so many flows, each of which matters little. */
constexpr std::size_t MANY_FLOWS = 256;
constexpr double TOLD_STEP = 1.0 / 20; //!< The latter there: a sixtieth is less than RETURN_STEP

/** Acknowledgements that may take more than this share of a link are among its flows. */
constexpr double MUCH_OF_LINK = 0.1;

} // namespace

void
MaxMinSolver::SetReturnShare(double share)
{
    m_returnShare = share;
}

bool
MaxMinSolver::MayFill(const std::vector<uint32_t>& path, uint32_t link) const
{
    double most = INFINITE;
    for (const uint32_t other : path)
    {
        most = std::min(most, m_links[other].capacity);
    }
    return m_links[link].capacity > 0 &&
           m_returnShare * most > MUCH_OF_LINK * m_links[link].capacity;
}

void
MaxMinSolver::Touch(uint32_t flow)
{
    if (m_returnShare > 0 && !m_flows[flow].isTouched)
    {
        m_flows[flow].isTouched = true;
        m_touched.push_back(flow);
    }
}

void
MaxMinSolver::MarkFelt(uint32_t number)
{
    Link& link = m_links[number];
    const double level = m_levels[number];
    // Whether the link is a crowd must not matter: it is none where a run measures its links.
    const double step = link.members.size() >= MANY_FLOWS ? TOLD_STEP : RETURN_STEP;
    const bool isLittle =
        level != INFINITE && std::abs(level - link.told) <= step * std::min(level, link.told);
    if (m_returnShare > 0 && !link.isFelt && !isLittle)
    {
        link.isFelt = true;
        m_felt.push_back(number);
    }
}

void
MaxMinSolver::MarkTaken(uint32_t link)
{
    if (!m_links[link].isTaken)
    {
        m_links[link].isTaken = true;
        m_taken.push_back(link);
    }
}

void
MaxMinSolver::TakeReturns()
{
    if (m_returnShare == 0)
    {
        return;
    }
    for (const uint32_t link : m_felt)
    {
        const double level = m_levels[link];
        m_links[link].isFelt = false;
        m_links[link].told = level;
        for (const Member& member : m_links[link].members)
        {
            // Of a pair, what GetRate() would find is at hand.
            TakeReturn(member.flow,
                       member.isPair ? member.weight * std::min(GetMemberLevel(member), level)
                                     : GetRate(member.flow));
        }
    }
    m_felt.clear();
    for (const uint32_t flow : m_touched)
    {
        if (m_flows[flow].isTouched && m_flows[flow].nHops > 0)
        {
            TakeReturn(flow, GetRate(flow));
        }
        m_flows[flow].isTouched = false;
    }
    m_touched.clear();
    for (const uint32_t number : m_taken)
    {
        Link& link = m_links[number];
        link.isTaken = false;
        if (std::abs(link.acknowledging - link.taken) > RETURN_STEP * link.capacity)
        {
            link.taken = std::max(0.0, link.acknowledging);
            link.slack = -INFINITE;
            MarkDirty(number);
        }
    }
    m_taken.clear();
}

void
MaxMinSolver::TakeReturn(uint32_t flow, double rate)
{
    const double more = m_returnShare * (rate - m_flows[flow].told);
    if (more == 0)
    {
        return;
    }
    m_flows[flow].told = rate;
    for (uint32_t i = 0; i < m_flows[flow].nBack; ++i)
    {
        const uint32_t link = m_backs[flow * m_backStride + i];
        m_links[link].acknowledging += more;
        MarkTaken(link);
    }
}

} // namespace murmuration
} // namespace ns3
