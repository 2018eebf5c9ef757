/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-doubts.h"

#include "ns3/log.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowDoubts");

namespace
{

/** Their names, in the order of FlowDoubt. */
constexpr std::array<const char*, static_cast<std::size_t>(FlowDoubt::N)> NAMES{
    "full_queue",
    "late_acknowledgement",
    "codel",
    "meeting_bursts",
    "cut_link",
    "slowed_link",
    "slow_start",
    "losses"};

} // namespace

void
FlowDoubts::Count(FlowDoubt doubt)
{
    NS_LOG_LOGIC("a message may have met " << NAMES.at(static_cast<std::size_t>(doubt)));
    ++m_counts.at(static_cast<std::size_t>(doubt));
}

std::map<std::string, uint64_t>
FlowDoubts::Get() const
{
    std::map<std::string, uint64_t> counts;
    for (std::size_t doubt = 0; doubt < m_counts.size(); ++doubt)
    {
        if (m_counts[doubt] > 0)
        {
            counts[NAMES[doubt]] = m_counts[doubt];
        }
    }
    return counts;
}

} // namespace murmuration
} // namespace ns3
