/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_DELIVERY_RATE_H
#define MURMURATION_PACKET_DELIVERY_RATE_H

#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What an acknowledgement tells of the rate at which a path delivers: segments that were
 * delivered while the segment was under way that it tells of, and how long that took.
 */
struct PacketRateSample
{
    static constexpr int64_t UNKNOWN = -1; //!< A number that is not known

    int64_t now{0};             //!< When the acknowledgement came, in us
    int64_t deliveredTime{0};   //!< When something was delivered last, in us
    uint32_t totalDelivered{0}; //!< Segments delivered so far, the SYN with them
    uint32_t totalLost{0};      //!< Segments found lost so far
    uint32_t priorDelivered{0}; //!< Delivered when the segment was sent
    int64_t delivered{UNKNOWN}; //!< Segments delivered since
    int64_t interval{UNKNOWN};  //!< How long that took, in us
    int64_t rtt{UNKNOWN};       //!< Round-trip time of the last segment that is told of, in us
    int64_t smoothedRtt{0};     //!< Smoothed round-trip time, in us
    uint32_t acked{0};          //!< Segments that the acknowledgement tells to have arrived
    uint32_t losses{0};         //!< Segments found lost by it
    uint32_t priorInFlight{0};  //!< Under way before it
    uint32_t inFlight{0};       //!< Under way now
    int64_t untilDeparture{0};  //!< Until the next segment may leave, in us
    bool isLimited{false};      //!< There was not enough to send
    bool isAckDelayed{false};   //!< The acknowledgement may have waited for a second segment
};

/**
 * @ingroup murmuration
 * @brief Measures at which rate a path delivers (net/ipv4/tcp_rate.c): each segment remembers how
 * much had been delivered when it was sent, and when.
 *
 * A sample is what was delivered from then until its acknowledgement, over the time in which that
 * was sent or acknowledged, whichever is longer: acknowledgements that come in bunches do not make
 * a rate higher than that of sending.
 */
class PacketDeliveryRate
{
  public:
    /**
     * @brief A segment is sent, perhaps again.
     * @param number which
     * @param first the first segment that is not acknowledged
     * @param isIdle whether no segment is under way, this one not counted
     * @param now the time in us
     */
    void NoteSent(uint32_t number, uint32_t first, bool isIdle, int64_t now)
    {
        if (isIdle)
        {
            m_firstSent = now;
            m_deliveredTime = now;
        }
        while (number - first >= m_ring.size())
        {
            Grow(first);
        }
        m_ring[number % m_ring.size()] = {m_firstSent, m_deliveredTime, m_delivered, m_limited > 0};
    }

    /**
     * @brief A segment has arrived, in order or not.
     * @param number which; it was told of for the first time
     * @param sent when it was sent last, in us
     */
    void NoteDelivered(uint32_t number, int64_t sent)
    {
        const Sending& sending = m_ring[number % m_ring.size()];
        ++m_nTold;
        // What was sent last, perhaps again, tells most of what the path does now.
        const bool isLater = sent > m_firstSent || (sent == m_firstSent && number > m_lastNumber);
        if (!m_hasSample || isLater)
        {
            m_hasSample = true;
            m_lastNumber = number;
            m_sample.priorDelivered = sending.delivered;
            m_priorTime = sending.deliveredTime;
            m_sample.isLimited = sending.isLimited;
            m_firstSent = sent;
            m_sample.interval = sent - sending.firstSent;
        }
    }

    /**
     * @brief Segments have arrived that had arrived before.
     * @param segments how many
     */
    void NoteDuplicates(uint32_t segments)
    {
        m_nTold += segments;
    }

    /**
     * @brief All that an acknowledgement tells has been noted.
     * @param lost segments that it has found lost
     * @param leastRtt least round-trip time, in us; less cannot be an interval
     * @param now the time in us
     * @return the sample; fields that are not about delivery are left as they are
     */
    PacketRateSample TakeSample(uint32_t lost, int64_t leastRtt, int64_t now)
    {
        m_delivered += m_nTold;
        m_lost += lost;
        if (m_limited > 0 && m_delivered > m_limited)
        {
            m_limited = 0;
        }
        m_deliveredTime = m_nTold > 0 ? now : m_deliveredTime;
        PacketRateSample sample = m_sample;
        sample.now = now;
        sample.deliveredTime = m_deliveredTime;
        sample.totalDelivered = m_delivered;
        sample.totalLost = m_lost;
        sample.acked = m_nTold;
        sample.losses = lost;
        if (m_hasSample)
        {
            sample.delivered = m_delivered - sample.priorDelivered;
            const int64_t acking = now - m_priorTime;
            sample.interval = acking > sample.interval ? acking : sample.interval;
            if (sample.interval < leastRtt)
            {
                sample.interval = PacketRateSample::UNKNOWN;
            }
        }
        m_sample = {};
        m_hasSample = false;
        m_nTold = 0;
        return sample;
    }

    /**
     * @brief There is less to send than the window allows: what is under way now says nothing of
     * the path (tcp_rate_check_app_limited()).
     * @param inFlight segments under way
     */
    void MarkLimited(uint32_t inFlight)
    {
        m_limited = m_delivered + inFlight > 0 ? m_delivered + inFlight : 1;
    }

    /** @return whether what is sent now is marked so */
    bool IsLimited() const
    {
        return m_limited > 0;
    }

  private:
    /** What is known of a segment that is under way. */
    struct Sending
    {
        int64_t firstSent{0};     //!< Where the time in which its sample was sent begins
        int64_t deliveredTime{0}; //!< When something had been delivered last
        uint32_t delivered{0};    //!< Segments delivered before
        bool isLimited{false};    //!< There was not enough to send
    };

    /**
     * @brief Make room for twice as many segments.
     * @param first the first segment that is not acknowledged
     */
    void Grow(uint32_t first)
    {
        std::vector<Sending> wider(m_ring.empty() ? 16 : 2 * m_ring.size());
        for (std::size_t index = 0; index < m_ring.size(); ++index)
        {
            const std::size_t number = first + index;
            wider[number % wider.size()] = m_ring[number % m_ring.size()];
        }
        m_ring.swap(wider);
    }

    std::vector<Sending> m_ring; //!< Of segments under way, by number modulo its size
    PacketRateSample m_sample;   //!< Of the acknowledgement at hand
    bool m_hasSample{false};     //!< Whether it tells of a segment
    int64_t m_priorTime{0};      //!< When something had been delivered before that was sent
    uint32_t m_nTold{0};         //!< Segments that it tells of
    uint32_t m_lastNumber{0};    //!< The one of them that was sent last
    int64_t m_firstSent{0};      //!< When the segment was sent that was told of last
    int64_t m_deliveredTime{0};  //!< When something was delivered last
    uint32_t m_delivered{1};     //!< Segments delivered so far; the SYN is one
    uint32_t m_lost{0};          //!< Segments found lost so far
    uint32_t m_limited{0}; //!< Until so many are delivered there was not enough to send; 0: no
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_DELIVERY_RATE_H */
