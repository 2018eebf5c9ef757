/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_SMALL_QUEUE_H
#define MURMURATION_PACKET_SMALL_QUEUE_H

#include "packet-congestion.h"
#include "packet-send-buffer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief How much of a connection may wait in the queue of its own host: TCP small queues, as Linux
 * has them (tcp_small_queue_check()), and the rate that they go by.
 *
 * Segments go to the network layer in buffers of what goes out in 1/1024 s, of two segments at
 * least. Two such buffers may wait, and one more is let go.
 */
class PacketSmallQueue
{
  public:
    /**
     * @brief Construct a queue that nothing waits in.
     * @param segmentSize payload of a full segment
     * @param isHeldAtHost whether segments wait at the host; if not, nothing is held back
     */
    PacketSmallQueue(uint32_t segmentSize, bool isHeldAtHost)
        : m_segmentSize(segmentSize),
          m_isHeldAtHost(isHeldAtHost)
    {
    }

    /** @return whether segments wait at the host */
    bool IsHeldAtHost() const
    {
        return m_isHeldAtHost;
    }

    /** @return what the connection would be paced with, in bytes per second */
    double GetRate() const
    {
        return m_rate;
    }

    /**
     * @brief Reckon that: above the rate of the window (tcp_update_pacing_rate()).
     * @param window the window
     * @param underWay segments that are not acknowledged
     * @param rtt round-trip time in ns; 0 if it is not known
     */
    void UpdateRate(const PacketCongestionWindow& window, uint32_t underWay, int64_t rtt)
    {
        constexpr double SLOW_START = 2.0;
        constexpr double AVOIDANCE = 1.2;
        const double ratio = window.size < window.threshold / 2 ? SLOW_START : AVOIDANCE;
        const auto segments = static_cast<double>(std::max(window.size, underWay));
        const auto trip = static_cast<double>(std::max<int64_t>(rtt, 1));
        m_rate = ratio * segments * m_segmentSize * 1e9 / trip;
    }

    /**
     * @brief Set what the connection is paced with.
     * @param rate in bytes per second
     */
    void SetRate(double rate)
    {
        m_rate = rate;
        // BBR sends single segments where a pair would take long.
        m_leastInBuffer = rate < 1'200'000 / 8 ? 1 : 2;
    }

    /**
     * @brief Segments in a buffer (tcp_tso_autosize()).
     * @param minRtt least round-trip time in ns: what is near is sent in large buffers
     * @return how many
     */
    uint32_t GetBufferSegments(int64_t minRtt) const
    {
        constexpr int64_t NEAR_UNIT = 512'000;
        double bytes = m_rate / BUFFERS_PER_SECOND;
        const int64_t distance = minRtt / NEAR_UNIT;
        bytes += distance < 32 ? BUFFER_PAYLOAD >> distance : 0;
        bytes = std::min<double>(bytes, BUFFER_PAYLOAD);
        return std::max(static_cast<uint32_t>(bytes) / m_segmentSize, m_leastInBuffer);
    }

    /**
     * @brief Whether something must wait until something else has left.
     * @param segments of the buffer that would be sent
     * @param underWay segments that are not acknowledged
     * @param isAgain whether they were sent before: twice as much may wait
     * @return true if it must
     */
    bool IsFull(uint32_t segments, uint32_t underWay, bool isAgain)
    {
        if (!m_isHeldAtHost)
        {
            return false;
        }
        double limit = std::min(m_rate / BUFFERS_PER_SECOND, MOST_WAITING);
        limit = std::max(2.0 * GetMemory(segments), limit) * (isAgain ? 2 : 1);
        // One buffer is let go in any case: its acknowledgement may be all that is to come.
        m_isThrottled = static_cast<double>(m_waiting) > limit && underWay > segments;
        return m_isThrottled;
    }

    /**
     * @brief A buffer is sent.
     * @param segments how many are in it
     * @return the same, for Remove(); 0 if that does not matter
     */
    uint32_t Add(uint32_t segments)
    {
        m_waiting += m_isHeldAtHost ? GetMemory(segments) : 0;
        return m_isHeldAtHost ? segments : 0;
    }

    /**
     * @brief A buffer has left the host.
     * @param segments how many were in it
     * @return whether something waits for that
     */
    bool Remove(uint32_t segments)
    {
        m_waiting -= GetMemory(segments);
        return std::exchange(m_isThrottled, false);
    }

    /** @return whether nothing waits */
    bool IsEmpty() const
    {
        return m_waiting == 0;
    }

  private:
    static constexpr uint32_t BUFFER_PAYLOAD = 65536;  //!< The most that a buffer holds
    static constexpr double BUFFERS_PER_SECOND = 1024; //!< At the rate that it would be paced with
    static constexpr double MOST_WAITING = 4 << 20;    //!< tcp_limit_output_bytes

    /**
     * @brief Memory that a buffer takes (skb->truesize).
     * @param segments how many are in it
     * @return bytes
     */
    uint32_t GetMemory(uint32_t segments) const
    {
        return PacketSendBuffer::OVERHEAD + segments * m_segmentSize;
    }

    uint32_t m_segmentSize;      //!< Payload of a full segment
    uint32_t m_leastInBuffer{2}; //!< Segments in a buffer at least
    bool m_isHeldAtHost;         //!< Whether segments wait at the host
    bool m_isThrottled{false};   //!< Whether something was held back
    uint64_t m_waiting{0};       //!< Memory of what waits
    double m_rate{0};            //!< What the connection would be paced with
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_SMALL_QUEUE_H */
