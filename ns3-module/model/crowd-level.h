/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_CROWD_LEVEL_H
#define MURMURATION_CROWD_LEVEL_H

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <unordered_map>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The level of one link with many flows, worked out without a look at all of them.
 *
 * A flow whose demand is at most the level has what it wants; the others share what is left:
 *
 *     level = (capacity - sum of w x demand, of those who have it) / sum of w of the others.   (1)
 *
 * Both kinds are kept in the order of their demands, and both sums are kept, so that a change costs
 * the logarithm of how many flows there are, and as much for each that changes sides.
 */
class CrowdLevel
{
  public:
    static constexpr double INFINITE = std::numeric_limits<double>::infinity(); //!< No limit

    /**
     * @brief Add a flow, or change it.
     * @param flow the flow
     * @param weight its share beside others, above 0
     * @param demand the level at which it has what it wants; may be infinite
     */
    void Set(uint32_t flow, double weight, double demand);

    /**
     * @brief Remove a flow, if it is there.
     * @param flow the flow
     */
    void Remove(uint32_t flow);

    /**
     * @brief Work out the level.
     * @param capacity what the flows share
     * @return the level; infinite if all have what they want
     */
    double Solve(double capacity);

    /**
     * @brief What the flows want at most the last level that was worked out.
     * @return the sum of what those have that have what they want
     */
    double GetSatisfied() const;

    /**
     * @brief Whether a flow wants more than it has.
     * @param flow the flow
     * @return true if the link limits it, as of the last Solve()
     */
    bool IsLimited(uint32_t flow) const;

    /**
     * @brief The flows whose demands are between two levels, both included.
     * @param lower the lower one
     * @param upper the upper one
     * @param visit called with the number of each
     */
    template <class Visit>
    void ForEachBetween(double lower, double upper, Visit&& visit) const;

  private:
    /** A flow among others of its kind. */
    struct Place
    {
        double demand; //!< At this level it has what it wants
        uint32_t flow; //!< Its number

        /**
         * @brief Order by demand.
         * @param other the other
         * @return true if this one comes first
         */
        bool operator<(const Place& other) const
        {
            return demand < other.demand || (demand == other.demand && flow < other.flow);
        }
    };

    /** What is known of a flow. */
    struct Entry
    {
        double weight;  //!< Its share
        double demand;  //!< See Place
        bool isLimited; //!< Which kind
    };

    /**
     * @brief Put a flow among those of a kind.
     * @param flow the flow; among none
     * @param entry what is known of it; the kind is set
     * @param node to put it in, taken from a kind; empty: a new one
     */
    void Insert(uint32_t flow, const Entry& entry, std::set<Place>::node_type node);

    /**
     * @brief Take a flow from among those of its kind.
     * @param flow the flow
     * @param entry what is known of it
     * @return where it was, to be used again
     */
    std::set<Place>::node_type Erase(uint32_t flow, const Entry& entry);

    /**
     * @brief Have a flow change sides.
     * @param flow the flow
     */
    void Move(uint32_t flow);

    /** Sum up anew: rounding must not pile up. */
    void Sum();

    std::unordered_map<uint32_t, Entry> m_entries; //!< By flow; never iterated for a sum
    std::set<Place> m_satisfied;                   //!< Have what they want
    std::set<Place> m_limited;                     //!< Want more than the level
    double m_use{0};                               //!< Of the satisfied: sum of weight x demand
    double m_weight{0};                            //!< Of the limited
    double m_level{INFINITE};                      //!< As of the last Solve()
    std::size_t m_nChanges{0};                     //!< Since the last Sum()
};

template <class Visit>
void
CrowdLevel::ForEachBetween(double lower, double upper, Visit&& visit) const
{
    for (const std::set<Place>* kind : {&m_satisfied, &m_limited})
    {
        for (auto place = kind->lower_bound({lower, 0});
             place != kind->end() && place->demand <= upper;
             ++place)
        {
            visit(place->flow);
        }
    }
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_CROWD_LEVEL_H */
