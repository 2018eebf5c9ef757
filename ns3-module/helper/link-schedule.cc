/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "link-schedule.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationLinkSchedule");

namespace
{

/** After so many periods in which nothing else has happened, nothing will. */
constexpr int IDLE_PERIODS = 10;

/**
 * Abort if a trace is impossible.
 * @param trace the trace
 */
void
CheckTrace(const LinkTrace& trace)
{
    NS_ABORT_MSG_IF(trace.changes.empty(), "LinkSchedule::Add: the trace holds no change");
    Time last;
    for (const LinkChange& change : trace.changes)
    {
        NS_ABORT_MSG_IF(change.at < last,
                        "LinkSchedule::Add: changes out of order, got one at "
                            << change.at.As(Time::S) << " after one at " << last.As(Time::S));
        last = change.at;
    }
    NS_ABORT_MSG_IF(!trace.period.IsZero() && last >= trace.period,
                    "LinkSchedule::Add: a change at " << last.As(Time::S)
                                                      << ", allowed before the period's end, "
                                                      << trace.period.As(Time::S));
}

} // namespace

Time
LinkSchedule::Cursor::GetDue() const
{
    return origin + trace->changes[next].at;
}

bool
LinkSchedule::IsLater::operator()(std::size_t a, std::size_t b) const
{
    return std::pair((*cursors)[a].GetDue(), a) > std::pair((*cursors)[b].GetDue(), b);
}

LinkSchedule::LinkSchedule(Ptr<Underlay> underlay)
    : m_underlay(underlay)
{
    NS_LOG_FUNCTION(this << underlay);
}

LinkSchedule::~LinkSchedule()
{
    NS_LOG_FUNCTION(this);
    Stop();
}

void
LinkSchedule::Add(uint32_t link, std::shared_ptr<const LinkTrace> trace, Time offset)
{
    NS_LOG_FUNCTION(this << link << offset);
    NS_ABORT_MSG_IF(link >= m_underlay->GetNLinks(),
                    "LinkSchedule::Add: no such link, got " << link << ", allowed below "
                                                            << m_underlay->GetNLinks());
    NS_ABORT_MSG_IF(offset.IsStrictlyNegative(),
                    "LinkSchedule::Add: negative offset, got " << offset.As(Time::S));
    CheckTrace(*trace);
    m_longestPeriod = std::max(m_longestPeriod, trace->period);
    m_cursors.push_back({link, std::move(trace), Time(0) - offset, 0});
}

void
LinkSchedule::StopWhen(Callback<bool> isOver)
{
    m_isOver = isOver;
}

void
LinkSchedule::Start()
{
    NS_LOG_FUNCTION(this);
    m_lastActivity = Simulator::Now();
    for (std::size_t i = 0; i < m_cursors.size(); ++i)
    {
        Cursor& cursor = m_cursors[i];
        if (Enter(cursor))
        {
            m_heap.push_back(i);
            m_nFinite += cursor.trace->period.IsZero() ? 1 : 0;
        }
    }
    std::make_heap(m_heap.begin(), m_heap.end(), IsLater{&m_cursors});
    Wait();
}

void
LinkSchedule::Stop()
{
    NS_LOG_FUNCTION(this);
    m_event.Cancel();
    m_heap.clear();
}

bool
LinkSchedule::Enter(Cursor& cursor)
{
    const LinkTrace& trace = *cursor.trace;
    Time position = Time(0) - cursor.origin;
    // In force is the end of the turn before, if there was one, and then what this turn has
    // changed.
    LinkChange inForce{};
    const auto merge = [&inForce](const LinkChange& change) {
        inForce.rate = change.rate ? change.rate : inForce.rate;
        inForce.delay = change.delay ? change.delay : inForce.delay;
        inForce.isUp = change.isUp ? change.isUp : inForce.isUp;
    };
    if (!trace.period.IsZero())
    {
        position = NanoSeconds(position.GetNanoSeconds() % trace.period.GetNanoSeconds());
        std::for_each(trace.changes.begin(), trace.changes.end(), merge);
    }
    cursor.origin = Simulator::Now() - position;
    const auto next = std::upper_bound(
        trace.changes.begin(),
        trace.changes.end(),
        position,
        [](const Time& time, const LinkChange& change) { return time < change.at; });
    std::for_each(trace.changes.begin(), next, merge);
    Apply(cursor.link, inForce);
    if (next == trace.changes.begin())
    {
        return true;
    }
    cursor.next = static_cast<std::size_t>(next - trace.changes.begin()) - 1;
    return Step(cursor);
}

bool
LinkSchedule::Step(Cursor& cursor)
{
    if (++cursor.next < cursor.trace->changes.size())
    {
        return true;
    }
    cursor.next = 0;
    cursor.origin += cursor.trace->period;
    return !cursor.trace->period.IsZero();
}

void
LinkSchedule::Apply(uint32_t link, const LinkChange& change)
{
    Underlay::Link state = m_underlay->GetLink(link);
    state.rate = change.rate.value_or(state.rate);
    state.delay = change.delay.value_or(state.delay);
    state.isUp = change.isUp.value_or(state.isUp);
    if (!(state == m_underlay->GetLink(link)))
    {
        NS_LOG_LOGIC(m_underlay->GetLinkName(link) << " is now " << (state.isUp ? "up" : "down")
                                                   << ", " << state.rate << ", "
                                                   << state.delay.As(Time::MS));
        m_underlay->SetLink(link, state);
    }
}

void
LinkSchedule::Advance()
{
    const IsLater isLater{&m_cursors};
    while (!m_heap.empty() && m_cursors[m_heap.front()].GetDue() <= Simulator::Now())
    {
        std::pop_heap(m_heap.begin(), m_heap.end(), isLater);
        Cursor& cursor = m_cursors[m_heap.back()];
        Apply(cursor.link, cursor.trace->changes[cursor.next]);
        if (Step(cursor))
        {
            std::push_heap(m_heap.begin(), m_heap.end(), isLater);
        }
        else
        {
            m_heap.pop_back();
            --m_nFinite;
        }
    }
    Wait();
}

void
LinkSchedule::Wait()
{
    if (m_heap.empty() || (!m_isOver.IsNull() && m_isOver()) || IsIdle())
    {
        NS_LOG_LOGIC("no further change");
        return;
    }
    const Time due = m_cursors[m_heap.front()].GetDue();
    m_event = Simulator::Schedule(due - Simulator::Now(), &LinkSchedule::Advance, this);
}

bool
LinkSchedule::IsIdle()
{
    // Of this schedule nothing is pending at this moment.
    if (!Simulator::IsFinished())
    {
        m_lastActivity = Simulator::Now();
    }
    return m_nFinite == 0 && Simulator::Now() - m_lastActivity > IDLE_PERIODS * m_longestPeriod;
}

} // namespace murmuration
} // namespace ns3
