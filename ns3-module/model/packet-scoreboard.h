/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_SCOREBOARD_H
#define MURMURATION_PACKET_SCOREBOARD_H

#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The segments that a sender has sent and that are not acknowledged, and what has become of
 * them: Linux's retransmission queue with its tags.
 */
class PacketScoreboard
{
  public:
    /** Tags; a segment may have several. */
    enum Tag : uint8_t
    {
        SACKED = 1,  //!< It has arrived, beyond one that has not
        LOST = 2,    //!< It is taken for lost
        RETRANS = 4, //!< It was sent again, and that is under way
        EVER = 8,    //!< It was sent again at some time
        LAST = 16,   //!< It is the last one of a piece of the send buffer
        ANY_RETRANS = RETRANS | EVER,
    };

    /** A segment. */
    struct Sent
    {
        int64_t time;  //!< When it was sent last, in ns
        uint16_t size; //!< Its payload
        uint8_t tags;  //!< What has become of it
    };

    /** @return the first segment that is not acknowledged */
    uint32_t GetFirst() const
    {
        return m_first;
    }

    /** @return the first segment that was not sent */
    uint32_t GetEnd() const
    {
        return m_end;
    }

    /** @return how many there are */
    uint32_t GetSize() const
    {
        return m_end - m_first;
    }

    /** @return how many have arrived beyond one that has not */
    uint32_t GetNSacked() const
    {
        return m_nSacked;
    }

    /** @return how many are taken for lost */
    uint32_t GetNLost() const
    {
        return m_nLost;
    }

    /** @return how many were sent again, and that is under way */
    uint32_t GetNRetrans() const
    {
        return m_nRetrans;
    }

    /** @return how many are under way, as far as is known */
    uint32_t GetInFlight() const
    {
        return GetSize() - (m_nSacked + m_nLost) + m_nRetrans;
    }

    /**
     * @brief Look at a segment.
     * @param number a segment that is in here
     * @return what is known of it
     */
    const Sent& operator[](uint32_t number) const
    {
        return m_ring[number & m_mask];
    }

    /**
     * @brief Add the next segment.
     * @param time when it is sent
     * @param size its payload
     */
    void Append(int64_t time, uint16_t size)
    {
        if (GetSize() == m_ring.size())
        {
            Grow();
        }
        m_ring[m_end & m_mask] = {time, size, 0};
        ++m_end;
    }

    /**
     * @brief Take the first segment out: it is acknowledged. There must be one.
     * @return what was known of it
     */
    Sent TakeFirst()
    {
        const Sent sent = m_ring[m_first & m_mask];
        SetTags(m_first, 0);
        ++m_first;
        return sent;
    }

    /**
     * @brief Replace the tags of a segment.
     * @param number the segment
     * @param tags its tags from now on
     */
    void SetTags(uint32_t number, uint8_t tags)
    {
        uint8_t& old = m_ring[number & m_mask].tags;
        m_nSacked += HasTag(tags, SACKED) - HasTag(old, SACKED);
        m_nLost += HasTag(tags, LOST) - HasTag(old, LOST);
        m_nRetrans += HasTag(tags, RETRANS) - HasTag(old, RETRANS);
        old = tags;
    }

    /**
     * @brief A segment is sent again.
     * @param number the segment
     * @param time when
     */
    void SetTime(uint32_t number, int64_t time)
    {
        m_ring[number & m_mask].time = time;
    }

    /** Give memory back, if nothing is in here. */
    void Shrink()
    {
        if (GetSize() == 0 && m_ring.size() > FIRST_SIZE)
        {
            m_ring = std::vector<Sent>(FIRST_SIZE);
            m_mask = FIRST_SIZE - 1;
        }
    }

  private:
    static constexpr uint32_t FIRST_SIZE = 16; //!< Segments, a power of two

    /**
     * @brief Whether there is a tag.
     * @param tags the tags
     * @param tag the tag
     * @return 1 if there is, else 0
     */
    static uint32_t HasTag(uint8_t tags, Tag tag)
    {
        return (tags & tag) != 0 ? 1 : 0;
    }

    /** Make room for twice as many. */
    void Grow()
    {
        const auto size = static_cast<uint32_t>(m_ring.size());
        std::vector<Sent> ring(2 * std::size_t{size});
        const uint32_t mask = 2 * size - 1;
        for (uint32_t number = m_first; number != m_end; ++number)
        {
            ring[number & mask] = m_ring[number & m_mask];
        }
        m_ring.swap(ring);
        m_mask = mask;
    }

    std::vector<Sent> m_ring = std::vector<Sent>(FIRST_SIZE); //!< By number, modulo a power of two
    uint32_t m_mask{FIRST_SIZE - 1};                          //!< Its size less one
    uint32_t m_first{0};    //!< The first segment that is not acknowledged
    uint32_t m_end{0};      //!< The first segment that was not sent
    uint32_t m_nSacked{0};  //!< How many have this tag
    uint32_t m_nLost{0};    //!< How many have this tag
    uint32_t m_nRetrans{0}; //!< How many have this tag
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_SCOREBOARD_H */
