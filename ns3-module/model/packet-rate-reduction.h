/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_RATE_REDUCTION_H
#define MURMURATION_PACKET_RATE_REDUCTION_H

#include <algorithm>
#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Lets a window fall to its threshold while a loss is repaired, by as much for each segment
 * that arrives: proportional rate reduction [RFC 6937], as Linux has it (tcp_cwnd_reduction()).
 *
 * Below the threshold the window grows by one more than what arrives, but only while what arrives
 * is in order and nothing more is found lost.
 */
class PacketRateReduction
{
  public:
    /**
     * @brief A reduction begins.
     * @param window as it is
     */
    void Begin(uint32_t window)
    {
        m_priorWindow = window;
        m_delivered = 0;
        m_sent = 0;
    }

    /**
     * @brief Remember a window that falls at once.
     * @param window as it was
     */
    void SetPriorWindow(uint32_t window)
    {
        m_priorWindow = window;
    }

    /** @return the window when the reduction began */
    uint32_t GetPriorWindow() const
    {
        return m_priorWindow;
    }

    /**
     * @brief Segments are sent.
     * @param segments how many
     */
    void NoteSent(uint32_t segments)
    {
        m_sent += segments;
    }

    /** What an acknowledgement tells. */
    struct Progress
    {
        uint32_t delivered; //!< Segments that have arrived, above 0
        uint32_t lost;      //!< Segments that were found lost
        bool isAdvancing;   //!< Whether something has arrived in order
    };

    /**
     * @brief The window after an acknowledgement.
     * @param progress what it tells
     * @param inFlight segments under way
     * @param threshold where the window falls to
     * @return the window
     */
    uint32_t Reduce(const Progress& progress, uint32_t inFlight, uint32_t threshold)
    {
        const int64_t room = int64_t{threshold} - inFlight;
        m_delivered += progress.delivered;
        int64_t quota = 0;
        if (room < 0)
        {
            const uint64_t due = uint64_t{threshold} * m_delivered + m_priorWindow - 1;
            quota = static_cast<int64_t>(due / m_priorWindow) - m_sent;
        }
        else
        {
            quota = std::max<int64_t>(int64_t{m_delivered} - m_sent, progress.delivered);
            quota += progress.isAdvancing && progress.lost == 0 ? 1 : 0;
            quota = std::min(quota, room);
        }
        // The first segment is sent again at once.
        quota = std::max<int64_t>(quota, m_sent == 0 ? 1 : 0);
        return static_cast<uint32_t>(std::max<int64_t>(inFlight + quota, 1));
    }

  private:
    uint32_t m_priorWindow{0}; //!< Window when it began; 0: none ever did
    uint32_t m_delivered{0};   //!< Segments that have arrived since
    uint32_t m_sent{0};        //!< Segments that were sent since
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_RATE_REDUCTION_H */
