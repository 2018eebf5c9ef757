#pragma once

#include "topologies/graph.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace murmur {

/// Returns the connected overlay that `spec` names, on `num_nodes` nodes; a function of its
/// arguments alone.  Forms: `ring`, `regular:K`, `full`, `star`, `small-world:K:P`
/// (Watts-Strogatz), `erdos-renyi:P`, `torus` or `torus:ROWSxCOLS`, `barabasi-albert:M`,
/// `exponential` (neighbors at distance 2^k), `file:PATH` (edge list, or GraphML by extension).
/// @throws std::invalid_argument  naming what was asked for, why it cannot be and what is allowed
[[nodiscard]] Graph make_topology(std::string_view spec, NodeId num_nodes, std::uint64_t seed);

[[nodiscard]] Graph ring(NodeId num_nodes);
[[nodiscard]] Graph fully_connected(NodeId num_nodes);
[[nodiscard]] Graph star(NodeId num_nodes);

/// Returns a connected random graph in which every node has `degree` neighbors (pairing model
/// with repair, redrawn until connected).
/// @throws std::invalid_argument  where num_nodes * degree is odd or degree >= num_nodes
[[nodiscard]] Graph k_regular(NodeId num_nodes, NodeId degree, std::uint64_t seed);

/// Lists every form of `make_topology` with one line of help each.
[[nodiscard]] std::string topology_help();

}  // namespace murmur
