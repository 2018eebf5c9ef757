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
        for (uint32_t slot = item.slot; slot != NONE;)
        {
            const uint32_t next = m_slots[slot].next;
            m_slots[slot].take(*this, slot, false);
            slot = next;
        }
    }
}

int64_t
EventPool::GetNow() const
{
    return m_isRunning ? m_now : Simulator::Now().GetNanoSeconds();
}

double
EventPool::GetSecondsNow() const
{
    return 1e-9 * static_cast<double>(GetNow());
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
    const int64_t now = GetNow();
    const int64_t time = now + delay.GetNanoSeconds();
    m_slots[slot].next = NONE;
    Chain& chain = FindChain(time);
    if (chain.time == time)
    {
        m_slots[chain.last].next = slot;
        chain.last = slot;
        return;
    }
    chain = {time, slot};
    const Item item{time, m_nScheduled++, slot};
    std::size_t place = m_heap.size();
    m_heap.push_back(item);
    for (; place > 0 && item.Precedes(m_heap[(place - 1) / CHILDREN]);
         place = (place - 1) / CHILDREN)
    {
        m_heap[place] = m_heap[(place - 1) / CHILDREN];
    }
    m_heap[place] = item;
    if (!m_isRunning)
    {
        Announce(now);
    }
}

EventPool::Chain&
EventPool::FindChain(int64_t time)
{
    // The golden ratio spreads instants that differ by round numbers.
    const uint64_t hash = static_cast<uint64_t>(time) * 0x9e3779b97f4a7c15U;
    return m_chains[(hash >> 32) % N_CHAINS];
}

void
EventPool::Pop()
{
    const Item last = m_heap.back();
    m_heap.pop_back();
    const std::size_t size = m_heap.size();
    if (size == 0)
    {
        return;
    }
    std::size_t place = 0;
    for (std::size_t child = 1; child < size; child = CHILDREN * place + 1)
    {
        const std::size_t end = std::min(child + CHILDREN, size);
        for (std::size_t other = child + 1; other < end; ++other)
        {
            child = m_heap[other].Precedes(m_heap[child]) ? other : child;
        }
        if (!m_heap[child].Precedes(last))
        {
            break;
        }
        m_heap[place] = m_heap[child];
        place = child;
    }
    m_heap[place] = last;
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
        Item& first = m_heap.front();
        const uint32_t slot = first.slot;
        if (m_slots[slot].next != NONE)
        {
            first.slot = m_slots[slot].next;
        }
        else
        {
            if (Chain& chain = FindChain(first.time); chain.last == slot)
            {
                chain = Chain{};
            }
            Pop();
        }
        m_slots[slot].take(*this, slot, true);
    }
    m_isRunning = false;
    Announce(m_now);
}

} // namespace murmuration
} // namespace ns3
