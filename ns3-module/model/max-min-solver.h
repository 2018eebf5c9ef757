/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_MAX_MIN_SOLVER_H
#define MURMURATION_MAX_MIN_SOLVER_H

#include "max-min-parts.h"

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
 * @brief Shares the capacities of links among flows, max-min fairly, and re-solves only what a
 * change touches.
 *
 * Every link l has a level: what a flow of weight 1 may have on it. Where the flows of a link leave
 * something over, its level is infinite. A flow of weight w has
 *
 *     rate = min(cap, w x lowest level on its path),                                          (1)
 *
 * and the level of a link is that at which the rates of its flows, each as limited by its cap and
 * by its other links, use up the capacity. Where (1) holds for every flow and this for every link,
 * each flow is at its cap or has a saturated link on which no flow has more per weight: the
 * allocation is the max-min fair one, and it is unique [Bertsekas, 1992, section 6.5.2].
 *
 * After a change, the levels of the links that it touches are worked out again; where a level has
 * changed and a flow was or is limited by it, the other links of that flow follow. A change of a
 * link is felt only by links of higher levels, so it soon dies out: how many links it touches does
 * not grow with the network. Levels come right from the lowest up, at least one in a few sweeps
 * over the links that are touched, so that the work ends: see GetGreatestWork().
 *
 * A link of very many flows is a crowd (CrowdLevel): its new level costs the logarithm of their
 * number and something for each flow that it limits from now on, or no longer, or whose other links
 * feel it. Each flow of a crowd has a bound for that: up to this level of the crowd no other link
 * on its path can be full. What acknowledgements take follows then in steps that RETURN_STEP
 * covers.
 *
 * Acknowledgements take a share of what a flow carries from the links that lead back. Where they
 * may fill a good part of one, the flow is one of its flows and that link may limit it, as a queue
 * in which they wait does. Elsewhere what they take is subtracted from the capacity in steps of a
 * thousandth, and at most so often that all of it is felt to a share of a share of a share: a
 * change of what is taken changes what others carry, and so what is taken, round and round.
 *
 * - [Bertsekas, 1992] D. Bertsekas and R. Gallager. Data networks, second edition.
 */
class MaxMinSolver
{
  public:
    static constexpr double INFINITE = std::numeric_limits<double>::infinity(); //!< No limit
    static constexpr uint32_t NO_LINK = std::numeric_limits<uint32_t>::max();   //!< Own cap
    static constexpr uint32_t UNKNOWN = NO_LINK - 1; //!< What only GetBottleneck() tells

    /**
     * @brief Add a link.
     * @param capacity what its flows share, 0 or more
     * @return its number, counted from 0
     */
    uint32_t AddLink(double capacity);

    /**
     * @brief Change the capacity of a link.
     * @param link the link
     * @param capacity what its flows share, 0 or more
     */
    void SetCapacity(uint32_t link, double capacity);

    /**
     * @brief Set how much acknowledgements take. To be called before the first flow is added.
     * @param share taken from each link that leads back, for each unit carried; below 1
     */
    void SetReturnShare(double share);

    /**
     * @brief Set whether GetUse() must be right for all links: then each is worked out, always.
     * @param isExact whether it must
     */
    void SetExactUse(bool isExact);

    /**
     * @brief Add a flow; its rate is known after Solve().
     * @param links the links of its path, at least one, each once
     * @param weight its share beside others, above 0
     * @param cap the most that it takes, 0 or more
     * @param back the links that lead back, each once
     * @return its number; numbers of removed flows are used again
     */
    uint32_t AddFlow(const std::vector<uint32_t>& links,
                     double weight,
                     double cap,
                     const std::vector<uint32_t>& back = {});

    /**
     * @brief Remove a flow.
     * @param flow the flow
     */
    void RemoveFlow(uint32_t flow);

    /**
     * @brief Change weight and cap of a flow.
     * @param flow the flow
     * @param weight its share beside others, above 0
     * @param cap the most that it takes, 0 or more
     */
    void SetFlow(uint32_t flow, double weight, double cap);

    /** Work out the levels that have changed since the last call. */
    void Solve();

    /**
     * @brief The links whose level the last Solve() has changed, in no order that means anything.
     * @return their numbers, each once
     */
    const std::vector<uint32_t>& GetChangedLinks() const;

