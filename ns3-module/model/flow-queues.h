/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_QUEUES_H
#define MURMURATION_FLOW_QUEUES_H

#include "flow-connection.h"
#include "flow-links.h"
#include "fluid-network.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What waits in front of links, as far as a fluid tells: of each window, what has not been
 * carried and is not under way elsewhere.
 *
 * Each flow waits in front of one link of its way, the narrowest. To sum up what waits in front of
 * a link takes a step for each of its flows; where these are many, a sum serves until a part of
 * them has begun a round since, or until a part of what it found has left.
 */
class FlowQueues
{
  public:
    /**
     * @brief Construct empty queues.
     * @param network rates and progress of all flows, which outlives them
     * @param links rates and queues of the links, which outlive them
     */
    FlowQueues(const FluidNetwork& network, const FlowLinks& links);

    /**
     * @brief Set where a flow waits. To be called when its rounds begin.
     * @param connection who sends it
     * @param link the link
     */
    void Set(const FlowConnection& connection, uint32_t link);

    /**
     * @brief Read a connection anew. To be called when its window or its round has changed, or it
     * pauses, or goes on.
     * @param connection the connection
     */
    void Update(const FlowConnection& connection);

    /**
     * @brief The same, where nothing but the wait of its round has changed.
     * @param connection the connection
     */
    void UpdateWait(const FlowConnection& connection);

    /** What was seen may be wrong now: rates or windows have changed. */
    void Look();

    /**
     * @brief The link in front of which a connection waits.
     * @param connection the connection; a message is being sent
     * @return the link
     */
    uint32_t Get(const FlowConnection& connection) const;

    /**
     * @brief Find the link where segments wait: what limits the flow, or the link of its path that
     * has the least for each flow.
     * @param connection the connection; a message is being sent
     * @param isKnown whether what limits the flow is known
     * @return the link
     */
    uint32_t Find(const FlowConnection& connection, bool isKnown) const;

    /**
     * @brief What a link has for each of its flows.
     * @param link the link
     * @return bytes per second
     */
    double GetShare(uint32_t link) const;

    /**
     * @brief How much of a connection waits.
     * @param connection the connection; a message is being sent
     * @param now the time in seconds
     * @return bytes
     */
    double GetBacklog(const FlowConnection& connection, double now) const;

    /**
     * @brief How long a link needs for what waits in front of it.
     * @param link the link
     * @param now the time in seconds
     * @return seconds
     */
    double GetLength(uint32_t link, double now) const;

    /**
     * @brief How long a segment that comes now waits behind others.
     * @param link the link
     * @param now the time in seconds
     * @return seconds; none where connections are served in turn
     */
    double GetDelay(uint32_t link, double now) const;

    /**
     * @brief The same, without bursts that have left their senders and have not come to the link.
     * @param link the link
     * @param now the time in seconds
     * @return seconds; at most GetDelay()
     */
    double GetPresentDelay(uint32_t link, double now) const;

    /**
     * @brief How much of that stays, as acknowledgements let its senders fill it up, as long as
     * they have more to send.
     * @param link the link
     * @param later how much later, in seconds
     * @param now the time in seconds
     * @return seconds
     */
    double GetStanding(uint32_t link, double later, double now) const;

    /**
     * @brief Whether the queue of a connection and its link have no room for a window of each
     * connection that waits there.
     * @param connection the connection; its wait is set
     * @param window of each, in bytes
     * @return true if they have not
     */
    bool IsCrowded(const FlowConnection& connection, double window) const;

    /**
     * @brief Whether a connection waits in a queue that serves all in turn.
     * @param connection the connection
     * @return true if it does
     */
    bool IsInTurn(const FlowConnection& connection) const;

