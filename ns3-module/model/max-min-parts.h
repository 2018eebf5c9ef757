/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_MAX_MIN_PARTS_H
#define MURMURATION_MAX_MIN_PARTS_H

#include "crowd-level.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What MaxMinSolver keeps of links and flows.
 */
struct MaxMinParts
{
    /** A link on the path of a flow. */
    struct Hop
    {
        uint32_t link;  //!< The link
        uint32_t place; //!< Index of the flow among those of the link
    };

    /**
     * A flow on a link, with all that working out the link asks of it: members of a link lie side
     * by side, what they stand for does not.
     */
    struct Member
    {
        uint32_t flow;   //!< The flow
        uint32_t other;  //!< Of a pair: the other link
        uint16_t hop;    //!< Index of the link on the path of the flow
        uint16_t isPair; //!< Whether the flow has two links that may limit it, both on its path
        double weight;   //!< Of the flow; of its acknowledgements, their share of that
        double cap;      //!< Of the flow, a level
    };

    /** What a link has that has very many flows. */
    struct Crowd
    {
        CrowdLevel level; //!< Of the link
        /** Of the flows that it limits, and of all that pass another crowd. */
        std::set<std::pair<double, uint32_t>> bounds;
    };

    /** A link and what it carries: all but the flows in one line of the cache. */
    struct alignas(64) Link
    {
        double capacity{0};      //!< What was set
        double acknowledging{0}; //!< What acknowledgements outside its flows take now
        double taken{0};         //!< The same, as the level has been worked out with it
        /** It is not full, and has so much left, at least; -infinity: has to be worked out. */
        double slack{-std::numeric_limits<double>::infinity()};
        uint64_t touched{0};          //!< The last WorkOutDirty() that has worked it out
        uint64_t worked{0};           //!< The last Solve() that has
        uint32_t nReturns{0};         //!< Flows whose acknowledgements are outside its flows
        bool isDirty{false};          //!< Waits in m_dirty
        bool hasChanged{false};       //!< Is in m_changed
        bool isFelt{false};           //!< Is in m_felt
        bool isTaken{false};          //!< Is in m_taken
        double told{0};               //!< Level when TakeReturns() last saw all of its flows
        std::vector<Member> members;  //!< In the order of arrival, but for removals
        std::unique_ptr<Crowd> crowd; //!< If it is one
    };

    /** A flow: half a cache line. */
    struct Flow
    {
        double weight;  //!< Its share beside others
        double cap;     //!< As set, divided by the weight: a level
        double told;    //!< The rate that its acknowledgements were last reckoned with
        uint16_t nHops; //!< Links that may limit it; 0: not in use
        uint16_t nPath; //!< Of these, those of its path come first
        uint16_t nBack; //!< Links that lead back and do not limit it
        bool isTouched; //!< Is in m_touched
    };

    /** What one member of a link could have if that link were not there. */
    struct Demand
    {
        double level;  //!< Lowest of its cap and the levels of its other links
        double weight; //!< Its weight
    };
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_MAX_MIN_PARTS_H */
