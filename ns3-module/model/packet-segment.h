/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_SEGMENT_H
#define MURMURATION_PACKET_SEGMENT_H

#include <array>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Segments that have arrived beyond the next one expected: from `begin` to before `end`.
 */
struct PacketSackBlock
{
    uint32_t begin; //!< The first segment
    uint32_t end;   //!< The one behind the last
};

/**
 * @ingroup murmuration
 * @brief The SACK option of an acknowledgement: with timestamps there is room for three blocks.
 */
struct PacketSack
{
    std::array<PacketSackBlock, 3> blocks; //!< The newest first
    uint32_t window{0};                    //!< The window of the acknowledgement, in bytes
    uint16_t clock{0};                     //!< When it was sent, in ms
    uint8_t count{0};                      //!< How many blocks there are
    bool isEcho{false};                    //!< Whether the acknowledgement tells of a mark (ECE)
    bool isDuplicate{false}; //!< Whether the first one tells of a duplicate [RFC 2883]
};

/**
 * @ingroup murmuration
 * @brief A packet under way: the numbers that matter of an IPv4 packet with a TCP segment, in half
 * a line of the cache.
 *
 * Segments of a connection are numbered from 0, each keeps its number and size however often it is
 * sent. Packets live in a PacketPool and are known by their place in it.
 */
struct PacketSegment
{
    /** What it is. */
    enum class Kind : uint8_t
    {
        SYN,     //!< Opens a connection
        SYN_ACK, //!< Its answer
        DATA,    //!< Carries payload
        ACK,     //!< Acknowledges it
        SACK,    //!< Acknowledges it, and tells what has arrived out of order
        RST,     //!< Tells that there is no such connection
    };

    /** What ECN says of it, as bits [RFC 3168]. */
    enum Mark : uint8_t
    {
        CAPABLE = 1,   //!< Data: may be marked instead of being dropped (ECT)
        CONGESTED = 2, //!< Data: was marked (CE)
        ECHO = 4,      //!< Acknowledgement: something was marked, and no REDUCED has come (ECE)
        REDUCED = 8,   //!< Data: the window was reduced for that (CWR)
    };

    /** `extra` of data: the clock that the latest acknowledgement showed, in ms, that its sender
     * has got (16 bits); segments of the buffer that has left the host with it (15 bits); and this,
     * if it ends a buffer of several segments. */
    static constexpr uint32_t PUSHED = 1U << 31;
    static constexpr uint32_t CHARGE_SHIFT = 16;    //!< Where these segments are
    static constexpr uint32_t CLOCK_MASK = 0xffff;  //!< Where the clock is
    static constexpr uint32_t CHARGE_MASK = 0x7fff; //!< How many there are, after shifting

    /** A receiver's clock counts these, in ns: 1 ms (TCP_TS_HZ). Cut to 16 bits, it begins anew
     * after 65 s. */
    static constexpr int64_t CLOCK_UNIT = 1'000'000;

    int64_t time;    //!< In a pipe: when it arrives; in a queue: when it came there; in ns
    uint32_t stamp;  //!< Data, SYN: when it was sent, in us; others: the stamp that they echo
    uint32_t flow;   //!< Two for each connection: there, and back
    uint32_t number; //!< Data: of the segment; acknowledgements: the next one that is expected
    uint32_t extra; //!< ACK, SYN-ACK: when it was sent, in ms, and the window in 128 bytes, 16 bits
                    //!< each; SACK: place of the option in the pool; data: see PUSHED
    uint32_t next;  //!< The packet behind it in its queue or pipe
    uint16_t size;  //!< Of the IPv4 packet, in bytes
    uint8_t hop;    //!< How many links lie behind it
    Kind kind : 4;  //!< What it is
    uint8_t marks : 4; //!< Mark

    /** @return of data: segments of the buffer that has left the host with it; 0: not counted */
    uint32_t GetCharge() const
    {
        return kind == Kind::DATA ? (extra >> CHARGE_SHIFT) & CHARGE_MASK : 0;
    }
};

