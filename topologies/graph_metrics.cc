#include "topologies/graph_metrics.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

constexpr NodeId kUnreached = std::numeric_limits<NodeId>::max();

/// Returns the distance from `source` to the node farthest from it, kUnreached where some node
/// cannot be reached at all.  `distance` and `queue` are work space of one entry per node.
NodeId eccentricity(const std::vector<std::vector<NodeId>>& neighbors,
                    NodeId source,
                    std::vector<NodeId>& distance,
                    std::vector<NodeId>& queue) {
    std::fill(distance.begin(), distance.end(), kUnreached);
    distance[source] = 0;
    queue[0] = source;
    std::size_t num_reached = 1;
    for (std::size_t head = 0; head < num_reached; ++head) {
        const NodeId node = queue[head];
        for (const NodeId neighbor : neighbors[node]) {
            if (distance[neighbor] == kUnreached) {
                distance[neighbor] = distance[node] + 1;
                queue[num_reached++] = neighbor;
            }
        }
    }
    return num_reached == neighbors.size() ? distance[queue[num_reached - 1]] : kUnreached;
}

}  // namespace

DegreeFigures degree_figures(const Graph& graph) {
    const std::size_t num_nodes = boost::num_vertices(graph);
    if (num_nodes == 0) {
        throw std::invalid_argument("degree_figures: the graph has no node");
    }
    NodeId least = kUnreached;
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
    const auto num_nodes = static_cast<NodeId>(boost::num_vertices(graph));
    std::vector<std::vector<NodeId>> neighbors;
    for (NodeId node = 0; node < num_nodes; ++node) {
        neighbors.push_back(sorted_neighbors(graph, node));
    }
    std::vector<NodeId> distance(num_nodes);
    std::vector<NodeId> queue(num_nodes);
    NodeId largest = num_nodes == 0 ? kUnreached : 0;
    for (NodeId source = 0; source < num_nodes; ++source) {
        largest = std::max(largest, eccentricity(neighbors, source, distance, queue));
        if (largest == kUnreached) {
            break;
        }
    }
    if (largest == kUnreached) {
        throw std::invalid_argument("diameter: the graph is not connected");
    }
    return largest;
}

}  // namespace murmur
