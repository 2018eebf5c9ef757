/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "burst-queues.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

BurstQueues::BurstQueues(const std::vector<FlowLink>& links,
                         EventPool& events,
                         double segment,
                         uint32_t limit,
                         ArrivalCallback arrival)
    : m_links(links),
      m_events(events),
      m_segment(segment),
      m_limit(limit * segment),
      m_arrival(arrival),
      m_busyUntil(links.size(), 0),
      m_coming(links.size(), 0),
      m_heads(links.size())
{
}

void
BurstQueues::Send(std::shared_ptr<const FlowPath> path, double bytes)
{
    PassHead(std::move(path), 0, bytes, false);
}

void
BurstQueues::Follow(std::shared_ptr<const FlowPath> path,
                    double bytes,
                    uint32_t sender,
                    uint64_t message)
{
    PassHead(path, 0, bytes, true);
    PassTail(std::move(path), 0, std::min(bytes, m_segment), sender, message);
}

double
BurstQueues::GetDelay(uint32_t link)
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
    m_busyUntil[link] = std::min(start + head.bytes / rate, std::max(start, time + m_limit / rate));
    m_coming[link] += head.isFollowed;
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
BurstQueues::PassHead(std::shared_ptr<const FlowPath> path,
                      uint32_t hop,
                      double bytes,
                      bool isFollowed)
{
    const uint32_t link = path->forth[hop];
    CatchUp(link);
    const double start = SetClock(link, {Simulator::Now(), m_nHeads++, bytes, isFollowed});
    const uint32_t next = hop + 1;
    if (next == path->forth.size())
    {
        return;
    }
    const double rate = m_links[link].rate;
    const Time delay = ToTime(start + std::min(bytes, m_segment) / rate +
                              GetPropagation(*path, hop) - SecondsNow());
    if (next + 1 < path->forth.size())
    {
        m_events.Schedule(delay, [this, path = std::move(path), next, bytes, isFollowed]() mutable {
            PassHead(std::move(path), next, bytes, isFollowed);
        });
        return;
    }
    // Nothing follows from what comes to the last link until somebody asks for its clock.
    std::vector<Head>& heads = m_heads[path->forth[next]];
    CatchUp(path->forth[next]);
    heads.push_back({Simulator::Now() + delay, m_nHeads++, bytes, isFollowed});
    std::push_heap(heads.begin(), heads.end());
}

void
BurstQueues::PassTail(std::shared_ptr<const FlowPath> path,
                      uint32_t hop,
                      double lastSegment,
                      uint32_t sender,
                      uint64_t message)
{
    if (hop == path->forth.size())
    {
        m_arrival(sender, message);
        return;
    }
    const uint32_t link = path->forth[hop];
    const double now = SecondsNow();
    const double transmission = lastSegment / m_links[link].rate;
    CatchUp(link);
    // Of each other burst that is still coming, a last segment at least comes later.
    --m_coming[link];
    const double end =
        std::max(now + transmission, m_busyUntil[link] - m_coming[link] * transmission);
    const double next = end + GetPropagation(*path, hop) - now;
    m_events.Schedule(ToTime(next),
                      [this, path = std::move(path), hop, lastSegment, sender, message]() mutable {
                          PassTail(std::move(path), hop + 1, lastSegment, sender, message);
                      });
}

} // namespace murmuration
} // namespace ns3
