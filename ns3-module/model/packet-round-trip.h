/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_ROUND_TRIP_H
#define MURMURATION_PACKET_ROUND_TRIP_H

#include <algorithm>
#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Round-trip times of a connection, in ns: smoothed, its deviation, the least one, and the
 * timeout that follows.
 *
 *     RTO = SRTT + max(4 RTTVAR, least RTO)
 *
 * RFC 6298 holds the sum to the least RTO; Linux (tcp_rtt_estimator()) holds the second term to it,
 * takes the largest deviation of a round trip at once and lets it decay by a quarter for each round
 * trip, and gives a deviation an eighth of its weight where the round-trip time falls.
 */
class PacketRoundTrip
{
  public:
    /**
     * @brief Take a sample.
     * @param rtt the round-trip time
     * @param minRto the least retransmission timeout
     * @param una the first segment that is not acknowledged
     * @param nxt the first segment that was not sent
     */
    void Add(int64_t rtt, int64_t minRto, uint32_t una, uint32_t nxt)
    {
        if (m_srtt8 == 0)
        {
            m_srtt8 = std::max<int64_t>(8 * rtt, 1);
            m_mdev4 = 2 * rtt;
            m_deviation = std::max(m_mdev4, minRto);
            m_roundDeviation = m_deviation;
            m_roundEnd = nxt;
            return;
        }
        int64_t error = rtt - m_srtt8 / 8;
        m_srtt8 = std::max<int64_t>(m_srtt8 + error, 1);
        if (error < 0)
        {
            error = -error - m_mdev4 / 4;
            error = error > 0 ? error / 8 : error;
        }
        else
        {
            error -= m_mdev4 / 4;
        }
        m_mdev4 += error;
        m_roundDeviation = std::max(m_roundDeviation, m_mdev4);
        m_deviation = std::max(m_deviation, m_roundDeviation);
        if (una > m_roundEnd)
        {
            m_deviation -= std::max<int64_t>(m_deviation - m_roundDeviation, 0) / 4;
            m_roundEnd = nxt;
            m_roundDeviation = minRto;
        }
    }

    /**
     * @brief Take a sample into the least one, which holds for 300 s.
     * @param rtt the round-trip time
     * @param now the time
     */
    void AddToMinimum(int64_t rtt, int64_t now)
    {
        constexpr int64_t LIFETIME = 300'000'000'000;
        if (m_minimum == 0 || rtt <= m_minimum || now - m_minimumTime > LIFETIME)
        {
            m_minimum = std::max<int64_t>(rtt, 1);
            m_minimumTime = now;
        }
    }

    /** @return the smoothed round-trip time; 0 if none is known */
    int64_t GetSmoothed() const
    {
        return m_srtt8 / 8;
    }

    /** @return the least round-trip time; the greatest number if none is known */
    int64_t GetMinimum() const
    {
        return m_minimum == 0 ? INT64_MAX : m_minimum;
    }

    /** @return the retransmission timeout; a sample is known */
    int64_t GetTimeout() const
    {
        return m_srtt8 / 8 + m_deviation;
    }

  private:
    int64_t m_srtt8{0};          //!< Smoothed, times 8; 0: not known
    int64_t m_mdev4{0};          //!< Mean deviation, times 4
    int64_t m_deviation{0};      //!< What the timeout adds
    int64_t m_roundDeviation{0}; //!< The largest m_mdev4 of this round trip
    int64_t m_minimum{0};        //!< Least; 0: not known
    int64_t m_minimumTime{0};    //!< When it was measured
    uint32_t m_roundEnd{0};      //!< The round trip ends when this segment is acknowledged
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_ROUND_TRIP_H */
