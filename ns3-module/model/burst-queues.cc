/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "burst-queues.h"

#include "ns3/log.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationBurstQueues");

namespace
{

constexpr double NANOSECOND = 1e-9; //!< In seconds; as GetSecondsNow() reckons

} // namespace

BurstQueues::BurstQueues(const FlowLinks& links,
                         EventPool& events,
                         double segment,
                         ArrivalCallback arrival,
                         HeadCallback head)
    : m_links(links),
      m_events(events),
      m_segment(segment),
      m_arrival(arrival),
      m_head(head),
      m_clocks(links.GetN())
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
    if (burst.rate > 0 && burst.bytes > m_segment)
    {
        const Time later = ToTime((burst.bytes - m_segment) / burst.rate);
        m_events.Schedule(later, [this, burst = std::move(burst), message]() mutable {
            PassTail(std::move(burst), 0, message);
        });
        return;
    }
    PassTail(std::move(burst), 0, message);
}

double
BurstQueues::GetWaited(uint32_t sender, uint32_t last, double now)
{
    CatchUp(last, now);
    return sender < m_waited.size() ? m_waited[sender] : 0;
}

double
BurstQueues::GetWait(uint32_t link, double now)
{
    CatchUp(link, now);
    return std::max(0.0, m_clocks[link].busyUntil - now - GetRest(link, now));
}

double
BurstQueues::GetWork(uint32_t link, double now)
{
    CatchUp(link, now);
    return std::max(0.0, m_clocks[link].busyUntil - now);
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
    const double time = head.time;
    const double start = std::max(time, m_clocks[link].busyUntil);
    // What finds the queue full is lost.
    m_clocks[link].busyUntil =
        std::min(start + head.bytes / rate, std::max(start, time + m_links[link].limit / rate));
    m_clocks[link].nComing += head.isFollowed;
    if (m_links[link].isInTurn)
    {
        return time;
    }
    // Bursts that come over several links at once alternate: what has not come yet is not waited
    // for.
    m_waited[head.sender] += std::max(0.0, start - time - GetRest(link, time));
    if (head.rate > 0 && head.bytes > m_segment)
    {
        const double ends = time + (head.bytes - m_segment) / head.rate;
        Clock& coming = m_clocks[link];
        coming.rate += head.rate;
        coming.ends += head.rate * ends;
        coming.parts.push_back({ends, head.rate});
        std::push_heap(coming.parts.begin(), coming.parts.end());
    }
    return start;
}

double
BurstQueues::GetRest(uint32_t link, double time)
{
    Clock& coming = m_clocks[link];
    while (!coming.parts.empty() && coming.parts.front().ends <= time)
    {
        const Part& part = coming.parts.front();
        coming.rate -= part.rate;
        coming.ends -= part.rate * part.ends;
        std::pop_heap(coming.parts.begin(), coming.parts.end());
        coming.parts.pop_back();
    }
    if (coming.parts.empty())
    {
        // Nothing is left of them by rounding, either.
        coming.rate = 0;
        coming.ends = 0;
        return 0;
    }
    return std::max(0.0, coming.ends - coming.rate * time) / m_links[link].rate;
}

void
BurstQueues::CatchUp(uint32_t link, double now)
{
    std::vector<Head>& heads = m_clocks[link].heads;
    while (!heads.empty() && heads.front().time <= now)
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
    const int64_t instant = m_events.GetNow();
    const double now = NANOSECOND * static_cast<double>(instant);
    CatchUp(link, now);
    const double comes = hop == 0 ? burst.rate : GetRate(burst, path.forth[hop - 1]);
    const double start =
        SetClock(link, {now, m_nHeads++, burst.bytes, comes, burst.sender, isFollowed});
    const uint32_t next = hop + 1;
    if (next == path.forth.size())
    {
        if (burst.watch > 0)
        {
            ArriveHead(burst.sender,
                       burst.watch,
                       start + m_segment / m_links[link].rate + GetPropagation(path, hop) - now);
        }
        return;
    }
    const double rate = m_links[link].rate;
    const Time delay =
        ToTime(start + std::min(burst.bytes, m_segment) / rate + GetPropagation(path, hop) - now);
    if (next + 1 < path.forth.size())
    {
        m_events.Schedule(delay, [this, burst = std::move(burst), next, isFollowed]() mutable {
            PassHead(std::move(burst), next, isFollowed);
        });
        return;
    }
    // Nothing follows from what comes to the last link until somebody asks for its clock.
    std::vector<Head>& heads = m_clocks[path.forth[next]].heads;
    CatchUp(path.forth[next], now);
    heads.push_back({NANOSECOND * static_cast<double>(instant + delay.GetNanoSeconds()),
                     m_nHeads++,
                     burst.bytes,
                     GetRate(burst, link),
                     burst.sender,
                     isFollowed});
    std::push_heap(heads.begin(), heads.end());
    if (burst.watch > 0)
    {
        const double last = m_segment / m_links[path.forth[next]].rate + GetPropagation(path, next);
        const double before = m_waited[burst.sender];
        m_events.Schedule(
            delay + ToTime(last),
            [this, before, watch = burst.watch, sender = burst.sender, end = path.forth[next]] {
                ArriveHead(sender,
                           watch,
                           GetWaited(sender, end, m_events.GetSecondsNow()) - before);
            });
    }
}

double
BurstQueues::GetRate(const Burst& burst, uint32_t link) const
{
    return burst.rate > 0 ? std::min(burst.rate, m_links[link].rate) : m_links[link].rate;
}

void
BurstQueues::ArriveHead(uint32_t sender, uint32_t watch, double waits)
{
    if (waits <= 0)
    {
        m_head(sender, watch);
        return;
    }
    m_events.Schedule(ToTime(waits), [this, sender, watch] { m_head(sender, watch); });
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
    const double now = m_events.GetSecondsNow();
    const double transmission = std::min(burst.bytes, m_segment) / m_links[link].rate;
    CatchUp(link, now);
    // What is still coming of other bursts is behind it: of each whose last byte is followed, a
    // last segment at least.
    --m_clocks[link].nComing;
    const double later = std::max(GetRest(link, now), m_clocks[link].nComing * transmission);
    const double end = std::max(now + transmission, m_clocks[link].busyUntil - later);
    const double next = end + GetPropagation(*burst.path, hop) - now;
    m_events.Schedule(ToTime(next), [this, burst = std::move(burst), hop, message]() mutable {
        PassTail(std::move(burst), hop + 1, message);
    });
}

} // namespace murmuration
} // namespace ns3
