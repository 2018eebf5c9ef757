/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-queues.h"

#include "ns3/log.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowQueues");

namespace
{

/** A sum over many flows serves until one part in so many of them, or of it, is another. */
constexpr std::size_t PARTS = 16;

/** Where flows are very many, of whom each matters little. */
constexpr std::size_t CROWD = 256;
constexpr std::size_t PARTS_OF_CROWD = 4; //!< The same there

/** And there for so long, in seconds for each of them, whatever little waits. */
constexpr double SERVES = 1e-5;

} // namespace

FlowQueues::FlowQueues(const FluidNetwork& network, const FlowLinks& links)
    : m_network(network),
      m_links(links),
      m_seen(links.GetN())
{
    NS_LOG_FUNCTION(this << links.GetN());
}

void
FlowQueues::Set(const FlowConnection& connection, uint32_t link)
{
    const uint32_t flow = connection.flow;
    if (flow >= m_where.size())
    {
        m_where.resize(flow + 1, NO_LINK);
        m_senders.resize(flow + 1);
        m_seldom.resize(flow + 1);
    }
    if (m_where[flow] != NO_LINK)
    {
        --m_seen[m_where[flow]].nWaiting;
    }
    m_where[flow] = link;
    ++m_seen[link].nWaiting;
    ++m_seen[link].nBegun;
    Update(connection);
}

void
FlowQueues::Update(const FlowConnection& connection)
{
    Read(connection, m_senders[connection.flow]);
    const FlowRound& round = connection.round;
    const FlowPath& path = *connection.path;
    const bool isFurther = round.isOpening && m_where[connection.flow] != path.forth.front();
    m_seldom[connection.flow] = {round.window, isFurther ? round.start + path.latencyForth : 0};
}

void
FlowQueues::UpdateWait(const FlowConnection& connection)
{
    m_senders[connection.flow].wait = connection.round.wait;
}

void
FlowQueues::Read(const FlowConnection& connection, Sender& sender)
{
    const FlowRound& round = connection.round;
    sender.isPaused = connection.isPaused;
    sender.isFirst = round.isFirst;
    sender.isOpening = round.isOpening;
    sender.grown = round.grown;
    sender.isCrowded = round.isCrowded;
    sender.growth = connection.window.GetGrowth();
    sender.room = connection.GetRoom();
    sender.remaining = round.remaining;
    sender.wait = round.wait;
}

void
FlowQueues::Look()
{
    ++m_look;
}

uint32_t
FlowQueues::Find(const FlowConnection& connection, bool isKnown) const
{
    // Segments wait where the path is full; a flow that has not begun, or that its window limits,
    // has its burst wait where it would be.
    const std::vector<uint32_t>& forth = connection.path->forth;
    if (isKnown)
    {
        const uint32_t full = m_network.GetSolver().GetBottleneck(connection.flow);
        if (std::find(forth.begin(), forth.end(), full) != forth.end())
        {
            return full;
        }
    }
    return *std::min_element(forth.begin(), forth.end(), [this](uint32_t a, uint32_t b) {
        return GetShare(a) < GetShare(b);
    });
}

double
FlowQueues::GetBacklog(const FlowConnection& connection, double now) const
{
    Sender sender;
    Read(connection, sender);
    return GetBacklog(sender, connection.round.window, connection.flow, now);
}

double
FlowQueues::GetBacklog(const Sender& sender, double window, uint32_t flow, double now) const
{
    if (sender.isPaused)
    {
        return 0; // What it has sent is lost.
    }
    const double remaining = m_network.GetRemaining(flow, now);
    if (!sender.isFirst && !m_network.IsAtCap(flow))
    {
        // Acknowledgements let the sender go on: what is not under way elsewhere is in the queue.
        // In a crowd, one of the rounds that this one stands for.
        const double all = sender.remaining - remaining;
        const double sent = sender.isCrowded ? std::min(all, window) : all;
        const double elsewhere = m_network.GetLimitedRate(flow) * sender.wait;
        if (sender.isOpening)
        {
            // Until the first acknowledgement comes nothing is added to the window.
            const double acked = std::max(0.0, sent - elsewhere);
            return std::clamp(sender.growth.GetAfter(acked) + acked - sent, 0.0, remaining);
        }
        // The window is what it is when all that has been carried is acknowledged: of what is
        // elsewhere it has grown too early.
        const double early = std::min(sender.grown, elsewhere);
        return std::clamp(sender.growth.GetAfter(sent) - early - elsewhere, 0.0, remaining);
    }
    // A round that its window limits sends the window at its beginning, and then waits.
    const double waiting = sender.room - (sender.remaining - remaining);
    return std::clamp(waiting, 0.0, remaining);
}

double
FlowQueues::SumUp(uint32_t link, double now) const
{
    Seen& seen = m_seen[link];
    const std::size_t nFlows = m_network.GetSolver().GetNFlows(link);
    const bool isCrowd = nFlows >= CROWD;
    const std::size_t parts = isCrowd ? PARTS_OF_CROWD : PARTS;
    const double serves = std::max(seen.length / static_cast<double>(parts),
                                   isCrowd ? SERVES * static_cast<double>(nFlows) : 0);
    const bool isMuchTheSame =
        nFlows >= PARTS && parts * seen.nBegun < nFlows && now - seen.time < serves;
    if (isMuchTheSame)
    {
        return seen.length;
    }
    if (seen.nWaiting == 0)
    {
        seen = {m_look, now, 0, 0, 0, 0, 0, 0};
        return 0;
    }
    double backlog = 0;
    double present = 0;
    double standing = 0;
    double lasts = 0;
    // What is known of flows is seldom in the cache: it is fetched for all of them at once.
    m_summed.clear();
    m_network.GetSolver().ForEachFlow(link, [&](uint32_t flow) {
        // Acknowledgements of a flow that waits elsewhere may pass here.
        if (flow < m_where.size() && m_where[flow] == link)
        {
            m_summed.push_back(flow);
            __builtin_prefetch(&m_senders[flow]);
            m_network.Prefetch(flow);
        }
    });
    for (const uint32_t flow : m_summed)
    {
        const Sender& sender = m_senders[flow];
        const double window = sender.isCrowded ? m_seldom[flow].window : 0;
        const double own = GetBacklog(sender, window, flow, now);
        backlog += own;
        present += sender.isOpening && m_seldom[flow].comes > now ? 0 : own;
        if (!sender.isOpening && !m_network.IsAtCap(flow))
        {
            standing += own;
            lasts += m_network.GetRemaining(flow, now);
        }
    }
    const auto lasting = [rate = m_links[link].rate](double bytes) {
        return bytes == 0 ? 0 : bytes / rate;
    };
    seen = {m_look,
            now,
            lasting(backlog),
            lasting(present),
            lasting(standing),
            lasting(lasts),
            0,
            seen.nWaiting};
    return seen.length;
}

bool
FlowQueues::IsCrowded(const FlowConnection& connection, double window) const
{
    const uint32_t queue = Get(connection);
    const FlowLink& link = m_links[queue];
    const auto nFlows = static_cast<double>(m_network.GetSolver().GetNFlows(queue));
    return nFlows * window > link.limit + link.rate * connection.round.wait;
}

} // namespace murmuration
} // namespace ns3
