#include "topologies/shortest_paths.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace murmur {

namespace {

/// Sum of costs in nanoseconds, then number of links.
using PathCost = std::pair<std::int64_t, std::uint32_t>;

constexpr PathCost kUnreachable{std::numeric_limits<std::int64_t>::max(),
                                std::numeric_limits<std::uint32_t>::max()};

PathCost add(const PathCost& a, const PathCost& b) {
    return {a.first + b.first, a.second + b.second};
}

PathCost cost_of(const RouterGraph::Link& link) {
    return {std::llround(1e9 * link.cost_s), 1};
}

}  // namespace

/// The graph in which paths begin where they ended.
class ShortestPaths::ReversedGraph {
  public:
    explicit ReversedGraph(const RouterGraph& graph) : graph_(graph.routers.size()) {
        for (const RouterGraph::Link& link : graph.links) {
            boost::add_edge(link.to, link.from, cost_of(link), graph_);
        }
    }

    /// Returns the costs of the best paths that begin at `destination`, by router.
    [[nodiscard]] std::vector<PathCost> costs(RouterId destination) const {
        std::vector<PathCost> result(boost::num_vertices(graph_));
        boost::dijkstra_shortest_paths(
            graph_,
            destination,
            boost::distance_map(boost::make_iterator_property_map(
                                    result.begin(), boost::get(boost::vertex_index, graph_)))
                .distance_combine(&add)
                .distance_compare(std::less<PathCost>())
                .distance_inf(kUnreachable)
                .distance_zero(PathCost(0, 0)));
        return result;
    }

  private:
    boost::adjacency_list<boost::vecS,
                          boost::vecS,
                          boost::directedS,
                          boost::no_property,
                          boost::property<boost::edge_weight_t, PathCost>>
        graph_;
};

ShortestPaths::ShortestPaths(const RouterGraph& graph)
    : graph_(graph), reversed_(std::make_unique<ReversedGraph>(graph)) {}

ShortestPaths::~ShortestPaths() = default;

FirstLinks ShortestPaths::first_links(RouterId destination) const {
    const std::vector<PathCost> costs = reversed_->costs(destination);
    FirstLinks result(costs.size());
    for (std::uint32_t index = 0; index < graph_.links.size(); ++index) {
        const RouterGraph::Link& link = graph_.links[index];
        if (costs[link.to] != kUnreachable &&
            add(costs[link.to], cost_of(link)) == costs[link.from]) {
            result[link.from].push_back(index);
        }
    }
    return result;
}

}  // namespace murmur