    /**
     * @brief The flows for which the last Solve() may have changed what limits them.
     * @param visit called with the number of each, some more than once
     */
    template <class Visit>
    void ForEachMoved(Visit&& visit) const;

    /**
     * @brief The same, with what limits them where that is known at once.
     * @param visit called with the number of each, some more than once, and GetBottleneck() or
     * UNKNOWN
     */
    template <class Visit>
    void ForEachMovedTo(Visit&& visit) const;

    /**
     * @brief What a flow of weight 1 may have on a link.
     * @param link the link
     * @return its level; infinite where the link limits nobody
     */
    double GetLevel(uint32_t link) const;

    /**
     * @brief The rate of a flow.
     * @param flow the flow
     * @return its rate, in the unit of the capacities
     */
    double GetRate(uint32_t flow) const;

    /**
     * @brief What limits a flow.
     * @param flow the flow
     * @return the first link of the lowest level on its path; NO_LINK if its cap is lower still
     */
    uint32_t GetBottleneck(uint32_t flow) const;

    /**
     * @brief How much of a link its flows use. See SetExactUse().
     * @param link the link
     * @return the sum of their rates
     */
    double GetUse(uint32_t link) const;

    /**
     * @brief How much of a link is taken by acknowledgements that are not among its flows.
     * @param link the link
     * @return the part of the capacity that its flows do not share
     */
    double GetTaken(uint32_t link) const;

    /**
     * @brief The links that the last Solve() has worked out: no other link's use has changed, if
     * it is exact.
     * @return their numbers, each once, in no order that means anything
     */
    const std::vector<uint32_t>& GetWorkedLinks() const;

    /**
     * @brief The capacity of a link.
     * @param link the link
     * @return what was set
     */
    double GetCapacity(uint32_t link) const;

    /**
     * @brief The flows of a link.
     * @param link the link
     * @param visit called with the number of each
     */
    template <class Visit>
    void ForEachFlow(uint32_t link, Visit&& visit) const;

    /**
     * @brief How many flows a link has.
     * @param link the link
     * @return their number
     */
    std::size_t GetNFlows(uint32_t link) const;

    /** @return how often a link was worked out since the start: the cost, for benchmarks */
    uint64_t GetWork() const;

    /**
     * @brief How often links may be worked out for one change; Solve() aborts beyond it.
     * @param nTouched how many different links the change touches
     * @return four sweeps for each of them to come right, once for each time that what
     * acknowledgements take is felt
     */
    static uint64_t GetGreatestWork(uint64_t nTouched);

  private:
    using Hop = MaxMinParts::Hop;       //!< A link on the path of a flow
    using Member = MaxMinParts::Member; //!< A flow on a link
    using Crowd = MaxMinParts::Crowd;   //!< What a link has that has very many flows
    using Link = MaxMinParts::Link;     //!< A link and what it carries
    using Flow = MaxMinParts::Flow;     //!< A flow
    using Demand = MaxMinParts::Demand; //!< What a member could have without the link

    /**
     * @brief Have a link worked out.
     * @param link the link
     */
    void MarkDirty(uint32_t link);

    /**
     * @brief What acknowledgements leave of a link to its flows.
     * @param link the link
     * @return a capacity
     */
    static double GetRoom(const Link& link);

    /**
     * @brief Work out the level of a link from those of the others.
     * @param link the link
     * @return the level
     */
    double WorkOut(uint32_t link);

    /**
     * @brief Share a link among flows that want more than it has.
     * @param link the link
     * @param capacity what they share
     * @param weight sum of theirs
     * @return the level
     */
    double ShareOut(const Link& link, double capacity, double weight);

    /**
     * @brief Give a link a new level, and have those links worked out that feel it.
     * @param link the link
     * @param level the new level
     */
    void SetLevel(uint32_t link, double level);

    /**
     * @brief What a member of a link could have without the link.
     * @param member the flow there
     * @return the lowest of its cap and the levels of its other links
     */
    double GetMemberLevel(const Member& member) const;

    /**
     * @brief What limits a flow of a pair of links.
     * @param member the flow on one of them
     * @param link that one
     * @return the same as GetBottleneck()
     */
    uint32_t GetBottleneckOfPair(const Member& member, uint32_t link) const;

    /**
     * @brief Tell the other links of a flow that has more or less than two of a new level.
     * @param member the flow on the link of that level, which has been set
     * @param before the level until now
     */
    void TellAll(const Member& member, double before);

