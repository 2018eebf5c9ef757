#include "topologies/graph.h"

#include <boost/graph/connected_components.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {
namespace {

using Edge = std::pair<NodeId, NodeId>;

void check_edge(const Edge& edge, NodeId num_nodes) {
    const NodeId larger = std::max(edge.first, edge.second);
    if (larger >= num_nodes) {
        throw std::invalid_argument(
            fmt::format("make_graph: node id out of range in edge {} {}, got {}, allowed "
                        "0 <= id < {}",
                        edge.first,
                        edge.second,
                        larger,
                        num_nodes));
    }
    if (edge.first == edge.second) {
        throw std::invalid_argument(
            fmt::format("make_graph: self-loop, got edge {} {}; an edge joins two different nodes",
                        edge.first,
                        edge.second));
    }
}

}  // namespace

Graph make_graph(NodeId num_nodes, const std::vector<Edge>& edges) {
    std::vector<Edge> ordered = edges;
    for (Edge& edge : ordered) {
        check_edge(edge, num_nodes);
        edge = std::minmax(NodeId{edge.first}, NodeId{edge.second});
    }
    std::sort(ordered.begin(), ordered.end());
    const auto repeated = std::adjacent_find(ordered.begin(), ordered.end());
    if (repeated != ordered.end()) {
        throw std::invalid_argument(
            fmt::format("make_graph: repeated edge {} {}; edges are undirected, give each once",
                        repeated->first,
                        repeated->second));
    }
    return Graph(ordered.begin(), ordered.end(), num_nodes);
}

std::vector<Edge> sorted_edges(const Graph& graph) {
    std::vector<Edge> edges;
    edges.reserve(boost::num_edges(graph));
    for (const auto edge : boost::make_iterator_range(boost::edges(graph))) {
        const auto u = static_cast<NodeId>(boost::source(edge, graph));
        const auto v = static_cast<NodeId>(boost::target(edge, graph));
        edges.emplace_back(std::min(u, v), std::max(u, v));
    }
    std::sort(edges.begin(), edges.end());
    return edges;
}

std::vector<NodeId> sorted_neighbors(const Graph& graph, NodeId node) {
    const auto [first, last] = boost::adjacent_vertices(node, graph);
    std::vector<NodeId> neighbors(first, last);
    std::sort(neighbors.begin(), neighbors.end());
    return neighbors;
}

bool is_connected(const Graph& graph) {
    std::vector<NodeId> component(boost::num_vertices(graph));
    return boost::connected_components(graph, component.data()) == 1;
}

}  // namespace murmur
