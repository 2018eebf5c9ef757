/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// What FlowMessageTransport does in each round of a connection: windows, rates and queues.
#include "flow-message-transport.h"

#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageRounds");

namespace
{

constexpr double CROWDED_WINDOW = 4; //!< In segments: with less, a loss takes a timeout

// Beside very many others:
constexpr std::size_t VERY_MANY = 256;     //!< Flows before one link
constexpr double MOST_CROWDED_WINDOW = 16; //!< In segments: so much can be in a crowd
constexpr double LITTLE_ROOM = 1.5;        //!< In windows of each: they do not grow by much
constexpr double ROUNDS_AT_CAP = 8;        //!< That one stands for where its window is the limit
constexpr double LEFT_IN_CROWD = 0.125;    //!< Of what was left, when one is looked at again

// In slow start each acknowledgement lets two segments go.
constexpr double LETS_GO = 2; //!< Rate of a flight, in that at which the one before has arrived

constexpr double UNTOLD = 2; //!< Segments behind a lost one that do not tell yet; the third does

constexpr double SHORT_WINDOWS = 3; //!< What a message has at most that is followed to its end

/**
 * A number of a round for BurstQueues, which has no other meaning.
 * @param round the round
 * @return the number
 */
uint32_t
GetWatch(const FlowRound& round)
{
    return static_cast<uint32_t>(round.order + 1);
}

} // namespace

uint32_t
FlowMessageTransport::FindQueue(const FlowConnection& connection, double now) const
{
    return m_waiting->Find(connection,
                           !connection.round.isFirst &&
                               !m_links->HaveChanged(connection.path->forth, now));
}

void
FlowMessageTransport::SetFlowOf(FlowConnection& connection, uint32_t queue)
{
    m_byFlow.resize(std::max<std::size_t>(m_byFlow.size(), connection.flow + 1));
    m_byFlow[connection.flow] = connection.index;
    m_waiting->Set(connection, queue);
}

void
FlowMessageTransport::BeginRounds()
{
    const double now = SecondsNow();
    RearmRounds();
    // They begin in the order in which their acknowledgements come, which is that of the round
    // before; and all of them before the first looks at the queues that they fill.
    std::sort(m_beginning.begin(), m_beginning.end(), [this](uint32_t a, uint32_t b) {
        return m_connections[a]->round.order < m_connections[b]->round.order;
    });
    for (const uint32_t index : m_beginning)
    {
        FlowConnection& connection = *m_connections[index];
        RefreshPath(connection);
        connection.round.start = now;
        connection.round.order = m_nRounds++;
        connection.round.isOpening = connection.round.isFirst;
        connection.round.grown = connection.round.isOpening ? 0 : connection.round.grown;
        connection.round.remaining = m_network->GetRemaining(connection.flow, now);
        const uint32_t queue = FindQueue(connection, now);
        m_waiting->Set(connection, queue);
        if (queue == connection.path->forth.front())
        {
            m_begun[queue] = {now, connection.round.order};
        }
    }
    m_waiting->Look();
    for (const uint32_t index : m_beginning)
    {
        LimitRound(*m_connections[index]);
    }
}

void
FlowMessageTransport::RearmRounds()
{
    m_waiting->Look();
    if (m_rearmed.empty())
    {
        return;
    }
    const double now = SecondsNow();
    // What the network was solved for last tells what waits; the new rates tell for how long.
    for (const uint32_t index : m_rearmed)
    {
        FlowConnection& connection = *m_connections[index];
        connection.isRearmed = false;
        if (!connection.isSending || connection.round.isFirst)
        {
            continue;
        }
        RefreshPath(connection);
        m_waiting->Set(connection, FindQueue(connection, now));
        const double queues = Wait(connection, now).first;
        LimitRate(connection, queues, now);
    }
    m_rearmed.clear();
}

