/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLUID_NETWORK_H
#define MURMURATION_FLUID_NETWORK_H

#include "heap-forest.h"
#include "indexed-heap.h"
#include "max-min-solver.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Amounts of fluid that flow through links in time, at max-min fair rates.
 *
 * Flows do not keep their progress themselves: what limits a flow, a link or its own cap, counts
 * what one unit of weight has received since the start, and the flow ends when that count reaches
 * its mark. So a change of a link's level costs one step, however many flows it limits. [Demers,
 * 1989] calls the count virtual time. A flow can have a stage on its way to the end: an amount that
 * is left when that is told, whatever the rates are until then.
 *
 * Changes take effect with Settle(), all those of one instant together. Times are in seconds and
 * must not go back; amounts are in bytes.
 *
 * - [Demers, 1989] A. Demers, S. Keshav and S. Shenker. Analysis and simulation of a fair queueing
 *   algorithm. SIGCOMM 1989.
 */
class FluidNetwork
{
  public:
    static constexpr double NEVER = std::numeric_limits<double>::infinity(); //!< No such time

    /** What happens to a flow by itself. */
    struct Event
    {
        uint32_t flow;   //!< The flow
        bool isFinished; //!< All of it has been sent; otherwise no more is left than its stage
    };

    /**
     * @brief Construct a network.
     * @param capacities of its links, in bytes per second
     */
    explicit FluidNetwork(const std::vector<double>& capacities);

    /**
     * @brief See MaxMinSolver::SetReturnShare().
     * @param share taken from each link that leads back
     */
    void SetReturnShare(double share);

    /**
     * @brief See MaxMinSolver::SetExactUse().
     * @param isExact whether it must be right
     */
    void SetExactUse(bool isExact);

    /**
     * @brief Change the capacity of a link.
     * @param link the link
     * @param capacity bytes per second
     */
    void SetCapacity(uint32_t link, double capacity);

    /**
     * @brief Start a flow.
     * @param links the links of its path
     * @param amount how much there is to send, in bytes, above 0
     * @param now the time
     * @param back the links of its acknowledgements
     * @return its number; numbers of ended flows are used again
     */
    uint32_t Start(const std::vector<uint32_t>& links,
                   double amount,
                   double now,
                   const std::vector<uint32_t>& back = {});

    /**
     * @brief End a flow, finished or not.
     * @param flow the flow
     * @param now the time
     */
    void End(uint32_t flow, double now);

    /**
     * @brief Change weight and cap of a flow.
     * @param flow the flow
     * @param weight its share beside others, above 0
     * @param cap the most that it takes, in bytes per second
     * @param now the time
     */
    void SetFlow(uint32_t flow, double weight, double cap, double now);

    /**
     * @brief Have an event when no more than an amount is left of a flow.
     * @param flow the flow
     * @param left the amount in bytes; 0 for the end of the flow alone
     * @param leftAtCap an amount, not below that one, for which to have it as soon as its own cap,
     * and not a link, limits the flow; 0 for none
     */
    void SetStage(uint32_t flow, double left, double leftAtCap = 0);

    /**
     * @brief Let the changes made since the last call take effect.
     * @param now the time at which they were made
     */
    void Settle(double now);

    /**
     * @brief The same without Reschedule(), which is to follow once stages have been set as well.
     * @param now the time at which they were made
     */
    void Resolve(double now);

    /** Work out anew when the next event is due, after stages have been set. */
    void Reschedule();

    /** @return when the next event is due; NEVER if none is */
    double GetNextTime() const;

    /**
     * @brief Take the next event that is due. A finished flow stays until End().
     * @param now the time
     * @param event where to put it
     * @return whether there was one
     */
    bool TakeEvent(double now, Event& event);

    /**
     * @brief What a flow has yet to send.
     * @param flow the flow
     * @param now the time
     * @return bytes
     */
    double GetRemaining(uint32_t flow, double now) const;

    /**
     * @brief Whether its own cap, not a link, limits a flow.
     * @param flow the flow
     * @return true if it does, as of the last Settle()
     */
    bool IsAtCap(uint32_t flow) const;

    /**
     * @brief Have what is known of a flow come into the cache.
     * @param flow the flow, of which something is asked soon
     */
    void Prefetch(uint32_t flow) const;

    /**
     * @brief What a flow has of the link that limits it.
     * @param flow the flow; not at its cap, as of the last Settle()
     * @return bytes per second, with weight and cap as set since
     */
    double GetLimitedRate(uint32_t flow) const;

