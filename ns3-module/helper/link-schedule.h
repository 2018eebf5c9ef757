/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_LINK_SCHEDULE_H
#define MURMURATION_LINK_SCHEDULE_H

#include "ns3/callback.h"
#include "ns3/event-id.h"
#include "ns3/underlay.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief One step of a trace: what is not given stays as it is.
 */
struct LinkChange
{
    Time at;                      //!< Since the start of the trace
    std::optional<DataRate> rate; //!< New rate
    std::optional<Time> delay;    //!< New one-way propagation delay
    std::optional<bool> isUp;     //!< Whether the link carries anything from now on
};

/**
 * @ingroup murmuration
 * @brief How a link changes over time. Many links can follow the same trace.
 */
struct LinkTrace
{
    std::vector<LinkChange> changes; //!< By time, the later of two at one instant last
    Time period{};                   //!< After which it starts again; 0: it is played once
};

/**
 * @ingroup murmuration
 * @brief Lets links of an underlay follow traces.
 *
 * Whatever the number of traces, there is one event in the simulator at a time, so that this costs
 * O(log links) for each change and no memory beside the traces. Traces that are played once end by
 * themselves, and leave the links in their last state. Traces that repeat would keep the simulation
 * alive forever. They end when the condition of StopWhen() holds; and when nothing but changes of
 * links has happened for ten of the longest periods, since nothing will happen any more then.
 */
class LinkSchedule
{
  public:
    /**
     * @brief Construct a schedule without traces.
     * @param underlay whose links change
     */
    explicit LinkSchedule(Ptr<Underlay> underlay);

    ~LinkSchedule();
    LinkSchedule(const LinkSchedule&) = delete;
    LinkSchedule& operator=(const LinkSchedule&) = delete;

    /**
     * @brief Let a link follow a trace; aborts if there is no such link, or if the changes are
     * empty, out of order, before 0 or after the period. Must be called before Start().
     * @param link the link
     * @param trace the trace
     * @param offset where in the trace the link is at Start(); not negative
     */
    void Add(uint32_t link, std::shared_ptr<const LinkTrace> trace, Time offset = Time(0));

    /**
     * @brief Set what ends the changes; it is asked at each one.
     * @param isOver returns true once no further change matters
     */
    void StopWhen(Callback<bool> isOver);

    /** Bring all links into their first states, and start the traces, now. */
    void Start();

    /** Change no link any more. */
    void Stop();

  private:
    /** @brief A link, and where it is in its trace. */
    struct Cursor
    {
        uint32_t link;                          //!< The link
        std::shared_ptr<const LinkTrace> trace; //!< What it follows
        Time origin;                            //!< When the present turn began; may be negative
        std::size_t next;                       //!< Its next change

        /** @return when the next change is due */
        Time GetDue() const;
    };

    /** @brief Orders cursors by due time, then by their place in m_cursors. */
    struct IsLater
    {
        const std::vector<Cursor>* cursors; //!< All of them

        /**
         * @brief Compare two cursors.
         * @param a place of one
         * @param b place of another
         * @return whether a comes after b
         */
        bool operator()(std::size_t a, std::size_t b) const;
    };

    /**
     * @brief Apply what is in force at the start, and move to the first change after it.
     * @param cursor the cursor, at its offset
     * @return whether there is a next change
     */
    bool Enter(Cursor& cursor);

    /**
     * @brief Move to the next change.
     * @param cursor the cursor
     * @return whether there is one
     */
    static bool Step(Cursor& cursor);

    /**
     * @brief Change a link, unless it is in that state.
     * @param link the link
     * @param change what is new
     */
    void Apply(uint32_t link, const LinkChange& change);

    /** Apply every change that is due, and wait for the next one. */
    void Advance();

    /** Wait for the next change, if there is one that matters. */
    void Wait();

    /** @return whether only repeating traces are left, and all else has been quiet for long */
    bool IsIdle();

    Ptr<Underlay> m_underlay;        //!< Whose links change
    std::vector<Cursor> m_cursors;   //!< In the order of Add()
    std::vector<std::size_t> m_heap; //!< Cursors with a next change, as a heap by IsLater
    std::size_t m_nFinite{0};        //!< How many of these are played once
    Time m_longestPeriod{};          //!< Of the traces that repeat
    Time m_lastActivity{};           //!< When something else was last seen to be pending
    Callback<bool> m_isOver;         //!< What ends the changes; null: nothing
    EventId m_event;                 //!< The next call of Advance()
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LINK_SCHEDULE_H */
