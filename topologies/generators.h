#pragma once

#include "topologies/graph.h"
#include "topologies/read_summary.h"

#include <cstdint>
#include <optional>

namespace murmur {

/// An overlay, and what was made of its file where it is of one.
struct Topology {
    Graph graph;
    std::optional<ReadSummary> read{};
};

// All generators return connected simple graphs and throw std::invalid_argument where no such graph
// exists; the random ones are functions of the seed alone.  `overlays.h` has them by name.

/// Returns the cycle 0 - 1 - ... - N-1 - 0, on 3 nodes or more.
[[nodiscard]] Graph ring(NodeId num_nodes);
[[nodiscard]] Graph fully_connected(NodeId num_nodes);
/// Returns the star with node 0 in the middle.
[[nodiscard]] Graph star(NodeId num_nodes);

/// Returns the grid of rows x columns that wraps around on both axes; node r * columns + c has the
/// 4 neighbors (r +- 1, c), (r, c +- 1).
/// @throws std::invalid_argument  where rows or columns is below 3: neighbors would coincide
[[nodiscard]] Graph torus(NodeId rows, NodeId columns);

/// Returns the torus on `num_nodes` whose sides are as nearly equal as possible.
[[nodiscard]] Graph torus(NodeId num_nodes);

/// Returns the static exponential graph, undirected: i and i + 2^k mod N are neighbors for every
/// 2^k < N [Ying, 2021].  Its spectral gap shrinks only as 1 / log N.
/// - [Ying, 2021] B. Ying et al. Exponential graph is provably efficient for decentralized deep
///   training. NeurIPS 34.
[[nodiscard]] Graph exponential(NodeId num_nodes);

/// Returns a connected random graph in which every node has `degree` neighbors (pairing model
/// with repair, redrawn until connected).
/// @throws std::invalid_argument  where num_nodes * degree is odd or degree >= num_nodes
[[nodiscard]] Graph k_regular(NodeId num_nodes, NodeId degree, std::uint64_t seed);

/// Returns a Watts-Strogatz graph: a ring of `degree` nearest neighbors (even), each edge rewired
/// to a random end with this probability; redrawn until connected [Watts, 1998].
/// @throws std::invalid_argument  also where 100 draws were all disconnected
/// - [Watts, 1998] D. J. Watts and S. H. Strogatz. Collective dynamics of 'small-world' networks.
///   Nature 393:440-442.
[[nodiscard]] Graph small_world(NodeId num_nodes,
                                NodeId degree,
                                double rewiring_probability,
                                std::uint64_t seed);

/// Returns an Erdos-Renyi graph G(N, P): every pair is an edge with this probability; redrawn
/// until connected.
/// @throws std::invalid_argument  also where 100 draws were all disconnected, which is to be
///                                expected for probabilities below ln(N) / N
[[nodiscard]] Graph erdos_renyi(NodeId num_nodes, double edge_probability, std::uint64_t seed);

/// Returns a Barabasi-Albert graph: from a star on edges_per_node + 1 nodes, every further node
/// joins edges_per_node different older ones, chosen in proportion to their degree
/// [Barabasi, 1999].
/// - [Barabasi, 1999] A.-L. Barabasi and R. Albert. Emergence of scaling in random networks.
///   Science 286:509-512.
[[nodiscard]] Graph barabasi_albert(NodeId num_nodes, NodeId edges_per_node, std::uint64_t seed);

}  // namespace murmur
