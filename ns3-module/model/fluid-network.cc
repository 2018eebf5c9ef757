/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "fluid-network.h"

#include "ns3/log.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFluidNetwork");

namespace
{

/** Events are due this much early, in seconds: the clock that drives them counts nanoseconds. */
constexpr double CLOCK_STEP = 1e-9;

} // namespace

FluidNetwork::FluidNetwork(const std::vector<double>& capacities)
    : m_nLinks(static_cast<uint32_t>(capacities.size())),
      m_limits(capacities.size()),
      m_waiting(capacities.size())
{
    NS_LOG_FUNCTION(this << capacities.size());
    for (const double capacity : capacities)
    {
        m_solver.AddLink(capacity);
    }
}

void
FluidNetwork::SetReturnShare(double share)
{
    m_solver.SetReturnShare(share);
}

void
FluidNetwork::SetExactUse(bool isExact)
{
    m_solver.SetExactUse(isExact);
}

void
FluidNetwork::SetCapacity(uint32_t link, double capacity)
{
    NS_LOG_FUNCTION(this << link << capacity);
    m_solver.SetCapacity(link, capacity);
}

uint32_t
FluidNetwork::CapOf(uint32_t flow) const
{
    return m_nLinks + flow;
}

uint32_t
FluidNetwork::Start(const std::vector<uint32_t>& links,
                    double amount,
                    double now,
                    const std::vector<uint32_t>& back)
{
    const uint32_t flow = m_solver.AddFlow(links, 1, NEVER, back);
    if (flow >= m_flows.size())
    {
        m_flows.resize(flow + 1);
        m_limits.resize(m_nLinks + flow + 1);
        m_attached.resize(flow + 1);
    }
    m_attached[flow] = MaxMinSolver::NO_LINK;
    m_flows[flow] = Progress{};
    m_flows[flow].isNew = true;
    m_flows[flow].isActive = true;
    m_flows[flow].mark = amount;
    m_flows[flow].cap = NEVER;
    m_limits[CapOf(flow)].since = now;
    m_unsettled.push_back(flow);
    return flow;
}

void
FluidNetwork::End(uint32_t flow, double now)
{
    SetLevel(CapOf(flow), 0, now);
    Dequeue(flow);
    m_flows[flow].isActive = false;
    m_next.Set(CapOf(flow), NEVER);
    m_solver.RemoveFlow(flow);
}

void
FluidNetwork::SetFlow(uint32_t flow, double weight, double cap, double now)
{
    Progress& progress = m_flows[flow];
    if (!progress.isNew && weight != progress.weight)
    {
        const double remaining = GetRemaining(flow, now);
        progress.mark = Received(progress.limit, now) + remaining / weight;
        progress.weight = weight;
        Enqueue(flow);
    }
    progress.weight = weight;
    progress.cap = cap / weight;
    m_solver.SetFlow(flow, weight, cap);
    m_unsettled.push_back(flow);
}

void
FluidNetwork::SetStage(uint32_t flow, double left, double leftAtCap)
{
    m_flows[flow].stage = left;
    m_flows[flow].stageAtCap = leftAtCap;
    m_flows[flow].isTaken = false;
    Enqueue(flow);
}

double
FluidNetwork::NextMark(const Progress& progress)
{
    return progress.mark - progress.stage / progress.weight;
}

void
FluidNetwork::Enqueue(uint32_t flow)
{
    const Progress& progress = m_flows[flow];
    if (progress.isNew)
    {
        return;
    }
    if (!progress.isAtCap && !progress.isTaken)
    {
        m_waiting.Set(progress.limit, flow, NextMark(progress));
    }
    MarkStale(progress.limit);
}

void
FluidNetwork::Dequeue(uint32_t flow)
{
    const Progress& progress = m_flows[flow];
    if (progress.isNew)
    {
        return;
    }
    if (!progress.isAtCap)
    {
        m_waiting.Remove(progress.limit, flow);
    }
    MarkStale(progress.limit);
}

