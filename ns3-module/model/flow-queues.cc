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
      m_nWaiting(links.GetN(), 0),
      m_seen(links.GetN())
{
    NS_LOG_FUNCTION(this << links.GetN());
}

void
FlowQueues::Set(const FlowConnection& connection, uint32_t link)
{
    if (connection.flow >= m_senders.size())
    {
        m_senders.resize(connection.flow + 1);
    }
    Sender& sender = m_senders[connection.flow];
    if (sender.isKnown)
    {
        --m_nWaiting[sender.link];
    }
    ++m_nWaiting[link];
    sender.isKnown = true;
    sender.link = link;
    Read(connection, sender);
    ++m_seen[link].nBegun;
}

void
FlowQueues::Update(const FlowConnection& connection)
{
    Read(connection, m_senders[connection.flow]);
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
    sender.window = round.window;
    sender.wait = round.wait;
    const FlowPath& path = *connection.path;
    sender.comes =
        round.isOpening && sender.link != path.forth.front() ? round.start + path.latencyForth : 0;
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
    return GetBacklog(sender, connection.flow, now);
}

double
FlowQueues::GetBacklog(const Sender& sender, uint32_t flow, double now) const
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
        const double sent = sender.isCrowded ? std::min(all, sender.window) : all;
        const double elsewhere = m_network.GetSolver().GetRate(flow) * sender.wait;
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
FlowQueues::GetLength(uint32_t link, double now) const
{
    Seen& seen = m_seen[link];
    const std::size_t nFlows = m_network.GetSolver().GetNFlows(link);
    const bool isSame = seen.look == m_look && seen.time == now;
    const bool isCrowd = nFlows >= CROWD;
    const std::size_t parts = isCrowd ? PARTS_OF_CROWD : PARTS;
    const double serves = std::max(seen.length / static_cast<double>(parts),
                                   isCrowd ? SERVES * static_cast<double>(nFlows) : 0);
    const bool isMuchTheSame =
        nFlows >= PARTS && parts * seen.nBegun < nFlows && now - seen.time < serves;
    if (isSame || isMuchTheSame)
    {
        return seen.length;
    }
    if (m_nWaiting[link] == 0)
    {
        seen = {m_look, now, 0, 0, 0, 0, 0};
        return 0;
    }
    double backlog = 0;
    double present = 0;
    double standing = 0;
    double lasts = 0;
    m_network.GetSolver().ForEachFlow(link, [&](uint32_t flow) {
        // Acknowledgements of a flow that waits elsewhere may pass here.
        if (flow < m_senders.size() && m_senders[flow].link == link)
        {
            const double own = GetBacklog(m_senders[flow], flow, now);
            backlog += own;
            present += m_senders[flow].comes > now ? 0 : own;
            if (!m_senders[flow].isOpening && !m_network.IsAtCap(flow))
            {
                standing += own;
                lasts += m_network.GetRemaining(flow, now);
            }
        }
    });
    const auto lasting = [rate = m_links[link].rate](double bytes) {
        return bytes == 0 ? 0 : bytes / rate;
    };
    seen = {m_look, now, lasting(backlog), lasting(present), lasting(standing), lasting(lasts), 0};
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