void
FlowMessageTransport::Rearm(uint32_t index)
{
    FlowConnection& connection = *m_connections[index];
    if (!connection.isRearmed)
    {
        connection.isRearmed = true;
        m_rearmed.push_back(index);
    }
}

void
FlowMessageTransport::RefreshPath(FlowConnection& connection)
{
    const FlowPath& path = *connection.path;
    const double read = connection.pathTime;
    const bool isOld = m_links->GetNChanges() > 0 && (m_links->HaveChanged(path.forth, read) ||
                                                      m_links->HaveChanged(path.back, read));
    if (isOld)
    {
        ReadPath(connection, connection.waiting.front());
        connection.underway.back().path = connection.path;
        NS_LOG_LOGIC("the path of connection " << connection.index << " has changed: round trip "
                                               << connection.path->roundTrip << " s");
    }
}

std::pair<double, double>
FlowMessageTransport::Wait(FlowConnection& connection, double now)
{
    const FlowPath& path = *connection.path;
    FlowRound& round = connection.round;
    const uint32_t queue = m_waiting->Get(connection);
    double queues = 0;
    double own = 0;
    // Others see it while it changes; they do so in the order in which they are asked.
    const auto setWait = [&](double wait) {
        round.wait = wait;
        m_waiting->UpdateWait(connection);
    };
    setWait(path.roundTrip - path.latencyBack);
    // A queue that is met later has had time to drain, so delays do not add up on the way of the
    // first segment and its acknowledgement; they do for those that come after it.
    const MaxMinSolver& solver = m_network->GetSolver();
    const auto pass = [&](uint32_t link, double later) {
        const double delay = m_waiting->GetDelay(link, now);
        // Where nobody keeps it filled, it drains until the segment comes.
        queues +=
            solver.GetLevel(link) == MaxMinSolver::INFINITE ? std::max(0.0, delay - later) : delay;
        return delay;
    };
    for (const uint32_t link : path.forth)
    {
        const double delay = pass(link, link == path.forth.front() ? 0 : path.latencyForth);
        if (link == queue)
        {
            own = delay;
        }
        else if (link != path.forth.front())
        {
            setWait(std::max(round.wait + m_waiting->GetStanding(link, round.wait, now), delay));
        }
    }
    const double forth = queues;
    for (const uint32_t link : path.back)
    {
        const double delay = pass(link, path.latencyForth);
        setWait(std::max(round.wait + m_waiting->GetStanding(link, round.wait, now), delay));
        if (link == path.back.front())
        {
            setWait(round.wait + path.latencyBack);
        }
    }
    round.back = queues - forth;
    const bool isInTurn = m_waiting->IsInTurn(connection);
    const double ahead =
        isInTurn ? m_waiting->GetBacklog(connection, now) / m_waiting->GetShare(queue) : own;
    // On average half of what others have in its own queue is ahead, and queues that are met later
    // are kept filled by those who wait there. The last segment has what is sent with it before it,
    // or, when acknowledgements let it go, half of that.
    const double burst = std::min(connection.GetRoom(), round.remaining);
    const double transmission = burst / (*m_links)[queue].rate;
    const double others =
        std::max(0.0, ahead - m_waiting->GetBacklog(connection, now) / (*m_links)[queue].rate);
    round.first = std::max(round.wait, path.roundTrip + queues - own + others / 2);
    round.last = round.first + (round.isOpening ? transmission : transmission / 2);
    return {queues, isInTurn ? m_waiting->GetLength(queue, now) : own};
}

double
FlowMessageTransport::GetHeldBack(const FlowRound& round) const
{
    // The receiver acknowledges the odd segment with the next one: of the next round, if that comes
    // before its timeout. The sender takes it as under way until then.
    return round.wait <= m_delAckSeconds ? m_segment.GetSize() : 0;
}

