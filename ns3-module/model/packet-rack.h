/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_RACK_H
#define MURMURATION_PACKET_RACK_H

#include "packet-round-trip.h"
#include "packet-scoreboard.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Finds what is lost by when it was sent: RACK [RFC 8985], as Linux has it (tcp_recovery.c).
 *
 * A segment is lost when one that was sent later has arrived, and its own acknowledgement is
 * overdue by the reordering window. That is 0 while a loss is being repaired or three segments have
 * arrived out of order, until reordering has been seen; from then on it is a quarter of the least
 * round-trip time, and a quarter more for each round trip in which something was sent twice without
 * need, for 16 recoveries.
 */
class PacketRack
{
  public:
    /** What has been sent, and what is known of it. */
    typedef PacketScoreboard::Sent Sent;

    /**
     * @brief A segment has arrived (tcp_rack_advance()).
     * @param number which
     * @param sent what is known of it
     * @param now the time
     * @param minRtt the least round-trip time
     */
    void Advance(uint32_t number, const Sent& sent, int64_t now, int64_t minRtt)
    {
        const int64_t rtt = now - sent.time;
        if (rtt < minRtt && (sent.tags & PacketScoreboard::ANY_RETRANS) != 0)
        {
            return; // It is what was sent before that has arrived.
        }
        m_hasNews = true;
        m_rtt = rtt;
        if (sent.time > m_time || (sent.time == m_time && number > m_number))
        {
            m_time = sent.time;
            m_number = number;
        }
    }

    /** @return whether something has arrived since this was asked before */
    bool TakeNews()
    {
        return std::exchange(m_hasNews, false);
    }

    /** Look again, though nothing has arrived. */
    void LookAgain()
    {
        m_hasNews = true;
    }

    /**
     * @brief The reordering window (tcp_rack_reo_wnd()).
     * @param rtt round-trip times
     * @param nSacked segments that have arrived out of order
     * @param isRepairing whether a loss is being repaired
     * @return ns
     */
    int64_t GetWindow(const PacketRoundTrip& rtt, uint32_t nSacked, bool isRepairing) const
    {
        if (!m_isReorderingSeen && (isRepairing || nSacked >= m_reordering))
        {
            return 0;
        }
        return std::min(rtt.GetMinimum() / 4 * m_steps, rtt.GetSmoothed());
    }

    /**
     * @brief Find what is lost (tcp_rack_detect_loss()).
     * @param board what is under way
     * @param now the time
     * @param window the reordering window
     * @param mark runs with the number of each segment that is
     * @return how long until more may be; 0: not so
     */
    template <typename Mark>
    int64_t FindLost(const PacketScoreboard& board, int64_t now, int64_t window, Mark mark) const
    {
        int64_t longest = 0;
        for (uint32_t number = board.GetFirst(); number != board.GetEnd(); ++number)
        {
            const Sent& sent = board[number];
            const uint8_t state = sent.tags & (PacketScoreboard::LOST | PacketScoreboard::RETRANS);
            if ((sent.tags & PacketScoreboard::SACKED) != 0 || state == PacketScoreboard::LOST)
            {
                continue;
            }
            if (sent.time > m_time || (sent.time == m_time && number >= m_number))
            {
                if ((sent.tags & PacketScoreboard::ANY_RETRANS) == 0)
                {
                    break; // What follows was sent later still.
                }
                continue;
            }
            const int64_t left = m_rtt + window - (now - sent.time);
            if (left <= 0)
            {
                mark(number);
            }
            longest = std::max(longest, left);
        }
        return longest;
    }

    /**
     * @brief Whether a segment was sent so lately that a timeout says nothing of it.
     * @param sent what is known of it
     * @param now the time
     * @return true if it was
     */
    bool MayStillArrive(const Sent& sent, int64_t now) const
    {
        return m_rtt > now - sent.time;
    }

    /**
     * @brief Segments have come out of order (tcp_check_sack_reordering()).
     * @param low the least of them
     * @param end behind the highest one that had arrived before it
     */
    void NoteReordering(uint32_t low, uint32_t end)
    {
        if (low < end)
        {
            m_reordering = std::max(m_reordering, std::min(end - low, MOST_REORDERING));
            m_isReorderingSeen = true;
        }
    }

    /** A timeout has expired though enough had arrived to find a loss: less is out of order. */
    void DoubtReordering()
    {
        m_reordering = std::min(m_reordering, LEAST_REORDERING);
    }

    /** @return whether segments were ever seen to come out of order */
    bool IsReorderingSeen() const
    {
        return m_isReorderingSeen;
    }

    /** @return segments out of order that mean a loss */
    uint32_t GetReordering() const
    {
        return m_reordering;
    }

    /** @return whether segments come that much out of order that nothing can be told from it */
    bool IsReorderingHigh() const
    {
        return m_reordering > LEAST_REORDERING;
    }

    /** A segment has arrived twice, and was no tail loss probe. */
    void NoteDuplicate()
    {
        m_isDuplicateSeen = m_isDuplicateSeen || m_isReorderingSeen;
    }

    /**
     * @brief Widen or narrow the reordering window (tcp_rack_update_reo_wnd()).
     * @param board what is under way
     */
    void UpdateWindow(const PacketScoreboard& board)
    {
        // Once for each round trip.
        if (board.GetFirst() >= m_roundEnd && m_isDuplicateSeen)
        {
            m_steps = std::min(m_steps + 1, MOST_STEPS);
            m_roundEnd = board.GetEnd();
            m_wideFor = WIDE_FOR;
        }
        else if (m_wideFor == 0)
        {
            m_steps = 1;
        }
        m_isDuplicateSeen = false;
    }

    /** A loss has been repaired. */
    void EndRecovery()
    {
        m_wideFor -= m_wideFor > 0 ? 1 : 0;
    }

    /** A loss that was none has been found out by duplicates. */
    void KeepWide()
    {
        m_wideFor = std::min(m_wideFor + 1, WIDE_FOR);
    }

  private:
    static constexpr uint32_t LEAST_REORDERING = 3;  //!< Duplicates that mean a loss
    static constexpr uint32_t MOST_REORDERING = 300; //!< The most that ever do not
    static constexpr uint32_t MOST_STEPS = 255;      //!< Quarters of a round trip, at most
    static constexpr uint32_t WIDE_FOR = 16;         //!< Recoveries

    int64_t m_time{0};                       //!< When the latest segment was sent that has arrived
    int64_t m_rtt{0};                        //!< Round-trip time of the last one that has arrived
    uint32_t m_number{0};                    //!< Which the latest is
    uint32_t m_reordering{LEAST_REORDERING}; //!< Segments out of order that mean a loss
    uint32_t m_steps{1};                     //!< Of the reordering window
    uint32_t m_wideFor{0};                   //!< Recoveries until it is small again
    uint32_t m_roundEnd{0};                  //!< It grows again when this segment is acknowledged
    bool m_isReorderingSeen{false};          //!< Whether segments have come out of order
    bool m_isDuplicateSeen{false};           //!< Whether one has come twice for that reason
    bool m_hasNews{false};                   //!< Whether something has arrived
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_RACK_H */
