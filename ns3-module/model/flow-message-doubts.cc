/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// When FlowMessageTransport may be far off: what a round meets that it does not model.
#include "flow-message-transport.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

namespace
{

constexpr double MEETING_COUNTS = 0.1; //!< Of the time of a message: less is not in doubt

} // namespace

std::optional<FlowDoubt>
FlowMessageTransport::FindDoubt(const FlowConnection& connection, double delay) const
{
    // A sender may wait for its timeout, or send again what has not been lost.
    const FlowLink& link = (*m_links)[m_waiting->Get(connection)];
    if (delay * link.rate > link.limit)
    {
        return FlowDoubt::FULL_QUEUE;
    }
    if (connection.round.first > connection.window.GetTimeout())
    {
        return FlowDoubt::LATE_ACKNOWLEDGEMENT;
    }
    const uint32_t first = connection.path->forth.front();
    if (std::max(delay, m_queues->GetWork(first, connection.round.start)) >
        (*m_links)[first].interval)
    {
        return FlowDoubt::CODEL;
    }
    return IsMeeting(connection) ? std::optional(FlowDoubt::MEETING_BURSTS) : std::nullopt;
}

bool
FlowMessageTransport::IsWindowShared(const FlowConnection& connection, double now) const
{
    const MaxMinSolver& solver = m_network->GetSolver();
    const FlowPath& path = *connection.path;
    const bool isShared =
        solver.GetNFlows(path.forth.front()) > 1 || solver.GetNFlows(path.forth.back()) > 1 ||
        solver.GetNFlows(path.back.front()) > 0 || solver.GetNFlows(path.back.back()) > 0;
    return isShared && m_network->GetRemaining(connection.flow, now) > connection.window.Get();
}

bool
FlowMessageTransport::IsMeeting(const FlowConnection& connection) const
{
    const FlowRound& round = connection.round;
    const double window = connection.GetRoom();
    if (round.isOpening || round.isLimited || round.remaining > window)
    {
        return false;
    }
    const uint32_t first = connection.path->forth.front();
    const uint32_t last = connection.path->forth.back();
    const std::size_t nFirst = m_network->GetSolver().GetNFlows(first);
    const std::size_t nLast = m_network->GetSolver().GetNFlows(last);
    // Of others it may find all before it, or none.
    const double meets = static_cast<double>(nLast - 1) * round.remaining / (*m_links)[last].rate;
    const double takes = round.start - connection.underway.back().began;
    return nFirst > 1 && nLast > 1 && meets > MEETING_COUNTS * takes;
}

void
FlowMessageTransport::CountDoubtful(FlowConnection& connection, FlowDoubt doubt)
{
    FlowPassage& passage = connection.underway.back();
    if (!passage.isDoubtful)
    {
        passage.isDoubtful = true;
        m_doubts.Count(doubt);
    }
}

} // namespace murmuration
} // namespace ns3
