/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// The connections of FlowMessageTransport: one for each ordered pair of nodes that is not idle.
#include "flow-message-transport.h"
#include "node-pair.h"

#include "ns3/log.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageConnections");

uint32_t
FlowMessageTransport::FindConnection(uint32_t from, uint32_t to)
{
    const uint64_t pair = NodePairKey(from, to);
    if (const auto found = m_byPair.find(pair); found != m_byPair.end())
    {
        return found->second;
    }
    m_segment = {static_cast<double>(m_segmentSize), static_cast<double>(m_segmentHeaderSize)};
    m_delAckSeconds = m_delAckTimeout.GetSeconds();
    const double segment = m_segment.GetSize();
    m_network->SetReturnShare(m_segmentHeaderSize / (m_delAckCount * segment));
    if (!m_queues)
    {
        m_links->ReadQueues({segment, static_cast<double>(m_queueSize), m_discipline == FAIR});
        m_queues =
            std::make_unique<BurstQueues>(*m_links,
                                          m_events,
                                          segment,
                                          MakeCallback(&FlowMessageTransport::HandleFollowed, this),
                                          MakeCallback(&FlowMessageTransport::HandleHead, this));
    }
    DropIdle();
    if (m_free.empty())
    {
        const double buffer = std::min(m_sendBuffer, m_receiveBuffer);
        const auto next = static_cast<uint32_t>(m_connections.size());
        m_connections.push_back(std::make_unique<FlowConnection>(
            FlowWindow::Sizes{segment, m_initialCwnd * segment, buffer * segment / m_segmentSize}));
        m_connections.back()->index = next;
        m_free.push_back(next);
    }
    const uint32_t index = m_free.back();
    m_free.pop_back();
    m_connections[index]->pair = pair;
    m_connections[index]->isFree = false;
    m_byPair.emplace(pair, index);
    return index;
}

void
FlowMessageTransport::DropIdle()
{
    const double now = SecondsNow();
    const double timeout = m_idleTimeout.GetSeconds();
    if (now - m_lastDrop < timeout / 2)
    {
        return;
    }
    m_lastDrop = now;
    // In descending order, so that the least number is used again first.
    for (auto index = static_cast<uint32_t>(m_connections.size()); index-- > 0;)
    {
        FlowConnection& connection = *m_connections[index];
        // What may still have an event of its own keeps its number.
        const bool isAwaited = connection.isConnecting || connection.isStalled ||
                               connection.isRearmed || !connection.waiting.empty() ||
                               !connection.underway.empty();
        if (!connection.isFree && !isAwaited && connection.lastSent <= now - timeout)
        {
            NS_LOG_LOGIC("connection " << index << " has been idle for long and is dropped");
            m_byPair.erase(connection.pair);
            connection.isFree = true;
            connection.Reset();
            connection.path = nullptr;
            m_free.push_back(index);
        }
    }
}

std::size_t
FlowMessageTransport::GetNConnections() const
{
    return m_byPair.size();
}

void
FlowMessageTransport::ReadPath(FlowConnection& connection, const Message& message) const
{
    if (!connection.path || connection.pathState != m_links->GetNChanges())
    {
        connection.path = ReadFlowPath(m_underlay, message.from, message.to, m_segment);
        connection.pathState = m_links->GetNChanges();
        connection.pathTime = SecondsNow();
    }
}

} // namespace murmuration
} // namespace ns3
