/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "event-pool.h"

#include "ns3/log.h"
#include "ns3/make-event.h"
#include "ns3/simulator.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationEventPool");

EventPool::~EventPool()
{
    NS_LOG_FUNCTION(this << m_heap.size());
    m_pending.Cancel();
    for (const Item& item : m_heap)
    {
        m_slots[item.slot].take(*this, item.slot, false);
    }
}

uint32_t
EventPool::FindSlot()
{
    if (m_free.empty())
    {
        m_slots.emplace_back();
        return static_cast<uint32_t>(m_slots.size() - 1);
    }
    const uint32_t slot = m_free.back();
    m_free.pop_back();
    return slot;
}

void
EventPool::Push(Time delay, uint32_t slot)
{
    // To ask the simulator for the time costs as much as all the rest.
    const int64_t now = m_isRunning ? m_now : Simulator::Now().GetNanoSeconds();
    const int64_t time = now + delay.GetNanoSeconds();
    m_heap.push_back({time, m_nScheduled++, slot});
    std::push_heap(m_heap.begin(), m_heap.end());
    if (!m_isRunning)
    {
        Announce(now);
    }
}

void
EventPool::Announce(int64_t now)
{
    if (m_heap.empty() || m_heap.front().time >= m_pendingTime)
    {
        return;
    }
    if (m_pendingTime != NEVER)
    {
        // It is canceled with that, for good.
        Simulator::Remove(m_pending);
        m_run = nullptr;
    }
    if (!m_run)
    {
        m_run = Ptr<EventImpl>(MakeEvent(&EventPool::Run, this), false);
    }
    m_pendingTime = m_heap.front().time;
    m_pending = Simulator::Schedule(NanoSeconds(m_pendingTime - now), m_run);
}

void
EventPool::Run()
{
    m_now = Simulator::Now().GetNanoSeconds();
    m_pendingTime = NEVER;
    m_isRunning = true;
    while (!m_heap.empty() && m_heap.front().time <= m_now)
    {
        const uint32_t slot = m_heap.front().slot;
        std::pop_heap(m_heap.begin(), m_heap.end());
        m_heap.pop_back();
        m_slots[slot].take(*this, slot, true);
    }
    m_isRunning = false;
    Announce(m_now);
}

} // namespace murmuration
} // namespace ns3