void
FlowMessageTransport::LimitRound(FlowConnection& connection)
{
    FlowRound& round = connection.round;
    const auto [queues, own] = Wait(connection, round.start);
    const double repairs = round.isOpening ? 0 : round.lost;
    const bool isRepairing = connection.isProbing || repairs > 0;
    const double overflow = GetOverflow(connection, own);
    // Whole segments only.
    round.lost = m_waiting->GetBacklog(connection, round.start) * overflow;
    round.lost = round.lost < m_segment.GetSize() ? 0 : round.lost;
    round.pause = 0;
    if (overflow > 0)
    {
        MeetFullQueue(connection, overflow, isRepairing);
    }
    round.isShrinking = false;
    round.isRepairing = repairs > 0 && round.intact < FluidNetwork::NEVER;
    round.intact = FluidNetwork::NEVER;
    if (connection.path->loss > 0 && !connection.isPaused)
    {
        Lose(connection, repairs);
    }
    const double window = connection.GetRoom();
    round.window = window - (round.isOpening ? 0 : GetHeldBack(round));
    if (round.lost > 0)
    {
        // It takes another round to send that again, if this one could send all.
        round.window = std::min(round.window, round.remaining) - round.lost;
    }
    if (round.isRepairing)
    {
        const double untold = UNTOLD * m_segment.GetSize();
        const double buffered = std::max(0.0, BufferWhileRepairing(connection) - untold);
        round.window = std::min(round.window, repairs + buffered);
    }
    // One segment comes through, also where a timeout has left no more of the window than the one
    // that is held back: a round of nothing would take no time, and the network never settle.
    round.window = std::max(round.window, std::min(m_segment.GetSize(), window));
    round.isLast = round.remaining <= round.window && round.lost == 0;
    round.isCrowded = !round.isOpening && !connection.isPaused && connection.path->loss == 0 &&
                      IsInCrowd(connection, window);
    LimitRate(connection, queues, round.start);
    if (!connection.isPaused)
    {
        SendBurst(connection);
    }
    m_waiting->Update(connection);
    if (const std::optional<FlowDoubt> doubt = FindDoubt(connection, own))
    {
        CountDoubtful(connection, *doubt);
    }
}

bool
FlowMessageTransport::IsInCrowd(const FlowConnection& connection, double window) const
{
    const double few = CROWDED_WINDOW * m_segment.GetSize();
    if (window <= few)
    {
        return m_waiting->IsCrowded(connection, few);
    }
    return IsBesideVeryMany(connection) && !connection.window.IsSlowStart() &&
           window <= MOST_CROWDED_WINDOW * m_segment.GetSize() &&
           m_waiting->IsCrowded(connection, LITTLE_ROOM * window);
}

bool
FlowMessageTransport::IsBesideVeryMany(const FlowConnection& connection) const
{
    return m_network->GetSolver().GetNFlows(m_waiting->Get(connection)) >= VERY_MANY;
}

void
FlowMessageTransport::LimitRate(FlowConnection& connection, double queues, double now)
{
    const FlowRound& round = connection.round;
    // Of what has been under way before, its part of the queue stays what it is to the end.
    // Of a message that goes on after a timeout, rounding may have left nothing: a byte is a share.
    const double underway =
        round.isOpening ? std::min(round.window, std::max(1.0, round.remaining)) : round.window;
    const double weight = m_waiting->IsInTurn(connection)
                              ? m_waiting->GetShare(connection.path->forth.front())
                              : underway / (connection.path->roundTrip + queues);
    // It ends when acknowledgements come: of what it sends, or of what was under way before.
    const double lasts =
        connection.unacknowledged ? connection.unacknowledged->comes - round.start : round.wait;
    double cap = round.isLast ? FluidNetwork::NEVER : round.window / lasts;
    // What the window lets go is under way; nothing follows it without acknowledgements.
    if (!round.isLast && round.start == now && m_links->HasDown() &&
        !m_links->AreUp(connection.path->back))
    {
        NS_LOG_LOGIC("connection " << connection.index << " waits for a link of its way back");
        cap = 0;
        connection.isStalled = true;
        m_stalled.push_back(connection.index);
    }
    cap = connection.isPaused ? 0 : cap;
    m_network->SetFlow(connection.flow, weight, cap, now);
}