    /** @return the rates */
    const MaxMinSolver& GetSolver() const;

  private:
    /** What limits flows: a link, or the cap of one flow. Half a line of the cache. */
    struct alignas(32) Limit
    {
        double level{0};     //!< Bytes per second for one unit of weight
        double received{0};  //!< Bytes for one unit of weight, up to `since`
        double since{0};     //!< When `received` was right
        bool isStale{false}; //!< Waits in m_stale
    };

    /** Progress of a flow, in a line of the cache. */
    struct alignas(64) Progress
    {
        uint32_t limit{0};    //!< What limits it
        bool isAtCap{false};  //!< Whether that is its own cap
        bool isNew{false};    //!< Has not been settled yet
        bool isActive{false}; //!< Has started and not ended
        bool isTaken{false};  //!< Its end, or its stage, has been told
        double mark{0};       //!< Ends when the limit has received that much; bytes while new
        double weight{1};     //!< As set
        double cap{0};        //!< As set, divided by the weight: a level
        double stage{0};      //!< What is left when its next event is due
        double stageAtCap{0}; //!< The same, from when its cap limits it; 0: no other than that
    };

    /**
     * @brief What a limit has given to one unit of weight.
     * @param limit the limit
     * @param now the time
     * @return bytes since the start
     */
    double Received(uint32_t limit, double now) const;

    /**
     * @brief Change the level of a limit.
     * @param limit the limit
     * @param level the new level
     * @param now the time
     */
    void SetLevel(uint32_t limit, double level, double now);

    /**
     * @brief See to it that a flow is counted by what limits it now.
     * @param flow the flow
     * @param now the time
     */
    void Attach(uint32_t flow, double now);

    /**
     * @brief Have the next event of a limit worked out.
     * @param limit the limit
     */
    void MarkStale(uint32_t limit);

    /**
     * @brief Work out when the next event of a limit is due.
     * @param limit the limit
     */
    void Schedule(uint32_t limit);

    /**
     * @brief The limit that stands for the cap of a flow.
     * @param flow the flow
     * @return its number
     */
    uint32_t CapOf(uint32_t flow) const;

    /**
     * @brief When the limit of a flow has received so much, the next event of the flow is due.
     * @param progress of the flow
     * @return a count of its limit
     */
    static double NextMark(const Progress& progress);

    /**
     * @brief Have a flow wait for its next event with what limits it.
     * @param flow the flow
     */
    void Enqueue(uint32_t flow);

    /**
     * @brief Have a flow wait for nothing.
     * @param flow the flow
     */
    void Dequeue(uint32_t flow);

    MaxMinSolver m_solver;             //!< Works out levels
    uint32_t m_nLinks;                 //!< Limits below are links
    std::vector<Limit> m_limits;       //!< Links, then one per flow
    std::vector<Progress> m_flows;     //!< By flow
    std::vector<uint32_t> m_attached;  //!< By flow: Progress::limit, side by side; or NO_LINK
    std::vector<uint32_t> m_unsettled; //!< Flows that have started or whose cap has changed
    std::vector<uint32_t> m_stale;     //!< Limits whose next event must be worked out
    HeapForest m_waiting;              //!< By link, the flows that it limits, by NextMark()
    IndexedHeap m_next;                //!< Next event, by limit
};

inline double
FluidNetwork::Received(uint32_t limit, double now) const
{
    const Limit& state = m_limits[limit];
    return state.received + state.level * (now - state.since);
}

inline double
FluidNetwork::GetRemaining(uint32_t flow, double now) const
{
    const Progress& progress = m_flows[flow];
    return std::max(0.0,
                    progress.isNew
                        ? progress.mark
                        : progress.weight * (progress.mark - Received(progress.limit, now)));
}

inline bool
FluidNetwork::IsAtCap(uint32_t flow) const
{
    return m_flows[flow].isAtCap;
}

inline void
FluidNetwork::Prefetch(uint32_t flow) const
{
    __builtin_prefetch(&m_flows[flow]);
}

inline double
FluidNetwork::GetLimitedRate(uint32_t flow) const
{
    const Progress& progress = m_flows[flow];
    return progress.weight * std::min(progress.cap, m_limits[progress.limit].level);
}

inline const MaxMinSolver&
FluidNetwork::GetSolver() const
{
    return m_solver;
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLUID_NETWORK_H */
