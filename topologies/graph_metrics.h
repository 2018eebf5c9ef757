#pragma once

#include "topologies/graph.h"

namespace murmur {

/// The degrees of a graph's nodes in three figures.
struct DegreeFigures {
    NodeId min;
    double mean;
    NodeId max;
};

/// @throws std::invalid_argument  where the graph has no node
[[nodiscard]] DegreeFigures degree_figures(const Graph& graph);

/// Returns the largest distance, in hops, between two nodes; by a breadth-first search from every
/// node: num_nodes * num_edges steps, fractions of a second at 2,000 nodes and seconds at 10,000.
/// @throws std::invalid_argument  where the graph is not connected
[[nodiscard]] NodeId diameter(const Graph& graph);

}  // namespace murmur