bool
FlowMessageTransport::IsAheadOfOthers(const FlowConnection& connection) const
{
    const FlowRound& round = connection.round;
    const Beginning& last = m_begun[connection.path->forth.front()];
    return last.start == round.start && last.order > round.order;
}

void
FlowMessageTransport::SendBurst(FlowConnection& connection)
{
    FlowRound& round = connection.round;
    FlowPassage& passage = connection.underway.back();
    const double window = connection.GetRoom();
    if (round.isLast && !round.isOpening && connection.straggles &&
        connection.window.IsSlowStart() && round.remaining > window * (1 - 1.0 / m_initialCwnd))
    {
        passage.earliest = round.start + m_delAckSeconds;
    }
    connection.straggles = connection.straggles && round.wait > m_delAckSeconds;
    const double burst = std::min(window, round.remaining);
    if (round.isOpening)
    {
        round.isShort = burst < round.remaining && round.remaining <= SHORT_WINDOWS * window;
    }
    round.seenBack.reset();
    const bool isInTurn =
        m_waiting->Get(connection) == connection.path->forth.front() && IsAheadOfOthers(connection);
    // Of a short message both flights are followed first come, first served, where the window, not
    // the path, sets their pace.
    const bool isSecond = round.isShort && passage.nRounds == 1 && !round.isLimited;
    // HyStart asks for the first segment of each flight that is not the last.
    const bool isWatched =
        (round.isShort && round.isOpening) || (connection.window.IsSlowStart() && !round.isLast);
    // Where the path is the limit, what was sent before keeps a queue that stays; and windows that
    // have left slow start go as whole as they went at its end.
    const bool isSpread =
        !round.isOpening && !round.isLimited && !isSecond && connection.window.IsSlowStart();
    const BurstQueues::Burst flight{connection.path,
                                    burst,
                                    connection.index,
                                    isWatched ? GetWatch(round) : 0,
                                    isSpread ? GetFlightRate(connection) : 0};
    if (round.isLast && passage.earliest == 0 && (round.isOpening || isInTurn || isSecond) &&
        !(*m_links)[connection.path->forth.front()].isInTurn &&
        m_links->AreUp(connection.path->forth))
    {
        passage.isFollowed = true;
        passage.followedSince = round.start;
        m_queues->Follow(flight, round.lag, passage.message.id);
        return;
    }
    m_queues->Send(flight, round.lag);
}

double
FlowMessageTransport::GetFlightRate(const FlowConnection& connection) const
{
    // Acknowledgements come as the flight before has arrived: alternating with others that came
    // over other links, and whole behind those that its own sender had sent.
    const std::vector<uint32_t>& forth = connection.path->forth;
    double arrives = (*m_links)[forth.front()].rate;
    for (std::size_t hop = 1; hop < forth.size(); ++hop)
    {
        arrives = std::min(arrives, m_waiting->GetShare(forth[hop]));
    }
    return LETS_GO * arrives;
}

void
FlowMessageTransport::HandleHead(uint32_t index, uint32_t watch)
{
    FlowConnection& connection = *m_connections[index];
    if (!connection.isSending || GetWatch(connection.round) != watch)
    {
        return;
    }
    // Its acknowledgement leaves now.
    const FlowPath& path = *connection.path;
    const double now = m_events.GetSecondsNow();
    double back = 0;
    for (const uint32_t link : path.back)
    {
        const double later = link == path.back.front() ? 0 : path.latencyBack;
        back += std::max(m_queues->GetWait(link, now) - later,
                         m_waiting->GetStanding(link, later, now));
    }
    connection.round.seenBack = back;
}

