/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_QUEUE_H
#define MURMURATION_PACKET_QUEUE_H

#include "link-queue.h"
#include "packet-segment.h"

#include "ns3/data-rate.h"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What CoDel knows of a queue, and when it lets it drop [RFC 8289].
 *
 * As Linux has it (include/net/codel_impl.h), but that 1 / sqrt(count) is not approximated.
 */
class PacketCodel
{
  public:
    /**
     * @brief Whether a packet that has come to the head of the queue may be dropped.
     * @param settings target and interval
     * @param waited how long it has waited, in ns
     * @param left bytes in the queue behind it
     * @param now the time
     * @return true if waits have been too long for an interval
     */
    bool MayDrop(const LinkQueue& settings, int64_t waited, uint64_t left, int64_t now);

    /**
     * @brief The queue is empty.
     * @param isFirst whether it was so when its turn came; if not, what was left was dropped
     */
    void HandleEmpty(bool isFirst);

    /** What is to become of the packet at the head. */
    enum class Verdict
    {
        SEND, //!< It leaves
        DROP, //!< It is dropped, and the next one looked at
    };

    /**
     * @brief Judge the packet at the head.
     * @param settings target and interval
     * @param mayDrop what MayDrop() says of it
     * @param isFirst whether it is the first one looked at for this departure
     * @param now the time
     * @return the verdict
     */
    Verdict Judge(const LinkQueue& settings, bool mayDrop, bool isFirst, int64_t now);

    /**
     * @brief A packet that was to be dropped is marked instead, and leaves.
     * @param settings target and interval
     */
    void HandleMarked(const LinkQueue& settings);

  private:
    /**
     * @brief When the next drop is due.
     * @param settings target and interval
     * @param since the drop before
     * @return the time
     */
    int64_t GetNextDrop(const LinkQueue& settings, int64_t since) const;

    int64_t m_firstAbove{0};  //!< When waits will have been too long for an interval; 0: are not
    int64_t m_nextDrop{0};    //!< When it drops next
    uint32_t m_count{0};      //!< Drops since it began to drop
    uint32_t m_lastCount{0};  //!< The same, when it began
    bool m_isDropping{false}; //!< Whether it drops
    bool m_hasBegun{false};   //!< Whether the drop that begins it was the one before
};

/**
 * @ingroup murmuration
 * @brief What waits before a link: drop-tail, CoDel or FqCoDel.
 *
 * FqCoDel puts each connection, each way, into one of 1024 queues by a hash, serves them by
 * deficits of 1500 bytes, new ones first, and drops from the fattest when all is full, as Linux
 * does (net/sched/sch_fq_codel.c). Both mark what is ECN-capable instead of dropping it.
 */
class PacketQueue
{
  public:
    PacketQueue();
    ~PacketQueue();
    PacketQueue(PacketQueue&&) noexcept;

    /**
     * @brief Set what the queue is like. To be called once, while it is empty.
     * @param settings size and discipline
     * @param rate the first rate of the link
     */
    void Configure(const LinkQueue& settings, const DataRate& rate);

    /** @return how many packets wait */
    uint32_t GetNPackets() const
    {
        return m_packets;
    }

    /**
     * @brief Take a packet, or drop some.
     * @param pool where packets live
     * @param packet the packet
     * @param now the time
     * @param dropped gets what is dropped; it may be another packet
     */
    void Enqueue(PacketPool& pool, uint32_t packet, int64_t now, std::vector<uint32_t>& dropped)
    {
        PacketSegment& segment = pool[packet];
        if (m_active == nullptr)
        {
            if (m_packets >= m_maxPackets || m_bytes + segment.size > m_maxBytes)
            {
                dropped.push_back(packet);
                return;
            }
            ++m_packets;
            m_bytes += segment.size;
            m_line.Append(pool, packet);
            return;
        }
        segment.time = now;
        EnqueueActive(pool, packet, dropped);
    }

    /**
     * @brief Give the packet that leaves next.
     * @param pool where packets live
     * @param now the time
     * @param dropped gets what is dropped in its stead
     * @return the packet; NONE if nothing waits
     */
    uint32_t Dequeue(PacketPool& pool, int64_t now, std::vector<uint32_t>& dropped)
    {
        if (m_packets == 0)
        {
            return PacketPool::NONE;
        }
        if (m_active != nullptr)
        {
            return DequeueActive(pool, now, dropped);
        }
        const uint32_t packet = m_line.TakeFirst(pool);
        --m_packets;
        m_bytes -= pool[packet].size;
        return packet;
    }

  private:
    /** A queue with CoDel: the only one, or that of some connections. */
    struct SubQueue
    {
        PacketLine line;      //!< What waits
        uint64_t bytes{0};    //!< Their size
        uint32_t packets{0};  //!< Their number
        int64_t deficit{0};   //!< Bytes that it may still send in its turn
        bool isListed{false}; //!< Whether its turn will come
        PacketCodel codel;    //!< Its state
    };

    /** Those that serve in turn. */
    struct Active
    {
        LinkQueue settings;                            //!< As they were given
        std::vector<SubQueue> queues;                  //!< In the order of first use
        std::unordered_map<uint32_t, uint32_t> byHash; //!< Place of a queue by hash of the flow
        std::vector<uint32_t> fresh;                   //!< Those served first, the next one last
        std::vector<uint32_t> old;                     //!< Those served then, the next one first
        std::size_t oldFirst{0};                       //!< Where these begin
    };

    /**
     * @brief Enqueue() with CoDel.
     * @param pool where packets live
     * @param packet the packet
     * @param dropped gets what is dropped
     */
    void EnqueueActive(PacketPool& pool, uint32_t packet, std::vector<uint32_t>& dropped);

    /**
     * @brief Dequeue() with CoDel.
     * @param pool where packets live
     * @param now the time
     * @param dropped gets what is dropped
     * @return the packet; NONE if all were dropped
     */
    uint32_t DequeueActive(PacketPool& pool, int64_t now, std::vector<uint32_t>& dropped);

    /**
     * @brief Let CoDel give the next packet of one queue.
     * @param queue the queue
     * @param pool where packets live
     * @param now the time
     * @param dropped gets what is dropped
     * @return the packet; NONE if none is left
     */
    uint32_t DequeueFrom(SubQueue& queue,
                         PacketPool& pool,
                         int64_t now,
                         std::vector<uint32_t>& dropped);

    /**
     * @brief Take the first packet of a queue.
     * @param queue the queue
     * @param pool where packets live
     * @return the packet; NONE if there is none
     */
    uint32_t TakeFirst(SubQueue& queue, PacketPool& pool);

    /**
     * @brief The queue of a flow.
     * @param flow the flow
     * @return its place
     */
    uint32_t FindQueue(uint32_t flow);

    /**
     * @brief Drop half of the fattest queue, 64 packets at most.
     * @param pool where packets live
     * @param dropped gets them
     */
    void DropFromFattest(PacketPool& pool, std::vector<uint32_t>& dropped);

    PacketLine m_line;                //!< Drop-tail: what waits
    uint32_t m_packets{0};            //!< How many wait
    uint64_t m_bytes{0};              //!< Their size
    uint32_t m_maxPackets{1000};      //!< How many may wait
    uint64_t m_maxBytes{UINT64_MAX};  //!< How much may wait
    std::unique_ptr<Active> m_active; //!< With CoDel; null: drop-tail
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_QUEUE_H */
