/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// What FlowMessageTransport does about segments that are lost by chance, as Linux's TCP does.
#include "flow-losses.h"
#include "flow-message-transport.h"

#include "ns3/log.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageLosses");

namespace
{

constexpr uint32_t MANY_LOSSES = 3; //!< Rounds with losses; how TCP repairs them adds up

} // namespace

void
FlowMessageTransport::Lose(FlowConnection& connection)
{
    FlowRound& round = connection.round;
    const FlowLoss loss = LoseSegments(*m_losses, connection, m_segment.GetSize());
    round.lost += loss.lost;
    round.isShrinking = loss.isShrinking;
    round.intact = loss.intact;
    FlowPassage& passage = connection.underway.back();
    passage.late += loss.late;
    passage.nLossy += loss.intact < round.remaining ? 1 : 0;
    if (loss.isTimeout || passage.nLossy >= MANY_LOSSES)
    {
        CountDoubtful(connection, FlowDoubt::LOSSES);
    }
    if (loss.pause > 0)
    {
        NS_LOG_LOGIC("connection " << connection.index << " pauses for " << loss.pause << " s"
                                   << (loss.isTimeout ? ", with a timeout" : ""));
        loss.isTimeout ? connection.window.TimeOut(round.start)
                       : connection.window.Shrink(round.start);
        connection.isPaused = true;
        const Time pause = ToTime(loss.pause);
        const uint32_t index = connection.index;
        const uint64_t id = connection.underway.back().message.id;
        if (loss.isGivenUp)
        {
            m_events.Schedule(pause, [this, index, id] {
                if (IsSending(*m_connections[index], id))
                {
                    GiveUp(index, "retransmissions were not acknowledged");
                }
            });
        }
        else
        {
            m_events.Schedule(pause, [this, index, id] { Resume(index, id); });
        }
    }
}

void
FlowMessageTransport::Resume(uint32_t index, uint64_t id)
{
    NS_LOG_FUNCTION(this << index << id);
    FlowConnection& connection = *m_connections[index];
    if (!IsSending(connection, id))
    {
        return;
    }
    connection.isPaused = false;
    connection.unacknowledged.reset(); // Comes in the pause; losses have decided the window.
    connection.round.isFirst = true;
    m_beginning.push_back(index);
    ScheduleSettle();
}

void
FlowMessageTransport::GiveUp(uint32_t index, const char* reason)
{
    NS_LOG_FUNCTION(this << index << reason);
    FlowConnection& connection = *m_connections[index];
    if (connection.isSending)
    {
        StopSending(index);
    }
    // What follows is sent over another connection.
    const std::list<Message> failed = std::move(connection.waiting);
    connection.Reset();
    for (const Message& message : failed)
    {
        NotifyFailed(message, reason);
    }
}

} // namespace murmuration
} // namespace ns3