    /**
     * @brief Another amount of a link is wanted. While it surely is not full, nobody needs to sum
     * up how much: most links of a network are not, and each hears of every change of its
     * neighbors.
     * @param link the link
     * @param before so much until now
     * @param after so much from now on
     */
    void TakeSlack(Link& link, double before, double after) const;

    /**
     * @brief Have TakeReturns() look at the flows of a link whose level has changed by more than
     * what nobody would feel.
     * @param link the link
     */
    void MarkFelt(uint32_t link);

    /**
     * @brief Have TakeReturns() look at what acknowledgements take from a link.
     * @param link the link
     */
    void MarkTaken(uint32_t link);

    /**
     * @brief Have a link among GetChangedLinks().
     * @param link the link
     */
    void MarkChanged(uint32_t link);

    /**
     * @brief Say how far the levels of crowds may rise before a link can be full.
     * @param link the link; not full
     * @param slack what it has left for one unit of weight
     */
    void ShareSlack(const Link& link, double slack);

    /**
     * @brief Give a crowd a new level, and have those links worked out that feel it.
     * @param link the link
     * @param level the new level
     */
    void SetCrowdLevel(uint32_t link, double level);

    /**
     * @brief Make a link a crowd, if that pays.
     * @param link the link
     */
    void FormCrowd(uint32_t link);

    /**
     * @brief Make a crowd a link like others.
     * @param link the link
     */
    void DisbandCrowd(uint32_t link);

    /**
     * @brief Tell the other links of a flow, but for those that cannot feel it, of a new level.
     * @param flow the flow
     * @param except index of the link of that level on its path
     * @param lower the lower one of the old and the new level
     */
    void TellOthers(uint32_t flow, uint32_t except, double lower);

    /**
     * @brief Set the bounds of a flow in the crowds on its path.
     * @param flow the flow
     */
    void SetBounds(uint32_t flow);

    /** Work out links until nothing changes, with what acknowledgements take as it is. */
    void WorkOutDirty();

    /** Reckon anew what acknowledgements take, where rates have changed. */
    void TakeReturns();

    /**
     * @brief Reckon anew what the acknowledgements of a flow take.
     * @param flow the flow
     * @param rate its rate
     */
    void TakeReturn(uint32_t flow, double rate);

    /**
     * @brief Have TakeReturns() look at a flow.
     * @param flow the flow
     */
    void Touch(uint32_t flow);

    /**
     * @brief Whether acknowledgements may fill so much of a link that it limits their flow.
     * @param path of the flow
     * @param link on the way back
     * @return true if they may
     */
    bool MayFill(const std::vector<uint32_t>& path, uint32_t link) const;

    /**
     * @brief The lowest of a flow's cap and the levels on its path, but for one hop.
     * @param flow the flow
     * @param except the hop to leave out
     * @return the level
     */
    double LevelWithout(uint32_t flow, uint32_t except) const;

    /**
     * @brief The same but for its cap.
     * @param flow the flow
     * @param except the hop that is left out
     * @return the lowest level of its other links
     */
    double LevelOfOthers(uint32_t flow, uint32_t except) const;

    /**
     * @brief Bring up to date what the links of a flow know of its weight and cap.
     * @param flow the flow
     */
    void UpdateMembers(uint32_t flow);

    /**
     * @brief Make room for paths of a length.
     * @param nHops the length
     */
    void WidenPaths(uint32_t nHops);

    /**
     * @brief Make room for ways back of a length.
     * @param nBack the length
     */
    void WidenBacks(uint32_t nBack);