void
FluidNetwork::SetLevel(uint32_t limit, double level, double now)
{
    Limit& state = m_limits[limit];
    state.received = Received(limit, now);
    state.since = now;
    state.level = level;
    MarkStale(limit);
}

void
FluidNetwork::MarkStale(uint32_t limit)
{
    if (!m_limits[limit].isStale)
    {
        m_limits[limit].isStale = true;
        m_stale.push_back(limit);
    }
}

void
FluidNetwork::Attach(uint32_t flow, double now)
{
    Progress& progress = m_flows[flow];
    const uint32_t bottleneck = m_solver.GetBottleneck(flow);
    const bool isAtCap = bottleneck == MaxMinSolver::NO_LINK;
    const uint32_t limit = isAtCap ? CapOf(flow) : bottleneck;
    if (progress.isNew || progress.limit != limit)
    {
        const double remaining = GetRemaining(flow, now);
        Dequeue(flow);
        progress.isNew = false;
        progress.isAtCap = isAtCap;
        progress.limit = limit;
        m_attached[flow] = limit;
        progress.mark = Received(limit, now) + remaining / progress.weight;
        if (isAtCap && progress.stageAtCap > 0)
        {
            progress.stage = std::min(progress.stageAtCap, remaining);
            progress.stageAtCap = 0;
        }
        Enqueue(flow);
    }
    if (isAtCap && m_limits[limit].level != progress.cap)
    {
        SetLevel(limit, progress.cap, now);
    }
}

void
FluidNetwork::Settle(double now)
{
    Resolve(now);
    Reschedule();
}

void
FluidNetwork::Resolve(double now)
{
    m_solver.Solve();
    // Flows leave and join the counts as these stand now; only then do the levels change.
    m_solver.ForEachMovedTo([this, now](uint32_t flow, uint32_t bottleneck) {
        // Those whose cap has changed are among the unsettled ones.
        const uint32_t limit = bottleneck == MaxMinSolver::NO_LINK ? CapOf(flow) : bottleneck;
        if (limit != m_attached[flow])
        {
            Attach(flow, now);
        }
    });
    for (const uint32_t flow : m_unsettled)
    {
        if (m_flows[flow].isActive)
        {
            Attach(flow, now);
        }
    }
    m_unsettled.clear();
    for (const uint32_t link : m_solver.GetChangedLinks())
    {
        const double level = m_solver.GetLevel(link);
        SetLevel(link, level == MaxMinSolver::INFINITE ? 0 : level, now);
    }
}

void
FluidNetwork::Reschedule()
{
    for (const uint32_t limit : m_stale)
    {
        m_limits[limit].isStale = false;
        Schedule(limit);
    }
    m_stale.clear();
}

void
FluidNetwork::Schedule(uint32_t limit)
{
    double mark = NEVER;
    if (limit < m_nLinks)
    {
        mark = m_waiting.IsEmpty(limit) ? NEVER : m_waiting.FirstKey(limit);
    }
    else if (const Progress& progress = m_flows[limit - m_nLinks];
             progress.isActive && progress.isAtCap && !progress.isTaken)
    {
        mark = NextMark(progress);
    }
    const Limit& state = m_limits[limit];
    const double left = std::max(0.0, mark - state.received);
    m_next.Set(limit, left == 0 ? state.since : state.since + left / state.level);
}

double
FluidNetwork::GetNextTime() const
{
    return m_next.FirstTime();
}

bool
FluidNetwork::TakeEvent(double now, Event& event)
{
    if (m_next.FirstTime() > now + CLOCK_STEP)
    {
        return false;
    }
    const uint32_t limit = m_next.First();
    event.flow = limit < m_nLinks ? m_waiting.First(limit) : limit - m_nLinks;
    Progress& progress = m_flows[event.flow];
    event.isFinished = progress.stage == 0;
    progress.isTaken = true;
    Dequeue(event.flow);
    Schedule(limit);
    return true;
}

} // namespace murmuration
} // namespace ns3
