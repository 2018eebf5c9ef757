/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// What FlowMessageTransport does with messages that are not sent to their end.
#include "flow-message-transport.h"
#include "node-pair.h"

#include "ns3/log.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageAbort");

bool
FlowMessageTransport::IsSending(const FlowConnection& connection, uint64_t id)
{
    return connection.isSending && connection.underway.back().message.id == id;
}

void
FlowMessageTransport::StopSending(uint32_t index)
{
    FlowConnection& connection = *m_connections[index];
    DropBeginning(connection);
    m_network->End(connection.flow, SecondsNow());
    connection.isSending = false;
    connection.lastSent = SecondsNow();
    connection.isPaused = false;
    connection.underway.pop_back();
    ScheduleSettle();
}

void
FlowMessageTransport::DoAbort(uint64_t id, uint32_t from, uint32_t to)
{
    NS_LOG_FUNCTION(this << id << from << to);
    const auto pair = m_byPair.find(NodePairKey(from, to));
    if (pair == m_byPair.end())
    {
        return;
    }
    const uint32_t index = pair->second;
    FlowConnection& connection = *m_connections[index];
    std::list<Message>& waiting = connection.waiting;
    if (!IsSending(connection, id))
    {
        // One that is not here has left whole, and travels on.
        waiting.remove_if([id](const Message& message) { return message.id == id; });
        return;
    }
    const FlowPassage& passage = connection.underway.back();
    const double now = SecondsNow();
    const double left = m_network->GetRemaining(connection.flow, now);
    const auto size = static_cast<double>(passage.wireBytes);
    m_delivery->CountPart(passage, std::clamp(1 - left / size, 0.0, 1.0));
    if (!connection.isBeginning && !connection.isPaused)
    {
        EndRound(connection, now);
    }
    StopSending(index);
    waiting.pop_front();
    if (!waiting.empty())
    {
        StartMessage(index);
    }
}

} // namespace murmuration
} // namespace ns3