  private:
    /** The length of a queue, for all who look at it, in a line of the cache. */
    struct alignas(64) Seen
    {
        uint64_t look{0};   //!< Which state of the flows, as m_look counts
        double time{-1};    //!< When, in seconds
        double length{0};   //!< In seconds
        double present{0};  //!< Of it, what has come to the link
        double standing{0}; //!< Of it, what is filled up as it is sent
        double lasts{0};    //!< For how long that is, in seconds
        uint32_t nBegun{0}; //!< Rounds that have begun in front of the link since
        /** Flows that wait there, with those that have ended and whose numbers are free. */
        uint32_t nWaiting{0};
    };

    /**
     * What tells how much of a flow waits, read off its connection: one line of the cache, as a sum
     * over a link looks at all that wait there, and connections are large.
     */
    struct alignas(64) Sender
    {
        bool isPaused{false};        //!< FlowConnection::isPaused
        bool isFirst{false};         //!< FlowRound::isFirst
        bool isOpening{false};       //!< FlowRound::isOpening
        bool isCrowded{false};       //!< FlowRound::isCrowded
        FlowWindow::Growth growth{}; //!< Of its window
        double room{0};              //!< FlowConnection::GetRoom()
        double remaining{0};         //!< FlowRound::remaining
        double grown{0};             //!< FlowRound::grown
        double wait{0};              //!< FlowRound::wait
    };

    /** The same, of which few are asked. */
    struct Seldom
    {
        double window{0}; //!< FlowRound::window; that of crowds is asked for
        /** When its first burst comes to the link, in seconds; 0: it is there. In rounds that open
         * a message it may not be. */
        double comes{0};
    };

    /**
     * @brief Read a connection.
     * @param connection the connection
     * @param sender where to put what tells how much of it waits
     */
    static void Read(const FlowConnection& connection, Sender& sender);

    /**
     * @brief How much of a flow waits.
     * @param sender of the flow
     * @param window FlowRound::window
     * @param flow the flow
     * @param now the time in seconds
     * @return bytes
     */
    double GetBacklog(const Sender& sender, double window, uint32_t flow, double now) const;

    /**
     * @brief Sum up what waits in front of a link, unless the last sum serves still.
     * @param link the link
     * @param now the time in seconds
     * @return how long the link needs for it, in seconds
     */
    double SumUp(uint32_t link, double now) const;

    static constexpr uint32_t NO_LINK = std::numeric_limits<uint32_t>::max(); //!< Never set

    const FluidNetwork& m_network;          //!< Rates and progress
    const FlowLinks& m_links;               //!< Rates and disciplines
    std::vector<uint32_t> m_where;          //!< By flow: the link where it waits, or NO_LINK
    std::vector<Sender> m_senders;          //!< By flow
    std::vector<Seldom> m_seldom;           //!< By flow
    mutable std::vector<Seen> m_seen;       //!< By link
    mutable std::vector<uint32_t> m_summed; //!< Flows that SumUp() looks at
    uint64_t m_look{0};                     //!< Counts the states of the flows that are looked at
};

inline uint32_t
FlowQueues::Get(const FlowConnection& connection) const
{
    return m_where[connection.flow];
}

inline double
FlowQueues::GetShare(uint32_t link) const
{
    return m_links[link].rate / static_cast<double>(m_network.GetSolver().GetNFlows(link));
}

inline double
FlowQueues::GetLength(uint32_t link, double now) const
{
    const Seen& seen = m_seen[link];
    return seen.look == m_look && seen.time == now ? seen.length : SumUp(link, now);
}

inline double
FlowQueues::GetDelay(uint32_t link, double now) const
{
    return m_links[link].isInTurn ? 0 : GetLength(link, now);
}

inline double
FlowQueues::GetPresentDelay(uint32_t link, double now) const
{
    return GetDelay(link, now) == 0 ? 0 : m_seen[link].present;
}

inline double
FlowQueues::GetStanding(uint32_t link, double later, double now) const
{
    if (GetDelay(link, now) == 0)
    {
        return 0;
    }
    const Seen& seen = m_seen[link];
    return std::clamp(seen.lasts - later, 0.0, seen.standing);
}

inline bool
FlowQueues::IsInTurn(const FlowConnection& connection) const
{
    return m_links[Get(connection)].isInTurn;
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_QUEUES_H */
