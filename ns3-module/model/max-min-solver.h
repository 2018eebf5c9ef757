/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_MAX_MIN_SOLVER_H
#define MURMURATION_MAX_MIN_SOLVER_H

#include <cstdint>
#include <limits>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
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
 * not grow with the network. The lowest level of all is right as soon as its link has been worked
 * out, then the next, and so on: the work ends.
 *
 * - [Bertsekas, 1992] D. Bertsekas and R. Gallager. Data networks, second edition.
 */
class MaxMinSolver
{
  public:
    static constexpr double INFINITE = std::numeric_limits<double>::infinity(); //!< No limit
    static constexpr uint32_t NO_LINK = std::numeric_limits<uint32_t>::max();   //!< Own cap

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
     * @brief Let the flows of a link take something from another one, as acknowledgements do from
     * the link that leads back.
     *
     * What is taken follows the use of the link in steps of a thousandth of the capacity that it
     * is taken from.
     *
     * @param link the link
     * @param opposite the other one; NO_LINK for none; of one link alone
     */
    void SetOpposite(uint32_t link, uint32_t opposite);

    /**
     * @brief Set how much is taken.
     * @param share taken from the capacity of the opposite link for each unit carried
     */
    void SetReturnShare(double share);

    /**
     * @brief Add a flow; its rate is known after Solve().
     * @param links the links of its path, at least one, each once
     * @param weight its share beside others, above 0
     * @param cap the most that it takes, 0 or more
     * @return its number; numbers of removed flows are used again
     */
    uint32_t AddFlow(const std::vector<uint32_t>& links, double weight, double cap);

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
     * @brief How much of a link its flows use.
     * @param link the link
     * @return the sum of their rates
     */
    double GetUse(uint32_t link) const;

    /**
     * @brief How much of a link is taken by what the link that leads back carries.
     * @param link the link
     * @return the part of the capacity that its flows do not share
     */
    double GetTaken(uint32_t link) const;

    /**
     * @brief The links that the last Solve() has worked out: no other link's use has changed.
     * @return their numbers, some more than once, in no order that means anything
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

  private:
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
        uint32_t flow;  //!< The flow
        uint16_t hop;   //!< Index of the link on the path of the flow
        uint16_t nHops; //!< Length of that path
        double weight;  //!< Of the flow
        double cap;     //!< Of the flow, a level
        double level;   //!< The lowest of the cap and the levels of the other links
    };

    /** A link and what it carries. */
    struct Link
    {
        double capacity{0};          //!< What was set
        double taken{0};             //!< By what the link that leads back carries
        uint32_t opposite{NO_LINK};  //!< The link that leads back
        double use{0};               //!< Sum of the rates of its flows
        bool isDirty{false};         //!< Waits in m_dirty
        bool hasChanged{false};      //!< Is in m_changed
        std::vector<Member> members; //!< In the order of arrival, but for removals
    };

    /** A flow. */
    struct Flow
    {
        double weight;  //!< Its share beside others
        double cap;     //!< As set, divided by the weight: a level
        uint32_t nHops; //!< Length of its path; 0: not in use
    };

    /** What one member of a link could have if that link were not there. */
    struct Demand
    {
        double level;  //!< Lowest of its cap and the levels of its other links
        double weight; //!< Its weight
    };

    /**
     * @brief Have a link worked out.
     * @param link the link
     */
    void MarkDirty(uint32_t link);

    /**
     * @brief Work out the level of a link from those of the others.
     * @param link the link
     * @return the level
     */
    double WorkOut(uint32_t link);

    /**
     * @brief Give a link a new level, and have those links worked out that feel it.
     * @param link the link
     * @param level the new level
     */
    void SetLevel(uint32_t link, double level);

    /**
     * @brief Let the use of a link be felt by its opposite.
     * @param link the link
     */
    void TakeFromOpposite(uint32_t link);

    /**
     * @brief The lowest of a flow's cap and the levels on its path, but for one hop.
     * @param flow the flow
     * @param except the hop to leave out
     * @return the level
     */
    double LevelWithout(uint32_t flow, uint32_t except) const;

    /**
     * @brief Bring up to date what the links of a flow know of it.
     * @param flow the flow
     */
    void UpdateMembers(uint32_t flow);

    /**
     * @brief Make room for paths of a length.
     * @param nHops the length
     */
    void WidenPaths(uint32_t nHops);

    std::vector<Link> m_links;         //!< By link
    std::vector<double> m_levels;      //!< By link
    std::vector<Flow> m_flows;         //!< By flow
    std::vector<Hop> m_hops;           //!< By flow, m_stride each
    uint32_t m_stride{2};              //!< Room for the path of a flow
    std::vector<uint32_t> m_freeFlows; //!< Numbers to use again
    std::vector<uint32_t> m_dirty;     //!< Links to be worked out, a heap: lowest level first
    std::vector<uint32_t> m_worked;    //!< Links that the last Solve() has worked out
    std::vector<uint32_t> m_changed;   //!< Links with a new level
    std::vector<Demand> m_demands;     //!< Of the link that is being worked out
    double m_returnShare{0};           //!< Taken from the link that leads back
    uint64_t m_work{0};                //!< How often a link was worked out
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

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_MAX_MIN_SOLVER_H */
