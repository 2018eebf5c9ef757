/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "burst-queues.h"

#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationBurstQueues");

BurstQueues::BurstQueues(const FlowLinks& links,
                         EventPool& events,
                         double segment,
                         ArrivalCallback arrival)
    : m_links(links),
      m_events(events),
      m_segment(segment),
      m_arrival(arrival),
      m_busyUntil(links.GetN(), 0),
      m_partly(links.GetN()),
      m_coming(links.GetN(), 0),
      m_heads(links.GetN())
{
    NS_LOG_FUNCTION(this << segment);
}

void
BurstQueues::Send(Burst burst, double lag)
{
    if (burst.sender >= m_waited.size())
    {
        m_waited.resize(burst.sender + 1);
    }
    m_waited[burst.sender] = 0;
    if (lag <= 0)
    {
        PassHead(std::move(burst), 0, false);
        return;
    }
    m_events.Schedule(ToTime(lag), [this, burst = std::move(burst)]() mutable {
        PassHead(std::move(burst), 0, false);
    });
}

void
BurstQueues::Follow(Burst burst, double lag, uint64_t message)
{
    if (lag > 0)
    {
        m_events.Schedule(ToTime(lag), [this, burst = std::move(burst), message]() mutable {
            Follow(std::move(burst), 0, message);
        });
        return;
    }
    if (burst.sender >= m_waited.size())
    {
        m_waited.resize(burst.sender + 1);
    }
    PassHead(burst, 0, true);
    PassTail(std::move(burst), 0, message);
}

double
BurstQueues::GetWaited(uint32_t sender, uint32_t last)
{
    CatchUp(last);
    return sender < m_waited.size() ? m_waited[sender] : 0;
}

double
BurstQueues::GetWork(uint32_t link)
{
    CatchUp(link);
    return std::max(0.0, m_busyUntil[link] - SecondsNow());
}

double
BurstQueues::GetPropagation(const FlowPath& path, uint32_t hop) const
{
    const double delay = m_links[path.forth[hop]].delay;
    return hop == 0 ? delay + path.coreForth : delay;
}

double
BurstQueues::SetClock(uint32_t link, const Head& head)
{
    const double rate = m_links[link].rate;
    const double time = 1e-9 * static_cast<double>(head.time.GetNanoSeconds());
    const double start = std::max(time, m_busyUntil[link]);
    // What finds the queue full is lost.
    m_busyUntil[link] =
        std::min(start + head.bytes / rate, std::max(start, time + m_links[link].limit / rate));
    m_coming[link] += head.isFollowed;
    if (m_links[link].isInTurn)
    {
        return time;
    }
    // Bursts that come over several links at once alternate: what has not come yet is not waited
    // for.
    Coming& coming = m_partly[link];
    coming.bytes = std::max(0.0, coming.bytes - coming.rate * (time - coming.time));
    coming.rate = coming.bytes > 0 ? coming.rate : 0;
    coming.time = time;
    m_waited[head.sender] += std::max(0.0, start - time - coming.bytes / rate);
    if (head.rate > 0)
    {
        coming.bytes += head.bytes;
        coming.rate += head.rate;
    }
    return start;
}

void
BurstQueues::CatchUp(uint32_t link)
{
    std::vector<Head>& heads = m_heads[link];
    while (!heads.empty() && heads.front().time <= Simulator::Now())
    {
        SetClock(link, heads.front());
        std::pop_heap(heads.begin(), heads.end());
        heads.pop_back();
    }
}

void
BurstQueues::PassHead(Burst burst, uint32_t hop, bool isFollowed)
{
    const FlowPath& path = *burst.path;
    const uint32_t link = path.forth[hop];
    CatchUp(link);
    const double start = SetClock(link,
                                  {Simulator::Now(),
                                   m_nHeads++,
                                   burst.bytes,
                                   hop == 0 ? 0 : m_links[path.forth[hop - 1]].rate,
                                   burst.sender,
                                   isFollowed});
    const uint32_t next = hop + 1;
    if (next == path.forth.size())
    {
        return;
    }
    const double rate = m_links[link].rate;
    const Time delay = ToTime(start + std::min(burst.bytes, m_segment) / rate +
                              GetPropagation(path, hop) - SecondsNow());
    if (next + 1 < path.forth.size())
    {
        m_events.Schedule(delay, [this, burst = std::move(burst), next, isFollowed]() mutable {
            PassHead(std::move(burst), next, isFollowed);
        });
        return;
    }
    // Nothing follows from what comes to the last link until somebody asks for its clock.
    std::vector<Head>& heads = m_heads[path.forth[next]];
    CatchUp(path.forth[next]);
    heads.push_back(
        {Simulator::Now() + delay, m_nHeads++, burst.bytes, rate, burst.sender, isFollowed});
    std::push_heap(heads.begin(), heads.end());
}

void
BurstQueues::PassTail(Burst burst, uint32_t hop, uint64_t message)
{
    if (hop == burst.path->forth.size())
    {
        m_arrival(burst.sender, message);
        return;
    }
    const uint32_t link = burst.path->forth[hop];
    const double now = SecondsNow();
    const double transmission = std::min(burst.bytes, m_segment) / m_links[link].rate;
    CatchUp(link);
    // Of each other burst that is still coming, a last segment at least comes later.
    --m_coming[link];
    const double end =
        std::max(now + transmission, m_busyUntil[link] - m_coming[link] * transmission);
    const double next = end + GetPropagation(*burst.path, hop) - now;
    m_events.Schedule(ToTime(next), [this, burst = std::move(burst), hop, message]() mutable {
        PassTail(std::move(burst), hop + 1, message);
    });
}

} // namespace murmuration
} // namespace ns3
