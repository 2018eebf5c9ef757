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

namespace
{

/** @return the simulated time in seconds */
double
Now()
{
    return Simulator::Now().GetSeconds();
}

} // namespace

BurstQueues::BurstQueues(Ptr<Underlay> underlay,
                         double segment,
                         uint32_t limit,
                         ArrivalCallback arrival)
    : m_underlay(underlay),
      m_segment(segment),
      m_limit(limit * segment),
      m_arrival(arrival),
      m_busyUntil(underlay->GetNLinks(), 0),
      m_coming(underlay->GetNLinks(), 0)
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
BurstQueues::GetDelay(uint32_t link) const
{
    return std::max(0.0, m_busyUntil[link] - Now());
}

double
BurstQueues::GetPropagation(const FlowPath& path, uint32_t hop) const
{
    const double delay = m_underlay->GetLink(path.forth[hop]).delay.GetSeconds();
    return hop == 0 ? delay + path.coreForth : delay;
}

void
BurstQueues::PassHead(std::shared_ptr<const FlowPath> path,
                      uint32_t hop,
                      double bytes,
                      bool isFollowed)
{
    const uint32_t link = path->forth[hop];
    const double rate = ByteRate(m_underlay->GetLink(link));
    const double now = Now();
    const double start = std::max(now, m_busyUntil[link]);
    // What finds the queue full is lost.
    m_busyUntil[link] = std::min(start + bytes / rate, std::max(start, now + m_limit / rate));
    m_coming[link] += isFollowed;
    if (hop + 1 < path->forth.size())
    {
        const double next =
            start + std::min(bytes, m_segment) / rate + GetPropagation(*path, hop) - now;
        Simulator::Schedule(Seconds(next),
                            &BurstQueues::PassHead,
                            this,
                            std::move(path),
                            hop + 1,
                            bytes,
                            isFollowed);
    }
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
    const double now = Now();
    const double transmission = lastSegment / ByteRate(m_underlay->GetLink(link));
    // Of each other burst that is still coming, a last segment at least comes later.
    --m_coming[link];
    const double end =
        std::max(now + transmission, m_busyUntil[link] - m_coming[link] * transmission);
    const double next = end + GetPropagation(*path, hop) - now;
    Simulator::Schedule(Seconds(next),
                        &BurstQueues::PassTail,
                        this,
                        std::move(path),
                        hop + 1,
                        lastSegment,
                        sender,
                        message);
}

} // namespace murmuration
} // namespace ns3
