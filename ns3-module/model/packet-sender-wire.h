/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_SENDER_WIRE_H
#define MURMURATION_PACKET_SENDER_WIRE_H

#include "packet-segment.h"

#include <cstdint>
#include <string>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief A segment that is sent.
 */
struct PacketSending
{
    uint32_t number;  //!< Which
    uint32_t payload; //!< Its bytes
    uint32_t charge;  //!< Segments of the buffer that has left the host with it; 0: not counted
    bool isPushed;    //!< Whether it ends a buffer of several segments
    uint8_t marks{0}; //!< PacketSegment::Mark
};

/**
 * @ingroup murmuration
 * @brief What a PacketTcpSender acts upon.
 */
class PacketSenderWire
{
  public:
    virtual ~PacketSenderWire() = default;

    /** @return the time in ns */
    virtual int64_t GetNow() const = 0;

    /** @return a number of the connection's own, from which its draws come */
    virtual uint64_t GetSalt() const
    {
        return 0;
    }

    /** Send a SYN. */
    virtual void SendSyn() = 0;

    /** Acknowledge the answer to it. */
    virtual void SendHandshakeAck() = 0;

    /**
     * @brief Send a segment.
     * @param sending the segment
     */
    virtual void SendSegment(const PacketSending& sending) = 0;

    /**
     * @brief A segment is sent for the first time.
     * @param number the segment
     * @param end bytes of the stream up to and with its last one
     */
    virtual void HandleFirstSending(uint32_t number, uint64_t end) = 0;

    /**
     * @brief The connection has failed.
     * @param reason one clause that says why
     */
    virtual void Fail(const std::string& reason) = 0;
};

/**
 * @ingroup murmuration
 * @brief An acknowledgement, as a sender gets it.
 */
struct PacketAck
{
    uint32_t number;        //!< The next segment that the receiver expects
    uint32_t window;        //!< Bytes that it has room for
    int64_t echo;           //!< The time stamp that it echoes
    const PacketSack* sack; //!< SACK option; null if there is none
    bool isEcho{false};     //!< Whether it tells of a mark (ECE)
};

/**
 * @ingroup murmuration
 * @brief What has happened to a sender.
 */
struct PacketSenderCounts
{
    uint64_t segments{0};        //!< Segments sent, again included
    uint64_t retransmissions{0}; //!< Of these, sent again
    uint64_t timeouts{0};        //!< Retransmission timeouts
    uint64_t probes{0};          //!< Tail loss probes
    uint64_t undone{0};          //!< Reductions of the window that were taken back

    /**
     * @brief Add those of another sender.
     * @param other the other
     * @return all together
     */
    PacketSenderCounts& operator+=(const PacketSenderCounts& other)
    {
        segments += other.segments;
        retransmissions += other.retransmissions;
        timeouts += other.timeouts;
        probes += other.probes;
        undone += other.undone;
        return *this;
    }
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_SENDER_WIRE_H */
