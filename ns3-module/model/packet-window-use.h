/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_WINDOW_USE_H
#define MURMURATION_PACKET_WINDOW_USE_H

#include "packet-congestion.h"
#include "packet-scoreboard.h"

#include <algorithm>
#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Whether a congestion window is used: it grows only while it is, and shrinks when it has
 * not been for a timeout [RFC 7661; tcp_cwnd_validate(), tcp_is_cwnd_limited()].
 */
class PacketWindowUse
{
  public:
    /**
     * @brief Something was sent, or held back.
     * @param board what is under way
     * @param isLimited whether the window has held something back
     */
    void Note(const PacketScoreboard& board, bool isLimited)
    {
        const uint32_t size = board.GetSize();
        if (board.GetFirst() >= m_roundEnd || isLimited || (!m_isLimited && size > m_most))
        {
            m_isLimited = isLimited;
            m_most = size;
            m_roundEnd = board.GetEnd();
        }
    }

    /**
     * @brief Whether a window may grow.
     * @param window the window
     * @return true if it is used; in slow start, if half of it is
     */
    bool IsUsed(const PacketCongestionWindow& window) const
    {
        return m_isLimited || (window.IsSlowStart() && window.size < 2 * m_most);
    }

    /**
     * @brief The window is right as it is.
     * @param now the time
     */
    void Touch(int64_t now)
    {
        m_time = now;
    }

    /**
     * @brief The same, and what was under way before says nothing any more.
     * @param now the time
     */
    void Restart(int64_t now)
    {
        m_time = now;
        m_mostUnused = 0;
    }

    /**
     * @brief The window was not used.
     * @param board what is under way
     */
    void NoteUnused(const PacketScoreboard& board)
    {
        m_mostUnused = std::max(m_mostUnused, board.GetSize());
    }

    /** @return most segments that were under way while the window was not used */
    uint32_t GetMostUnused() const
    {
        return m_mostUnused;
    }

    /** @return when the window was used last, or set */
    int64_t GetTime() const
    {
        return m_time;
    }

  private:
    int64_t m_time{0};        //!< When the window was used last, or set
    uint32_t m_mostUnused{0}; //!< Most segments under way since then
    uint32_t m_most{0};       //!< Most segments under way in this round
    uint32_t m_roundEnd{0};   //!< The round ends when this segment is acknowledged
    bool m_isLimited{false};  //!< Whether the window has held something back in this round
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_WINDOW_USE_H */
