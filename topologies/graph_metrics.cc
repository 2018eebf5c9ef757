#include "topologies/graph_metrics.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using Neighbors = std::vector<std::vector<NodeId>>;

/// Breadth-first searches from up to 64 sources at once, a bit of a word for each: neighborhoods
/// of different sources soon overlap, and one step over an edge then serves many of them.
class SearchBatch {
  public:
    explicit SearchBatch(const Neighbors& neighbors)
        : neighbors_(neighbors),
          seen_(neighbors.size()),
          frontier_(neighbors.size(), 0),
          next_(neighbors.size(), 0) {}

    /// Returns the largest distance from any of the sources [begin, end) to any node.
    NodeId largest_distance(NodeId begin, NodeId end) {
        std::fill(seen_.begin(), seen_.end(), 0);
        for (NodeId source = begin; source < end; ++source) {
            next_[source] = std::uint64_t{1} << (source - begin);
            reached_.push_back(source);
        }
        NodeId distance = 0;
        for (advance(); !active_.empty(); advance()) {
            ++distance;
            for (const NodeId node : active_) {
                spread(node);
            }
        }
        return distance - 1;
    }

  private:
    /// Makes what was reached last the frontier.
    void advance() {
        active_.swap(reached_);
        reached_.clear();
        for (const NodeId node : active_) {
            frontier_[node] = std::exchange(next_[node], 0);
            seen_[node] |= frontier_[node];
        }
    }

    void spread(NodeId node) {
        for (const NodeId neighbor : neighbors_[node]) {
            const std::uint64_t fresh = frontier_[node] & ~seen_[neighbor];
            if (fresh != 0 && next_[neighbor] == 0) {
                reached_.push_back(neighbor);
            }
            next_[neighbor] |= fresh;
        }
    }

    const Neighbors& neighbors_;
    std::vector<std::uint64_t> seen_;      ///< which sources have reached a node
    std::vector<std::uint64_t> frontier_;  ///< of `active_` nodes: which reached it last
    std::vector<std::uint64_t> next_;      ///< of `reached_` nodes: which reach it now
    std::vector<NodeId> active_;
    std::vector<NodeId> reached_;
};

}  // namespace

DegreeFigures degree_figures(const Graph& graph) {
    const std::size_t num_nodes = boost::num_vertices(graph);
    if (num_nodes == 0) {
        throw std::invalid_argument("degree_figures: the graph has no node");
    }
    NodeId least = std::numeric_limits<NodeId>::max();
    NodeId most = 0;
    for (std::size_t node = 0; node < num_nodes; ++node) {
        const auto degree = static_cast<NodeId>(boost::out_degree(node, graph));
        least = std::min(least, degree);
        most = std::max(most, degree);
    }
    const double mean = 2.0 * static_cast<double>(boost::num_edges(graph)) / num_nodes;
    return {.min = least, .mean = mean, .max = most};
}

NodeId diameter(const Graph& graph) {
    if (!is_connected(graph)) {
        throw std::invalid_argument("diameter: the graph is not connected");
    }
    constexpr NodeId kBatch = 64;
    const auto num_nodes = static_cast<NodeId>(boost::num_vertices(graph));
    Neighbors neighbors;
    for (NodeId node = 0; node < num_nodes; ++node) {
        neighbors.push_back(sorted_neighbors(graph, node));
    }
    SearchBatch search(neighbors);
    NodeId largest = 0;
    for (NodeId begin = 0; begin < num_nodes; begin += kBatch) {
        const NodeId end = std::min(num_nodes, begin + kBatch);
        largest = std::max(largest, search.largest_distance(begin, end));
    }
    return largest;
}

}  // namespace murmur
