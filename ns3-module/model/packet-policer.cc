/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-policer.h"

#include "ns3/log.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketPolicer");

namespace
{

constexpr uint64_t MARGIN_PERCENT = 1;                   //!< Below the rate
constexpr uint32_t LEAST_ROUNDS = 4;                     //!< Of an interval
constexpr uint32_t MOST_ROUNDS = 4 * LEAST_ROUNDS;       //!< Likewise
constexpr uint64_t LOST_SHARE = 50;                      //!< Of those delivered, in 256ths
constexpr uint64_t SAME = PacketBbrUnits::GAIN_UNIT / 8; //!< Rates that differ by less are so
constexpr uint64_t SAME_BYTES = 4000 / 8;                //!< Or by less than that per second
constexpr uint32_t KEPT_ROUNDS = 48;                     //!< How long the rate is kept

} // namespace

uint64_t
PacketBbrUnits::ToBytes(uint64_t rate, uint32_t gain, uint32_t segmentSize)
{
    const uint64_t scaled = (rate * segmentSize * gain) >> GAIN_SHIFT;
    return (scaled * (1'000'000 / 100 * (100 - MARGIN_PERCENT))) >> RATE_SHIFT;
}

void
PacketPolicer::Begin(const PacketRateSample& sample)
{
    m_time = sample.deliveredTime / 1000;
    m_delivered = sample.totalDelivered;
    m_lost = sample.totalLost;
    m_nRounds = 0;
}

void
PacketPolicer::Forget()
{
    NS_LOG_FUNCTION(this);
    m_rate = 0;
    m_isFound = false;
    m_isBegun = false;
}

PacketPolicer::News
PacketPolicer::Watch(const PacketRateSample& sample, const State& state)
{
    if (m_isFound)
    {
        if (state.isProbing && state.isRoundStart && ++m_nRounds >= KEPT_ROUNDS)
        {
            Forget();
            return News::EXPIRED;
        }
        return News::NONE;
    }
    if (!m_isBegun)
    {
        // Until the first loss a policer spends what it had saved up.
        if (sample.losses == 0)
        {
            return News::NONE;
        }
        Begin(sample);
        m_isBegun = true;
    }
    if (sample.isLimited)
    {
        Forget();
        return News::NONE;
    }
    m_nRounds += state.isRoundStart ? 1 : 0;
    if (m_nRounds > MOST_ROUNDS)
    {
        Forget();
        return News::NONE;
    }
    if (m_nRounds < LEAST_ROUNDS || sample.losses == 0)
    {
        return News::NONE;
    }
    const uint64_t lost = sample.totalLost - m_lost;
    const uint64_t delivered = sample.totalDelivered - m_delivered;
    const int64_t duration = sample.deliveredTime / 1000 - m_time;
    if (delivered == 0 || lost * PacketBbrUnits::GAIN_UNIT < LOST_SHARE * delivered || duration < 1)
    {
        return News::NONE;
    }
    const uint64_t rate =
        delivered * PacketBbrUnits::RATE_UNIT / (static_cast<uint64_t>(duration) * 1000);
    if (End(rate, state.segmentSize))
    {
        return News::FOUND;
    }
    Begin(sample);
    return News::NONE;
}

bool
PacketPolicer::End(uint64_t rate, uint32_t segmentSize)
{
    constexpr uint32_t UNIT = PacketBbrUnits::GAIN_UNIT;
    const uint64_t difference = rate > m_rate ? rate - m_rate : m_rate - rate;
    m_isFound =
        m_rate > 0 && (difference * UNIT <= SAME * m_rate ||
                       PacketBbrUnits::ToBytes(difference, UNIT, segmentSize) <= SAME_BYTES);
    if (m_isFound)
    {
        m_rate = (rate + m_rate) / 2;
        m_nRounds = 0;
    }
    else
    {
        m_rate = rate;
    }
    return m_isFound;
}

} // namespace murmuration
} // namespace ns3
