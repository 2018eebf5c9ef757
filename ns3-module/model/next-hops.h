/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_NEXT_HOPS_H
#define MURMURATION_NEXT_HOPS_H

#include "ns3/nstime.h"

#include <cstdint>
#include <map>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @brief Where to go next from any router to any destination, along the cheapest paths: the
 * forwarding tables of a network.
 *
 * A path is the better the lower the sum of its costs, and among equal sums the fewer its edges.
 * Where several first edges of a router begin a best path, flows are spread over them by a hash of
 * flow and router, as routers do with paths of equal cost [RFC 2992]: a flow keeps to one path, and
 * the answer depends on nothing but the edges in their order.
 *
 * Memory is 4 bytes for each pair of a router and a destination.
 *
 * - [RFC 2992] C. Hopps. Analysis of an equal-cost multi-path algorithm. 2000.
 */
class NextHops
{
  public:
    /** @brief One direction between two routers. */
    struct Edge
    {
        uint32_t from; //!< Where it begins
        uint32_t to;   //!< Where it ends
        Time cost;     //!< Not negative
    };

    /** What GetNext() says where there is no path. */
    static constexpr uint32_t NONE = UINT32_MAX;

    NextHops() = default;

    /**
     * @brief Find the best paths from everywhere to some routers, by Dijkstra's algorithm from each
     * of them against the direction of the edges.
     * @param nRouters how many routers there are
     * @param edges the edges between them
     * @param destinations the routers that are gone to; may name one several times
     */
    NextHops(uint32_t nRouters,
             const std::vector<Edge>& edges,
             const std::vector<uint32_t>& destinations);

    /**
     * @brief The edge that a flow takes next.
     * @param router where it is
     * @param destination one of the destinations, another router
     * @param flow what to spread by, such as NodePairKey()
     * @return position of the edge among those of the constructor; NONE if no path leads there
     */
    uint32_t GetNext(uint32_t router, uint32_t destination, uint64_t flow) const;

  private:
    /** Edges of equal merit, ascending. */
    typedef std::vector<uint32_t> Group;

    /**
     * @brief The number of a group, which it gets when it is met first.
     * @param group its edges
     * @return the number
     */
    uint32_t Intern(const Group& group);

    uint32_t m_nRouters{0};            //!< Length of a row of m_next
    std::vector<uint32_t> m_rows;      //!< Row of m_next by destination
    std::vector<uint32_t> m_next;      //!< [row][router]: an edge, a marked group, or NONE
    std::vector<Group> m_groups;       //!< By number
    std::map<Group, uint32_t> m_known; //!< Number by group
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_NEXT_HOPS_H */