void
FlowMessageTransport::ScheduleNextRound(FlowConnection& connection)
{
    FlowRound& round = connection.round;
    // Where the path, not the window, is the limit, acknowledgements come as fast as it carries.
    const bool isAtCap = m_network->IsAtCap(connection.flow);
    round.isLimited = !isAtCap && !round.isFirst;
    round.isFirst = false;
    const double sends = isAtCap || round.lost > 0 ? round.window : connection.GetRoom();
    const double left = round.isLast ? 0 : std::max(0.0, round.remaining - sends);
    // Rounds of a segment or two each would not change anything in a crowd: it goes on so until its
    // window is the limit again, or until half of what is left has been sent, as the crowd may have
    // gone by then.
    const bool isBig = round.isCrowded && IsBesideVeryMany(connection);
    round.isCrowded = round.isCrowded && !isAtCap && left / 2 > round.window;
    double stage = round.isCrowded ? left / 2 : left;
    if (isBig && left > 2 * round.window && !(isAtCap && connection.window.IsSlowStart()))
    {
        // Beside very many it is looked at more seldom, and, where its window is the limit already,
        // after some rounds, in all of which that grows.
        round.isCrowded = true;
        const double least = isAtCap ? left - (ROUNDS_AT_CAP - 1) * round.window : 0;
        stage = std::max({left * LEFT_IN_CROWD, round.window, least});
    }
    m_waiting->Update(connection);
    m_network->SetStage(connection.flow, stage, round.isCrowded && !isAtCap ? left : 0);
}

void
FlowMessageTransport::TellFirstByte(const FlowConnection& connection,
                                    FlowPassage& passage,
                                    double now)
{
    if (std::exchange(passage.isBegun, true))
    {
        return;
    }
    const FlowPath& path = *passage.path;
    const FlowRound& round = connection.round;
    double first = round.start + round.lag + path.latencyForth +
                   m_queues->GetWaited(connection.index, path.forth.back(), now);
    const auto segment = std::min(m_segment.GetSize(), static_cast<double>(passage.wireBytes));
    for (const uint32_t link : path.forth)
    {
        first += segment / (*m_links)[link].rate;
    }
    NotifyFirstByte(passage.message.id, ToTime(first));
}

