/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-queue.h"

#include "ns3/log.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketQueue");

namespace
{

/** Bytes that a queue of FqCoDel may send in its turn, and that CoDel never drops: a full packet.
 */
constexpr int64_t FULL_PACKET = 1500;

/** Queues of FqCoDel. */
constexpr uint32_t N_QUEUES = 1024;

/** How many packets are dropped at once when all is full. */
constexpr uint32_t DROP_BATCH = 64;

} // namespace

bool
PacketCodel::MayDrop(const LinkQueue& settings, int64_t waited, uint64_t left, int64_t now)
{
    if (waited < settings.target.GetNanoSeconds() || left <= FULL_PACKET)
    {
        m_firstAbove = 0;
        return false;
    }
    if (m_firstAbove == 0)
    {
        m_firstAbove = now + settings.interval.GetNanoSeconds();
        return false;
    }
    return now > m_firstAbove;
}

void
PacketCodel::HandleEmpty(bool isFirst)
{
    // One that was empty when its turn came is not looked at: codel_dequeue() ends before
    // codel_should_drop().
    m_firstAbove = isFirst ? m_firstAbove : 0;
    m_isDropping = false;
    m_hasBegun = false;
}

int64_t
PacketCodel::GetNextDrop(const LinkQueue& settings, int64_t since) const
{
    const auto interval = static_cast<double>(settings.interval.GetNanoSeconds());
    return since + std::llround(interval / std::sqrt(static_cast<double>(m_count)));
}

PacketCodel::Verdict
PacketCodel::Judge(const LinkQueue& settings, bool mayDrop, bool isFirst, int64_t now)
{
    if (m_isDropping && !m_hasBegun)
    {
        if (!mayDrop)
        {
            m_isDropping = false;
            return Verdict::SEND;
        }
        if (!isFirst)
        {
            m_nextDrop = GetNextDrop(settings, m_nextDrop);
        }
        if (now < m_nextDrop)
        {
            return Verdict::SEND;
        }
        ++m_count;
        return Verdict::DROP;
    }
    if (m_hasBegun)
    {
        // The packet behind the one whose drop began it leaves whatever it is.
        m_hasBegun = false;
        return Verdict::SEND;
    }
    if (!mayDrop)
    {
        return Verdict::SEND;
    }
    // If it dropped not long ago, it goes on with the frequency that was right then.
    const uint32_t delta = m_count - m_lastCount;
    const bool isRecent = now - m_nextDrop < 16 * settings.interval.GetNanoSeconds();
    m_count = delta > 1 && isRecent ? delta : 1;
    m_lastCount = m_count;
    m_nextDrop = GetNextDrop(settings, now);
    m_isDropping = true;
    m_hasBegun = true;
    return Verdict::DROP;
}

void
PacketCodel::HandleMarked(const LinkQueue& settings)
{
    if (m_hasBegun)
    {
        m_hasBegun = false; // This one has left, and not the one behind it.
        return;
    }
    m_nextDrop = GetNextDrop(settings, m_nextDrop);
}

PacketQueue::PacketQueue() = default;

PacketQueue::~PacketQueue() = default;

PacketQueue::PacketQueue(PacketQueue&&) noexcept = default;

void
PacketQueue::Configure(const LinkQueue& settings, const DataRate& rate)
{
    NS_LOG_FUNCTION(this << static_cast<int>(settings.discipline) << settings.size << rate);
    const QueueSize most = settings.GetMaxSize(rate);
    const bool inPackets = most.GetUnit() == QueueSizeUnit::PACKETS;
    m_maxPackets = inPackets ? most.GetValue() : UINT32_MAX;
    m_maxBytes = inPackets ? UINT64_MAX : most.GetValue();
    if (settings.discipline != LinkQueue::Discipline::DROP_TAIL)
    {
        m_active = std::make_unique<Active>();
        m_active->settings = settings;
    }
}

uint32_t
PacketQueue::FindQueue(uint32_t flow)
{
    // Fibonacci hashing: neighboring numbers fall far apart.
    const bool isFair = m_active->settings.discipline == LinkQueue::Discipline::FQ_CODEL;
    const uint32_t hash = isFair ? (flow * 2654435769U) >> 22 : 0;
    static_assert(N_QUEUES == 1U << (32 - 22), "the hash has as many values as there are queues");
    const auto place = static_cast<uint32_t>(m_active->queues.size());
    const auto [found, isNew] = m_active->byHash.emplace(hash, place);
    if (isNew)
    {
        m_active->queues.emplace_back();
    }
    return found->second;
}

