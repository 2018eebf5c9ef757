/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_BURST_QUEUES_H
#define MURMURATION_BURST_QUEUES_H

#include "event-pool.h"
#include "flow-links.h"
#include "flow-path.h"

#include "ns3/callback.h"

#include <memory>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The order in which bursts leave the queues of links: first come, first served.
 *
 * A fluid shares a link; a queue serves one burst after the other. Here a link is a clock: the time
 * until which all that has come to it keeps it busy [Lindley, 1952]. The first segment of a burst
 * goes from link to link and sets the clocks; the last byte, where somebody wants to know when it
 * arrives, follows and waits for them. So of bursts that one node sends at once each arrives when
 * those before it and itself have been transmitted, and bursts that come to a link over several
 * others at once end one segment after the other: their segments have alternated.
 *
 * A link that serves connections in turn has a clock, too, but nobody waits for it here.
 *
 * Costs an event for each link between the first and the last, whatever the size of a burst; what
 * comes to the last one is looked at when somebody asks for its clock. Where somebody wants to know
 * when the first segment arrives, that is another event, and one more if it waits for the last
 * link.
 *
 * - [Lindley, 1952] D. V. Lindley. The theory of queues with a single server. Mathematical
 *   Proceedings of the Cambridge Philosophical Society 48.
 */
class BurstQueues
{
  public:
    /** Runs when a last byte has arrived: who has sent it, and the message. */
    typedef Callback<void, uint32_t, uint64_t> ArrivalCallback;

    /** Runs when a first segment has arrived: who has sent it, and its Burst::watch. */
    typedef Callback<void, uint32_t, uint32_t> HeadCallback;

    /**
     * @brief Construct idle queues.
     * @param links their links, which outlive them
     * @param events has bursts come to links; outlives them
     * @param segment bytes of a full segment
     * @param arrival runs for each last byte that is followed
     * @param head runs for the first segment of each burst that is watched
     */
    BurstQueues(const FlowLinks& links,
                EventPool& events,
                double segment,
                ArrivalCallback arrival,
                HeadCallback head);

    /** A burst. */
    struct Burst
    {
        std::shared_ptr<const FlowPath> path; //!< Its way
        double bytes;                         //!< Its size
        uint32_t sender;                      //!< Who sends it; told to the callbacks
        uint32_t watch{0};                    //!< Told when it begins to arrive; 0: nobody asks
        double rate{0}; //!< At which it leaves its sender, in bytes per second; 0: at once
    };

    /**
     * @brief A burst leaves its sender.
     * @param burst the burst
     * @param lag how long from now, in seconds
     */
    void Send(Burst burst, double lag);

    /**
     * @brief A burst leaves its sender, and its last byte is followed.
     * @param burst the burst
     * @param lag how long from now, in seconds
     * @param message told to the callback
     */
    void Follow(Burst burst, double lag, uint64_t message);

    /**
     * @brief How long the first segment of the burst that a sender has sent last has waited behind
     * others, on all links that it has come to.
     * @param sender who has sent it
     * @param last the last link of its way
     * @param now the time in seconds
     * @return seconds
     */
    double GetWaited(uint32_t sender, uint32_t last, double now);

    /**
     * @brief How long a segment that comes to a link now waits, behind what has come before it.
     * @param link the link
     * @param now the time in seconds
     * @return seconds
     */
    double GetWait(uint32_t link, double now);

    /**
     * @brief How long a link needs for all that has come to it, and is coming.
     * @param link the link
     * @param now the time in seconds
     * @return seconds
     */
    double GetWork(uint32_t link, double now);

  private:
    /** The first segment of a burst. */
    struct Head
    {
        double time;     //!< When it comes to a link, in seconds
        uint64_t order;  //!< Among all, for those that come at the same time
        double bytes;    //!< Size of the burst
        double rate;     //!< At which it comes, in bytes per second; 0: at once
        uint32_t sender; //!< Who sends it
        bool isFollowed; //!< Its last byte comes later

        /**
         * @brief Compare for a heap that has the earliest in front.
         * @param other the other
         * @return true if this one comes later
         */
        bool operator<(const Head& other) const
        {
            return time > other.time || (time == other.time && order > other.order);
        }
    };

    /** A burst whose first segment has come to a link, and whose last one has not. */
    struct Part
    {
        double ends; //!< When its last segment comes, in seconds
        double rate; //!< At which it comes, in bytes per second

        /**
         * @brief Compare for a heap that has the earliest in front.
         * @param other the other
         * @return true if this one ends later
         */
        bool operator<(const Part& other) const
        {
            return ends > other.ends;
        }
    };

    /** What is known of a link: all but sums that few ask for in one line of the cache. */
    struct alignas(64) Clock
    {
        double busyUntil{0};     //!< In seconds
        std::vector<Head> heads; //!< Those that the clock has not seen: a heap
        std::vector<Part> parts; //!< Bursts that are coming: a heap
        uint32_t nComing{0};     //!< Last bytes whose first segments have come
        // What is still to come of the parts is the difference of two sums.
        double rate{0}; //!< Sum of their rates
        double ends{0}; //!< Sum of what each would have brought from time 0 to its end
    };

    /**
     * @brief The first segment of a burst comes to a link.
     * @param burst the burst
     * @param hop index of the link on its way
     * @param isFollowed whether its last byte comes later
     */
    void PassHead(Burst burst, uint32_t hop, bool isFollowed);

    /**
     * @brief Set the clock of a link by a burst.
     * @param link the link
     * @param head the first segment, which comes at its time
     * @return when its transmission starts, in seconds
     */
    double SetClock(uint32_t link, const Head& head);

    /**
     * @brief How long a link needs for what is still to come of bursts that have begun to.
     * @param link the link
     * @param time as of when, in seconds; does not go back
     * @return seconds
     */
    double GetRest(uint32_t link, double time);

    /**
     * @brief At what rate a burst leaves a link, where it finds nothing before it.
     * @param burst the burst
     * @param link the link
     * @return bytes per second
     */
    double GetRate(const Burst& burst, uint32_t link) const;

    /**
     * @brief The first segment of a burst that is watched arrives.
     * @param sender who has sent it
     * @param watch of the burst
     * @param waits how long from now, in seconds; not below 0 but for rounding
     */
    void ArriveHead(uint32_t sender, uint32_t watch, double waits);

    /**
     * @brief Set the clock of a link by all that has come to it until now.
     * @param link the link
     * @param now the time in seconds
     */
    void CatchUp(uint32_t link, double now);

    /**
     * @brief The last byte of a burst comes to a link, or to the receiver.
     * @param burst the burst
     * @param hop index of the link on its way
     * @param message told to the callback
     */
    void PassTail(Burst burst, uint32_t hop, uint64_t message);

    /**
     * @brief What comes between the transmission on a link and the arrival at the next.
     * @param path the path
     * @param hop index of the link on it
     * @return seconds
     */
    double GetPropagation(const FlowPath& path, uint32_t hop) const;

    const FlowLinks& m_links;     //!< Rates, delays and limits
    EventPool& m_events;          //!< Has bursts come to links
    double m_segment;             //!< Bytes of a full segment
    ArrivalCallback m_arrival;    //!< Runs for each last byte
    HeadCallback m_head;          //!< Runs for each first segment that is watched
    std::vector<Clock> m_clocks;  //!< By link
    std::vector<double> m_waited; //!< See GetWaited(), by sender
    uint64_t m_nHeads{0};         //!< How many there have been
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_BURST_QUEUES_H */
