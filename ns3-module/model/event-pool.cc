/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "event-pool.h"

#include "ns3/log.h"
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
    const int64_t time = Simulator::Now().GetNanoSeconds() + delay.GetNanoSeconds();
    m_heap.push_back({time, m_nScheduled++, slot});
    std::push_heap(m_heap.begin(), m_heap.end());
    if (!m_isRunning)
    {
        Announce();
    }
}

void
EventPool::Announce()
{
    if (m_heap.empty() || m_heap.front().time >= m_pendingTime)
    {
        return;
    }
    if (m_pendingTime != NEVER)
    {
        Simulator::Remove(m_pending);
    }
    m_pendingTime = m_heap.front().time;
    m_pending =
        Simulator::Schedule(NanoSeconds(m_pendingTime) - Simulator::Now(), &EventPool::Run, this);
}

void
EventPool::Run()
{
    const int64_t now = Simulator::Now().GetNanoSeconds();
    m_pendingTime = NEVER;
    m_isRunning = true;
    while (!m_heap.empty() && m_heap.front().time <= now)
    {
        const uint32_t slot = m_heap.front().slot;
        std::pop_heap(m_heap.begin(), m_heap.end());
        m_heap.pop_back();
        m_slots[slot].take(*this, slot, true);
    }
    m_isRunning = false;
    Announce();
}

} // namespace murmuration
} // namespace ns3