void
PacketQueue::EnqueueActive(PacketPool& pool, uint32_t packet, std::vector<uint32_t>& dropped)
{
    const PacketSegment& segment = pool[packet];
    const bool isFair = m_active->settings.discipline == LinkQueue::Discipline::FQ_CODEL;
    const bool isFull = m_packets >= m_maxPackets || m_bytes + segment.size > m_maxBytes;
    if (isFull && !isFair)
    {
        dropped.push_back(packet);
        return;
    }
    const uint32_t place = FindQueue(segment.flow);
    SubQueue& queue = m_active->queues[place];
    queue.line.Append(pool, packet);
    queue.bytes += segment.size;
    ++queue.packets;
    m_bytes += segment.size;
    ++m_packets;
    if (!queue.isListed)
    {
        queue.isListed = true;
        queue.deficit = FULL_PACKET;
        m_active->fresh.insert(m_active->fresh.begin(), place);
    }
    if (isFull)
    {
        DropFromFattest(pool, dropped);
    }
}

void
PacketQueue::DropFromFattest(PacketPool& pool, std::vector<uint32_t>& dropped)
{
    const auto fattest =
        std::max_element(m_active->queues.begin(),
                         m_active->queues.end(),
                         [](const SubQueue& a, const SubQueue& b) { return a.bytes < b.bytes; });
    const uint64_t enough = fattest->bytes / 2;
    uint64_t bytes = 0;
    for (uint32_t count = 0; count < DROP_BATCH && bytes < std::max<uint64_t>(enough, 1); ++count)
    {
        const uint32_t packet = TakeFirst(*fattest, pool);
        bytes += pool[packet].size;
        dropped.push_back(packet);
    }
}

uint32_t
PacketQueue::TakeFirst(SubQueue& queue, PacketPool& pool)
{
    if (queue.line.IsEmpty())
    {
        return PacketPool::NONE;
    }
    const uint32_t packet = queue.line.TakeFirst(pool);
    const uint32_t size = pool[packet].size;
    queue.bytes -= size;
    --queue.packets;
    m_bytes -= size;
    --m_packets;
    return packet;
}

uint32_t
PacketQueue::DequeueFrom(SubQueue& queue,
                         PacketPool& pool,
                         int64_t now,
                         std::vector<uint32_t>& dropped)
{
    const LinkQueue& settings = m_active->settings;
    for (bool isFirst = true;; isFirst = false)
    {
        const uint32_t packet = TakeFirst(queue, pool);
        if (packet == PacketPool::NONE)
        {
            queue.codel.HandleEmpty(isFirst);
            return packet;
        }
        // Linux looks at the bytes of all queues together, as the link needs them to be busy.
        const bool mayDrop = queue.codel.MayDrop(settings, now - pool[packet].time, m_bytes, now);
        if (queue.codel.Judge(settings, mayDrop, isFirst, now) == PacketCodel::Verdict::SEND)
        {
            return packet;
        }
        if ((pool[packet].marks & PacketSegment::CAPABLE) != 0)
        {
            pool[packet].marks |= PacketSegment::CONGESTED;
            queue.codel.HandleMarked(settings);
            return packet;
        }
        dropped.push_back(packet);
    }
}

uint32_t
PacketQueue::DequeueActive(PacketPool& pool, int64_t now, std::vector<uint32_t>& dropped)
{
    Active& active = *m_active;
    for (;;)
    {
        const bool isFresh = !active.fresh.empty();
        if (!isFresh && active.oldFirst == active.old.size())
        {
            return PacketPool::NONE;
        }
        const uint32_t place = isFresh ? active.fresh.back() : active.old[active.oldFirst];
        const auto takeFromList = [&active, isFresh] {
            if (isFresh)
            {
                active.fresh.pop_back();
            }
            else if (++active.oldFirst > 64 && 2 * active.oldFirst > active.old.size())
            {
                active.old.erase(active.old.begin(),
                                 active.old.begin() + static_cast<std::ptrdiff_t>(active.oldFirst));
                active.oldFirst = 0;
            }
        };
        SubQueue& queue = active.queues[place];
        if (queue.deficit <= 0)
        {
            queue.deficit += FULL_PACKET;
            takeFromList();
            active.old.push_back(place);
            continue;
        }
        const uint32_t packet = DequeueFrom(queue, pool, now, dropped);
        if (packet != PacketPool::NONE)
        {
            queue.deficit -= pool[packet].size;
            return packet;
        }
        takeFromList();
        // A new queue that has run empty takes its place among the old ones once: else one that
        // sends now and then would always be first.
        const bool othersWait = active.oldFirst < active.old.size();
        if (isFresh && othersWait)
        {
            active.old.push_back(place);
        }
        else
        {
            queue.isListed = false;
        }
    }
}

} // namespace murmuration
} // namespace ns3
