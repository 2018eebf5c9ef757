/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// What FlowMessageTransport does about segments that are lost, by chance or by full queues, as
// Linux's TCP does.
#include "flow-losses.h"
#include "flow-message-transport.h"

#include "ns3/log.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageLosses");

namespace
{

constexpr uint32_t MANY_LOSSES = 2;      //!< Rounds with losses: the repair of one meets the next
constexpr double LEAST_FILLED = 2.0 / 3; //!< Of a send buffer (sk_stream_write_space())
constexpr uint32_t RETRIES = 15;         //!< net.ipv4.tcp_retries2
constexpr double LONGEST_TIMEOUT = 120;  //!< Seconds: TCP_RTO_MAX

/** Draws for one round, the same in each run [Steele, 2014: SplitMix]. */
class Draws
{
  public:
    /**
     * @brief Construct the draws of a round.
     * @param pair whose round it is
     * @param number of the round
     */
    Draws(uint64_t pair, uint64_t number)
        : m_state(Mix(pair) ^ number)
    {
    }

    /** @return a number from 0 to below 1 */
    double Draw()
    {
        m_state += 0x9e3779b97f4a7c15;
        return static_cast<double>(Mix(m_state) >> 11) * 0x1p-53;
    }

  private:
    /**
     * @brief Mix the bits of a number.
     * @param bits the number
     * @return as good as another number
     */
    static uint64_t Mix(uint64_t bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
        bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
        return bits ^ (bits >> 31);
    }

    uint64_t m_state; //!< Of the generator
};

} // namespace

void
FlowMessageTransport::Lose(FlowConnection& connection, double repairs)
{
    FlowRound& round = connection.round;
    const FlowLoss loss = LoseSegments(*m_losses, connection, m_segment.GetSize(), repairs);
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

double
FlowMessageTransport::BufferWhileRepairing(const FlowConnection& connection)
{
    Draws draws(connection.pair, connection.round.order);
    return connection.window.GetBuffered(LEAST_FILLED + (1 - LEAST_FILLED) * draws.Draw());
}

double
FlowMessageTransport::GetOverflow(const FlowConnection& connection, double delay) const
{
    const FlowRound& round = connection.round;
    const FlowLink& link = (*m_links)[m_waiting->Get(connection)];
    const double capacity = link.rate;
    double waiting = delay * capacity;
    if (!round.isFirst && round.wait <= connection.path->roundTrip)
    {
        // The round follows the acknowledgements of the one before, while the link goes on.
        waiting -= std::min(connection.window.IsSlowStart() ? waiting / 2 : waiting,
                            capacity * connection.path->roundTrip);
    }
    // Everybody loses in proportion to what waits.
    return waiting <= link.limit ? 0 : 1 - link.limit / waiting;
}

void
FlowMessageTransport::MeetFullQueue(FlowConnection& connection, double overflow, bool isRepairing)
{
    FlowRound& round = connection.round;
    const double segment = m_segment.GetSize();
    const double sends = std::min(connection.GetRoom(), round.remaining);
    const double count = std::max(1.0, std::ceil(sends / segment - 1e-9));
    Draws draws(connection.pair, round.order);
    const bool isAll = draws.Draw() < std::pow(overflow, count);
    const bool isEnd = round.remaining <= connection.GetRoom();
    if (!isAll && !(isEnd && draws.Draw() < overflow))
    {
        return;
    }
    // Nothing is acknowledged behind the last segment: a probe tells. While segments are sent again
    // there is none, nor after another one or a timeout.
    double pause = std::min(2 * round.wait, connection.window.GetTimeout());
    if (isRepairing)
    {
        const int doubled = static_cast<int>(connection.nTimeouts++);
        pause = std::min(std::ldexp(connection.window.GetTimeout(), doubled), LONGEST_TIMEOUT);
    }
    connection.isProbing = true;
    if (!isAll)
    {
        round.lost = std::max(round.lost, segment);
        round.pause = pause;
        return;
    }
    Pause(connection, pause);
}

void
FlowMessageTransport::Pause(FlowConnection& connection, double pause)
{
    if (connection.nTimeouts > 0)
    {
        connection.window.TimeOut(SecondsNow());
    }
    else
    {
        connection.window.Shrink(SecondsNow());
    }
    connection.isPaused = true;
    m_waiting->Update(connection);
    const uint32_t index = connection.index;
    const uint64_t id = connection.underway.back().message.id;
    const bool isGivenUp = connection.nTimeouts > RETRIES;
    m_events.Schedule(ToTime(pause), [this, index, id, isGivenUp] {
        if (isGivenUp && IsSending(*m_connections[index], id))
        {
            GiveUp(index, "retransmissions were not acknowledged");
            return;
        }
        Resume(index, id);
    });
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
    m_waiting->Update(connection);
    Begin(connection);
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
