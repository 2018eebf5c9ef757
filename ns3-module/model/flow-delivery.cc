/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-delivery.h"

#include "ns3/log.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowDelivery");

FlowDelivery::FlowDelivery(Ptr<Underlay> underlay, EventPool& events, DeliveryCallback delivered)
    : m_underlay(underlay),
      m_events(events),
      m_delivered(delivered),
      m_bytesSent(underlay->GetNNodes(), 0),
      m_bytesReceived(underlay->GetNNodes(), 0)
{
    NS_LOG_FUNCTION(this << underlay);
}

void
FlowDelivery::CountSent(FlowPassage& passage)
{
    if (!passage.isCounted)
    {
        passage.isCounted = true;
        m_bytesSent.at(passage.message.from) += passage.wireBytes;
    }
}

void
FlowDelivery::CountPart(const FlowPassage& passage, double part)
{
    const double wireBytes = static_cast<double>(passage.wireBytes);
    const auto bytes =
        passage.isCounted ? passage.wireBytes : static_cast<uint64_t>(part * wireBytes);
    m_bytesSent.at(passage.message.from) += passage.isCounted ? 0 : bytes;
    m_bytesReceived.at(passage.message.to) += bytes;
}

void
FlowDelivery::Schedule(FlowConnection& connection, const FlowPassage& passage, double when)
{
    Time delay = ToTime(when + passage.late - SecondsNow());
    for (const uint32_t link : passage.path->forth)
    {
        delay += m_underlay->DrawJitter(link);
    }
    m_events.Schedule(delay,
                      [this, &connection, id = passage.message.id] { Arrive(&connection, id); });
}

void
FlowDelivery::Arrive(FlowConnection* connection, uint64_t id)
{
    std::list<FlowPassage>& underway = connection->underway;
    for (FlowPassage& passage : underway)
    {
        passage.isThere |= passage.message.id == id;
    }
    // Neither jitter nor the order of bursts changes the order of messages.
    std::vector<Message> arrived;
    for (FlowPassage& passage : underway)
    {
        if (!passage.isThere)
        {
            break;
        }
        if (!passage.isDelivered)
        {
            passage.isDelivered = true;
            const Message& message = passage.message;
            m_bytesReceived.at(message.to) += passage.wireBytes;
            m_bytesSent.at(message.to) += passage.acknowledgingBytes;
            m_bytesReceived.at(message.from) += passage.acknowledgingBytes;
            arrived.push_back(message);
        }
    }
    if (arrived.empty())
    {
        NS_LOG_LOGIC("message " << id << " waits for those before it, or has arrived already");
    }
    Forget(underway);
    for (const Message& message : arrived)
    {
        m_delivered(message);
    }
}

void
FlowDelivery::Forget(std::list<FlowPassage>& underway)
{
    while (!underway.empty() && underway.front().isDelivered && underway.front().isSent)
    {
        underway.pop_front();
    }
}

uint64_t
FlowDelivery::GetBytesSent(uint32_t node) const
{
    return m_bytesSent.at(node);
}

uint64_t
FlowDelivery::GetBytesReceived(uint32_t node) const
{
    return m_bytesReceived.at(node);
}

} // namespace murmuration
} // namespace ns3