    std::vector<Link> m_links;    //!< By link
    std::vector<double> m_levels; //!< By link
    std::vector<Flow> m_flows;    //!< By flow
    std::vector<Hop> m_hops;      //!< By flow, m_stride each
    /** The same: up to such a level of a crowd on that path the link cannot be full; where the link
     * is a crowd itself, the lowest of those of the other links. */
    std::vector<double> m_bounds;
    uint32_t m_stride{2};              //!< Room for the path of a flow
    std::vector<uint32_t> m_backs;     //!< By flow, m_backStride each: links that lead back
    uint32_t m_backStride{2};          //!< Room for those of a flow that do not limit it
    std::vector<uint32_t> m_freeFlows; //!< Numbers to use again
    std::vector<uint32_t> m_dirty;     //!< Links to be worked out, a heap: lowest level first
    std::vector<uint32_t> m_worked;    //!< Links that the last Solve() has worked out
    std::vector<uint32_t> m_changed;   //!< Links with a new level
    std::vector<Demand> m_demands;     //!< Of the link that is being worked out
    std::vector<uint32_t> m_felt;      //!< Links whose new level TakeReturns() has not seen
    std::vector<uint32_t> m_touched;   //!< Flows that have been set since it was last run
    std::vector<uint32_t> m_taken;     //!< Links whose share for acknowledgements has changed
    double m_returnShare{0};           //!< Taken from each link that leads back
    uint64_t m_nSweeps{0};             //!< How often WorkOutDirty() was run
    uint64_t m_nSolves{0};             //!< How often Solve() was
    std::vector<uint32_t> m_path;      //!< Of the flow that is being added: what may limit it
    std::vector<uint32_t> m_beside;    //!< Of that flow: what may not, on its way back
    uint64_t m_work{0};                //!< How often a link was worked out
    bool m_isUseExact{false};          //!< No link is a crowd
    uint32_t m_nCrowds{0};             //!< Links that are
    std::vector<uint32_t> m_moved;     //!< Flows of crowds that ForEachMoved() visits
    std::vector<uint32_t> m_feeling;   //!< Flows of the crowd whose level changes
};

template <class Visit>
void
MaxMinSolver::ForEachFlow(uint32_t link, Visit&& visit) const
{
    for (const Member& member : m_links[link].members)
    {
        visit(member.flow);
    }
}

template <class Visit>
void
MaxMinSolver::ForEachMoved(Visit&& visit) const
{
    ForEachMovedTo([&visit](uint32_t flow, uint32_t) { visit(flow); });
}

template <class Visit>
void
MaxMinSolver::ForEachMovedTo(Visit&& visit) const
{
    for (const uint32_t link : m_changed)
    {
        if (m_links[link].crowd)
        {
            continue;
        }
        for (const Member& member : m_links[link].members)
        {
            visit(member.flow, member.isPair ? GetBottleneckOfPair(member, link) : UNKNOWN);
        }
    }
    for (const uint32_t flow : m_moved)
    {
        visit(flow, UNKNOWN);
    }
}

inline double
MaxMinSolver::GetLevel(uint32_t link) const
{
    return m_levels[link];
}

inline double
MaxMinSolver::LevelOfOthers(uint32_t flow, uint32_t except) const
{
    double level = INFINITE;
    const Hop* const hops = &m_hops[flow * m_stride];
    for (uint32_t hop = 0; hop < m_flows[flow].nHops; ++hop)
    {
        if (hop != except)
        {
            level = std::min(level, m_levels[hops[hop].link]);
        }
    }
    return level;
}

inline double
MaxMinSolver::LevelWithout(uint32_t flow, uint32_t except) const
{
    return std::min(m_flows[flow].cap, LevelOfOthers(flow, except));
}

inline double
MaxMinSolver::GetMemberLevel(const Member& member) const
{
    return member.isPair ? std::min(member.cap, m_levels[member.other])
                         : LevelWithout(member.flow, member.hop);
}

inline uint32_t
MaxMinSolver::GetBottleneckOfPair(const Member& member, uint32_t link) const
{
    const uint32_t first = member.hop == 0 ? link : member.other;
    const uint32_t second = member.hop == 0 ? member.other : link;
    const uint32_t lower = m_levels[second] < m_levels[first] ? second : first;
    return m_levels[lower] < member.cap ? lower : NO_LINK;
}

inline double
MaxMinSolver::GetRate(uint32_t flow) const
{
    return m_flows[flow].weight * LevelWithout(flow, m_flows[flow].nHops);
}

inline uint32_t
MaxMinSolver::GetBottleneck(uint32_t flow) const
{
    uint32_t bottleneck = NO_LINK;
    double lowest = m_flows[flow].cap;
    for (uint32_t hop = 0; hop < m_flows[flow].nHops; ++hop)
    {
        const uint32_t link = m_hops[flow * m_stride + hop].link;
        if (m_levels[link] < lowest)
        {
            lowest = m_levels[link];
            bottleneck = link;
        }
    }
    return bottleneck;
}

inline std::size_t
MaxMinSolver::GetNFlows(uint32_t link) const
{
    return m_links[link].members.size();
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_MAX_MIN_SOLVER_H */
