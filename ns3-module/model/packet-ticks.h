/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_TICKS_H
#define MURMURATION_PACKET_TICKS_H

#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The clock of a host that its timers go by, Linux's jiffies (HZ = 250), and the wheel that
 * they wait in (kernel/time/timer.c, calc_wheel_index()).
 *
 * A timer is set to whole ticks, rounded up, and expires one tick later, so that it is never early.
 * Those that are 63 ticks (252 ms) or more away wait with others of 8 ticks, those of 504 (2 s)
 * with others of 64, and so on: at 1 s a timer is up to 32 ms late.
 */
class PacketTicks
{
  public:
    /** How long a tick is, in ns. */
    static constexpr int64_t LENGTH = 4'000'000;

    /**
     * @brief Construct a clock.
     * @param phase of the tick at time 0 that has passed, in ns
     */
    explicit PacketTicks(int64_t phase = 0)
        : m_phase(phase)
    {
    }

    /**
     * @brief Count ticks.
     * @param time in ns
     * @return ticks until then
     */
    int64_t Count(int64_t time) const
    {
        return (time + m_phase) / LENGTH;
    }

    /**
     * @brief Round a time that is to be waited.
     * @param delay in ns
     * @return whole ticks that are no shorter, in ns
     */
    static int64_t RoundUp(int64_t delay)
    {
        return (delay + LENGTH - 1) / LENGTH * LENGTH;
    }

    /**
     * @brief When a timer expires.
     * @param now the time in ns
     * @param delay that it is set to, in ns
     * @return the time in ns
     */
    int64_t GetExpiry(int64_t now, int64_t delay) const
    {
        constexpr int64_t LEVEL_TICKS = 63;
        constexpr uint32_t LEVEL_SHIFT = 3;
        const int64_t distance = RoundUp(delay) / LENGTH;
        uint32_t shift = 0;
        while (distance >= LEVEL_TICKS << shift)
        {
            shift += LEVEL_SHIFT;
        }
        const int64_t due = Count(now) + distance;
        return (((due >> shift) + 1) << shift) * LENGTH - m_phase;
    }

  private:
    int64_t m_phase; //!< Of the tick at time 0, what has passed, in ns
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_TICKS_H */