void
FlowMessageTransport::EndRound(FlowConnection& connection, double now)
{
    FlowRound& round = connection.round;
    if (round.isOpening && !connection.isPaused)
    {
        TellFirstByte(connection, connection.underway.back(), now);
    }
    const double all = round.remaining - m_network->GetRemaining(connection.flow, now);
    // Of a crowd, one of the rounds that it stands for, if the path was the limit.
    const bool isOne = round.isCrowded && !m_network->IsAtCap(connection.flow);
    const double sent = isOne ? std::min(all, round.window) : all;
    double comes = now;
    if (round.isLimited && all > 0)
    {
        // In slow start what waits grows in the round: its first segment comes behind a window of
        // its own that has not yet grown by what the round before has sent, and behind others' that
        // are in the middle of theirs.
        const double each = (now - round.start) / all;
        const auto nOthers =
            static_cast<double>(m_network->GetSolver().GetNFlows(m_waiting->Get(connection)) - 1);
        const double early = round.grown * (1 + 0.5 * nOthers) / (1 + nOthers);
        round.first = std::max({round.wait,
                                each * (connection.GetRoom() - early),
                                connection.path->roundTrip + round.seenBack.value_or(0)});
        round.last = std::max(round.first, each * connection.GetRoom());
    }
    else
    {
        // Who sends behind others at the same node has its acknowledgements later, too: what it
        // sends next comes to a queue that has become shorter meanwhile.
        const FlowPath& path = *connection.path;
        const double spread = round.last - round.first;
        const double waited = m_queues->GetWaited(connection.index, path.forth.back(), now);
        const double trip = path.roundTrip + round.seenBack.value_or(round.back) + waited;
        const bool isInTurn = (*m_links)[path.forth.front()].isInTurn;
        round.first = std::max(isInTurn ? round.first : round.wait, trip);
        round.last = round.first + spread;
        comes = round.start + (isInTurn ? round.wait : std::max(round.wait, round.lag + trip));
        round.lag = isInTurn || connection.unacknowledged
                        ? 0
                        : std::max(0.0, round.start + round.lag + trip - now);
    }
    // From the first segment that is lost on the window does not grow.
    const double arrives =
        std::max(0.0, std::min(sent, round.intact) - (round.isOpening ? GetHeldBack(round) : 0));
    const double grows = round.isRepairing ? 0 : arrives;
    const bool isLossy = round.intact < FluidNetwork::NEVER;
    // All that was sent before a loss was known is repaired with it, at one price.
    const bool isOneRepair = round.isRepairing && round.intact < round.unaware;
    const double follows = connection.window.IsSlowStart() ? LETS_GO * arrives : arrives;
    round.unaware = isLossy && !isOneRepair ? follows + UNTOLD * m_segment.GetSize() : 0;
    const FlowLink& link = (*m_links)[m_waiting->Get(connection)];
    const double standing = round.isLimited ? m_waiting->GetBacklog(connection, now) /
                                                  m_waiting->GetShare(m_waiting->Get(connection))
                                            : 0;
    const bool shrinks = (round.lost > 0 && !isOneRepair) || round.isShrinking ||
                         connection.codel.Drops(link, standing, now);
    // A round that is not the first one of its message follows one that has filled the window. One
    // that a full queue has taken segments of is followed by their repair, in which the window does
    // not grow. What was lost by chance was under way, too.
    const double before = connection.unacknowledged ? connection.unacknowledged->bytes : 0;
    const double whole = isLossy ? sent + round.lost : grows;
    const bool wasFull = !round.isOpening && (round.lost == 0 || isLossy);
    const double underway = wasFull ? connection.window.Get() : whole + before;
    const double windowBefore = connection.window.Get();
    Acknowledge(connection,
                {{grows,
                  underway,
                  round.first,
                  round.last,
                  connection.path->roundTrip,
                  m_waiting->GetShare(m_waiting->Get(connection)),
                  whole},
                 sent,
                 shrinks ? now : comes},
                now);
    round.grown = std::max(0.0, connection.window.Get() - windowBefore);
    if (connection.window.TakeClose() && IsWindowShared(connection, now))
    {
        CountDoubtful(connection, FlowDoubt::SLOW_START);
    }
    if (shrinks)
    {
        connection.window.Shrink(now);
    }
    if (round.pause == 0 && sent > 0)
    {
        connection.nTimeouts = 0;
        connection.isProbing = false;
    }
    m_waiting->Update(connection);
}

void
FlowMessageTransport::Acknowledge(FlowConnection& connection,
                                  const FlowUnacknowledged& sent,
                                  double now)
{
    const bool overlaps = connection.unacknowledged.has_value();
    if (overlaps)
    {
        connection.window.Grow(connection.unacknowledged->growth, now);
        connection.unacknowledged.reset();
    }
    // A round within a message ends with its acknowledgements, if nothing was under way before it.
    const bool isEnd = m_network->GetRemaining(connection.flow, now) < 1;
    if ((isEnd || overlaps) && sent.comes > now && sent.bytes > m_segment.GetSize())
    {
        connection.unacknowledged = sent;
        return;
    }
    connection.window.Grow(sent.growth, now);
}

void
FlowMessageTransport::AcknowledgeBefore(FlowConnection& connection, double now)
{
    if (connection.unacknowledged && connection.unacknowledged->comes <= now)
    {
        connection.window.Grow(connection.unacknowledged->growth, connection.lastSent);
        connection.unacknowledged.reset();
    }
}

} // namespace murmuration
} // namespace ns3
