/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "next-hops.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <functional>
#include <limits>
#include <utility>

namespace ns3
{
namespace murmuration
{

namespace
{

/** Sum of costs in time steps, then number of edges. */
typedef std::pair<int64_t, uint32_t> PathCost;

typedef boost::adjacency_list<boost::vecS,
                              boost::vecS,
                              boost::directedS,
                              boost::no_property,
                              boost::property<boost::edge_weight_t, PathCost>>
    CostGraph;

constexpr PathCost UNREACHABLE{std::numeric_limits<int64_t>::max(),
                               std::numeric_limits<uint32_t>::max()};

/** Set in an entry that names a group. */
constexpr uint32_t GROUP_MARK = 1U << 31;

PathCost
Add(const PathCost& a, const PathCost& b)
{
    return {a.first + b.first, a.second + b.second};
}

PathCost
CostOf(const NextHops::Edge& edge)
{
    return {edge.cost.GetTimeStep(), 1};
}

/**
 * Turn all edges around.
 * @param nRouters how many routers there are
 * @param edges the edges
 * @return the graph in which paths begin where they ended
 */
CostGraph
Reverse(uint32_t nRouters, const std::vector<NextHops::Edge>& edges)
{
    CostGraph graph(nRouters);
    for (const NextHops::Edge& edge : edges)
    {
        boost::add_edge(edge.to, edge.from, CostOf(edge), graph);
    }
    return graph;
}

/**
 * The costs of the best paths to a router.
 * @param reversed the graph, its edges turned around
 * @param destination the router
 * @return by router; UNREACHABLE where no path begins
 */
std::vector<PathCost>
CostsTo(const CostGraph& reversed, uint32_t destination)
{
    std::vector<PathCost> costs(boost::num_vertices(reversed));
    boost::dijkstra_shortest_paths(
        reversed,
        destination,
        boost::distance_map(
            boost::make_iterator_property_map(costs.begin(),
                                              boost::get(boost::vertex_index, reversed)))
            .distance_combine(&Add)
            .distance_compare(std::less<PathCost>())
            .distance_inf(UNREACHABLE)
            .distance_zero(PathCost(0, 0)));
    return costs;
}

/**
 * Mix all bits of a flow and a router (the finalizer of SplitMix64).
 * @param flow the flow
 * @param router the router
 * @return a number that is spread evenly
 */
uint64_t
Hash(uint64_t flow, uint32_t router)
{
    uint64_t z = flow + (uint64_t{router} + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

} // namespace

NextHops::NextHops(uint32_t nRouters,
                   const std::vector<Edge>& edges,
                   const std::vector<uint32_t>& destinations)
    : m_nRouters(nRouters),
      m_rows(nRouters, NONE)
{
    const CostGraph reversed = Reverse(nRouters, edges);
    std::vector<Group> groups(nRouters);
    uint32_t nRows = 0;
    for (const uint32_t destination : destinations)
    {
        if (m_rows[destination] != NONE)
        {
            continue;
        }
        m_rows[destination] = nRows++;
        const std::vector<PathCost> costs = CostsTo(reversed, destination);
        for (uint32_t edge = 0; edge < edges.size(); ++edge)
        {
            const auto& [from, to, cost] = edges[edge];
            if (costs[to] != UNREACHABLE && Add(costs[to], CostOf(edges[edge])) == costs[from])
            {
                groups[from].push_back(edge);
            }
        }
        for (Group& group : groups)
        {
            m_next.push_back(group.empty()       ? NONE
                             : group.size() == 1 ? group.front()
                                                 : GROUP_MARK | Intern(group));
            group.clear();
        }
    }
}

uint32_t
NextHops::Intern(const Group& group)
{
    const auto [known, isNew] = m_known.emplace(group, static_cast<uint32_t>(m_groups.size()));
    if (isNew)
    {
        m_groups.push_back(group);
    }
    return known->second;
}

uint32_t
NextHops::GetNext(uint32_t router, uint32_t destination, uint64_t flow) const
{
    const uint32_t next = m_next[std::size_t{m_rows[destination]} * m_nRouters + router];
    if (next == NONE || (next & GROUP_MARK) == 0)
    {
        return next;
    }
    const Group& group = m_groups[next & ~GROUP_MARK];
    return group[Hash(flow, router) % group.size()];
}

} // namespace murmuration
} // namespace ns3
