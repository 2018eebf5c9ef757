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

/// Returns the largest distance, in hops, between two nodes; exact, by breadth-first searches from
/// all nodes, 64 at a time.
/// @throws std::invalid_argument  where the graph is not connected
[[nodiscard]] NodeId diameter(const Graph& graph);

}  // namespace murmur
