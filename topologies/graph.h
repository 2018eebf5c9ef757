#pragma once

#include "topologies/node_id.h"

#include <boost/graph/adjacency_list.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace murmur {

/// An undirected simple graph: no self-loop, no parallel edge.
using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;

/// Returns the graph on `num_nodes` nodes with these edges; the direction of a pair is ignored.
/// @throws std::invalid_argument  on a node id out of range, a self-loop or a repeated edge
[[nodiscard]] Graph make_graph(NodeId num_nodes,
                               const std::vector<std::pair<NodeId, NodeId>>& edges);

/// Returns all edges as (u, v) with u < v, in ascending order.
[[nodiscard]] std::vector<std::pair<NodeId, NodeId>> sorted_edges(const Graph& graph);

/// Returns the neighbors of `node` in ascending order.
[[nodiscard]] std::vector<NodeId> sorted_neighbors(const Graph& graph, NodeId node);

[[nodiscard]] bool is_connected(const Graph& graph);

}  // namespace murmur
