/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_POLICER_H
#define MURMURATION_PACKET_POLICER_H

#include "packet-congestion.h"

#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What BBR reckons in: rates in segments per us << 24, gains in 256ths.
 */
struct PacketBbrUnits
{
    static constexpr uint32_t RATE_SHIFT = 24;                       //!< Of segments per us
    static constexpr uint64_t RATE_UNIT = uint64_t{1} << RATE_SHIFT; //!< One segment per us
    static constexpr uint32_t GAIN_SHIFT = 8;                        //!< Of gains
    static constexpr uint32_t GAIN_UNIT = 1U << GAIN_SHIFT;          //!< A gain of one

    /**
     * @brief At which rate to pace, a percent below, so that queues drain
     * (bbr_rate_bytes_per_sec()).
     * @param rate in segments per us << 24
     * @param gain in 256ths
     * @param segmentSize payload of a segment
     * @return bytes per second
     */
    static uint64_t ToBytes(uint64_t rate, uint32_t gain, uint32_t segmentSize);
};

/**
 * @ingroup murmuration
 * @brief Looks for a policer on the way, for BBR (bbr_lt_bw_sampling()).
 *
 * Where two intervals of four to sixteen round trips, each of which begins and ends with losses,
 * had about the same rate, and lost a fifth of what they delivered, that is taken for the rate of a
 * policer. It is kept for 48 round trips.
 */
class PacketPolicer
{
  public:
    /** What a sample has told. */
    enum class News
    {
        NONE,    //!< Nothing
        FOUND,   //!< There is a policer
        EXPIRED, //!< It was kept for long enough: see what the path has now
    };

    /** @brief What else decides. */
    struct State
    {
        bool isRoundStart;    //!< Whether a round trip begins
        bool isProbing;       //!< Whether BBR is in PROBE_BW
        uint32_t segmentSize; //!< Payload of a segment
    };

    /**
     * @brief Take a sample.
     * @param sample the sample
     * @param state what else decides
     * @return what it tells
     */
    News Watch(const PacketRateSample& sample, const State& state);

    /** Forget about policers (bbr_reset_lt_bw_sampling()). */
    void Forget();

    /** @return whether there is one */
    bool IsFound() const
    {
        return m_isFound;
    }

    /** @return its rate, in segments per us << 24 */
    uint64_t GetRate() const
    {
        return m_rate;
    }

  private:
    /**
     * @brief Begin an interval (bbr_reset_lt_bw_sampling_interval()).
     * @param sample the sample
     */
    void Begin(const PacketRateSample& sample);

    /**
     * @brief An interval is over (bbr_lt_bw_interval_done()).
     * @param rate of it, in segments per us << 24
     * @param segmentSize payload of a segment
     * @return whether there is a policer
     */
    bool End(uint64_t rate, uint32_t segmentSize);

    uint64_t m_rate{0};      //!< Of the interval before; 0: none
    bool m_isFound{false};   //!< It is that of a policer
    bool m_isBegun{false};   //!< An interval has
    uint32_t m_nRounds{0};   //!< Round trips of it
    int64_t m_time{0};       //!< When it began, in ms
    uint32_t m_delivered{0}; //!< Delivered before
    uint32_t m_lost{0};      //!< Lost before
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_POLICER_H */