static_assert(sizeof(PacketSegment) == 32, "half a line of the cache");

/**
 * @ingroup murmuration
 * @brief All packets under way, and the SACK options of some.
 */
class PacketPool
{
  public:
    /** In place of a packet or a SACK option that does not exist. */
    static constexpr uint32_t NONE = UINT32_MAX;

    /** @return a new packet; its fields are what they were of an earlier one */
    uint32_t Allocate()
    {
        if (m_free == NONE)
        {
            m_packets.emplace_back();
            return static_cast<uint32_t>(m_packets.size() - 1);
        }
        const uint32_t packet = m_free;
        m_free = m_packets[packet].next;
        return packet;
    }

    /**
     * @brief Give a packet back, and its SACK option.
     * @param packet the packet
     */
    void Free(uint32_t packet)
    {
        PacketSegment& segment = m_packets[packet];
        if (segment.kind == PacketSegment::Kind::SACK)
        {
            m_freeSacks.push_back(segment.extra);
        }
        segment.next = m_free;
        m_free = packet;
    }

    /**
     * @brief Keep a SACK option, until its packet is given back.
     * @param sack the option
     * @return its place
     */
    uint32_t AddSack(const PacketSack& sack)
    {
        if (m_freeSacks.empty())
        {
            m_sacks.push_back(sack);
            return static_cast<uint32_t>(m_sacks.size() - 1);
        }
        const uint32_t place = m_freeSacks.back();
        m_freeSacks.pop_back();
        m_sacks[place] = sack;
        return place;
    }

    /**
     * @brief Look at a packet. The reference is good until the next Allocate().
     * @param packet the packet
     * @return its fields
     */
    PacketSegment& operator[](uint32_t packet)
    {
        return m_packets[packet];
    }

    /**
     * @brief Look at a packet. The reference is good until the next Allocate().
     * @param packet the packet
     * @return its fields
     */
    const PacketSegment& operator[](uint32_t packet) const
    {
        return m_packets[packet];
    }

    /**
     * @brief Look at the SACK option of a packet, which must have one.
     * @param segment the packet
     * @return the option
     */
    const PacketSack& GetSack(const PacketSegment& segment) const
    {
        return m_sacks[segment.extra];
    }

    /**
     * @brief Fetch a packet from memory that is going to be looked at.
     * @param packet the packet, or NONE
     */
    void Prefetch(uint32_t packet) const
    {
        if (packet != NONE)
        {
            __builtin_prefetch(m_packets.data() + packet);
        }
    }

  private:
    std::vector<PacketSegment> m_packets; //!< Under way, or free
    std::vector<PacketSack> m_sacks;      //!< In use, or free
    std::vector<uint32_t> m_freeSacks;    //!< Which of these are free
    uint32_t m_free{NONE};                //!< The first free packet
};

/**
 * @ingroup murmuration
 * @brief Packets in line, by their place in a pool.
 */
struct PacketLine
{
    uint32_t first{PacketPool::NONE}; //!< The one that leaves next
    uint32_t last{PacketPool::NONE};  //!< The one that came last; of no meaning if there is none

    /** @return whether there is none */
    bool IsEmpty() const
    {
        return first == PacketPool::NONE;
    }

    /**
     * @brief Add a packet at the end.
     * @param pool where it lives
     * @param packet the packet
     */
    void Append(PacketPool& pool, uint32_t packet)
    {
        pool[packet].next = PacketPool::NONE;
        if (IsEmpty())
        {
            first = packet;
        }
        else
        {
            pool[last].next = packet;
        }
        last = packet;
    }

    /**
     * @brief Take the first packet; there must be one.
     * @param pool where it lives
     * @return the packet
     */
    uint32_t TakeFirst(PacketPool& pool)
    {
        const uint32_t packet = first;
        first = pool[packet].next;
        pool.Prefetch(first);
        return packet;
    }
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_SEGMENT_H */
