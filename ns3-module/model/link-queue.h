/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_LINK_QUEUE_H
#define MURMURATION_LINK_QUEUE_H

#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/queue-size.h"

#include <cstdint>
#include <string>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What waits in front of a link: where it stands, how much it holds, and who leaves first.
 *
 * A queue behind the host (of a modem, a router, a provider) takes whatever a sender's windows
 * allow, and drops what it has no room for. One at the host is that of the sender's own interface:
 * there, Linux's TCP holds each connection to a few segments that have not left yet ("TCP small
 * queues"), so that what a window allows waits in the sockets instead. The packet that is being
 * transmitted is not in the queue.
 */
struct LinkQueue
{
    /** Where it stands. */
    enum class Place
    {
        BEHIND_HOST, //!< Nobody holds the sender back
        AT_HOST,     //!< TCP holds its segments back
    };

    /** Who leaves first, and who is dropped. */
    enum class Discipline
    {
        DROP_TAIL, //!< First come, first served, until it is full
        CODEL,     //!< First come, first served, and drops by waiting times [RFC 8289]
        FQ_CODEL,  //!< A queue with CoDel for each connection, served in turn [RFC 8290]
    };

    /** What `size` counts. */
    enum class Unit
    {
        PACKETS,     //!< Of any size
        BYTES,       //!< Of IPv4 packets
        NANOSECONDS, //!< At the first rate of the link
    };

    Place place{Place::BEHIND_HOST};              //!< Where it stands
    Discipline discipline{Discipline::DROP_TAIL}; //!< Who leaves first
    Unit unit{Unit::PACKETS};                     //!< What size counts
    uint64_t size{1000};                          //!< The most that waits; above 0
    Time target{MilliSeconds(5)};                 //!< Of CoDel: the least wait that is too long
    Time interval{MilliSeconds(100)};             //!< Of CoDel: how long it may be too long

    /** How many packets FqCoDel and CoDel hold unless told otherwise: Linux's numbers. */
    static constexpr uint64_t FQ_CODEL_PACKETS = 10240;
    static constexpr uint64_t CODEL_PACKETS = 1000; //!< See above

    /**
     * @brief Compare all that there is.
     * @param other the other
     * @return whether both are the same
     */
    bool operator==(const LinkQueue& other) const;

    /**
     * @brief The most that waits, as ns-3 counts it.
     * @param rate the first rate of the link
     * @return packets or bytes; not less than one full packet
     */
    QueueSize GetMaxSize(DataRate rate) const;

    /**
     * @brief Say what is impossible in it.
     * @return one clause; empty if nothing is
     */
    std::string FindFault() const;
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LINK_QUEUE_H */
