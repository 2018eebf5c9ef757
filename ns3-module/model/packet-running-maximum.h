/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_RUNNING_MAXIMUM_H
#define MURMURATION_PACKET_RUNNING_MAXIMUM_H

#include <array>
#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The greatest of what was measured lately [lib/win_minmax.c]: three candidates are kept.
 */
class PacketRunningMaximum
{
  public:
    /** @return the greatest */
    uint64_t Get() const
    {
        return m_best[0].value;
    }

    /**
     * @brief Take a measurement.
     * @param value the measurement
     * @param time when, as the window counts
     * @param window how long measurements hold
     */
    void Add(uint64_t value, uint32_t time, uint32_t window)
    {
        const Candidate latest{time, value};
        if (value >= m_best[0].value || time - m_best[2].time > window)
        {
            m_best = {latest, latest, latest};
            return;
        }
        if (value >= m_best[1].value)
        {
            m_best[1] = latest;
            m_best[2] = latest;
        }
        else if (value >= m_best[2].value)
        {
            m_best[2] = latest;
        }
        const uint32_t age = time - m_best[0].time;
        if (age > window)
        {
            m_best = {m_best[1], m_best[2], latest};
            if (time - m_best[0].time > window)
            {
                m_best = {m_best[1], m_best[2], latest};
            }
        }
        else if (m_best[1].time == m_best[0].time && age > window / 4)
        {
            m_best[1] = latest;
            m_best[2] = latest;
        }
        else if (m_best[2].time == m_best[1].time && age > window / 2)
        {
            m_best[2] = latest;
        }
    }

  private:
    /** A measurement. */
    struct Candidate
    {
        uint32_t time{0};  //!< When
        uint64_t value{0}; //!< What
    };

    std::array<Candidate, 3> m_best{}; //!< The best, the best of what came later, and so on
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_RUNNING_MAXIMUM_H */
