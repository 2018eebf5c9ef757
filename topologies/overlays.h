#pragma once

#include "tools/text/registry.h"
#include "topologies/directed.h"
#include "topologies/generators.h"
#include "topologies/graph.h"
#include "topologies/mixing_matrix.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// What an overlay is made from; the graph is a function of this alone.
struct OverlayRequest {
    const Options& options;
    NodeId num_nodes;
    /// Of this graph: with `dynamic:`, another one in each round, but for overlays with weights of
    /// their own, which have one seed and the round.
    std::uint64_t seed;
    std::uint64_t round = 0;  ///< for graphs that differ between rounds without chance
};

/// Makes an overlay: who exchanges models with whom.  What it is not is empty.
///
///     overlays().add({"wheel", "a ring and a hub", {}}, {.graph = make_wheel});
///
/// All of it throws std::invalid_argument where an option is wrong, or no such graph exists.
struct OverlayMake {
    /// Returns the connected graph that the name alone asks for.
    std::function<Topology(const OverlayRequest&)> graph{};
    /// Returns the graph with directions, strongly connected: what `directed:` before the name asks
    /// for, and the name alone where there is no other.
    std::function<DirectedTopology(const OverlayRequest&)> directed{};
    /// Returns the mixing matrix of a round, symmetric and doubly stochastic, where the weights are
    /// part of what it is; its edges are the graph, which need not be connected in every round.
    std::function<MixingMatrix(const OverlayRequest&)> mixing{};
    /// Returns about how many edges it has, before it is made; empty: one a node.
    std::function<double(const Options& options, double num_nodes)> edges{};
    /// Whether it is another graph in each round, which `dynamic:` must ask for.
    bool needs_dynamic = false;
};
using OverlayRegistry = Registry<OverlayMake>;

/// Returns the overlays that `--topology` may name: ours, and those that a program adds.
[[nodiscard]] OverlayRegistry& overlays();

/// Registers those of this folder's files.
void register_all(OverlayRegistry& registry);

/// Tells whether `spec` names an overlay whose weights are its own.
/// @throws std::invalid_argument  on an unknown name or a wrong option
[[nodiscard]] bool brings_weights(std::string_view spec);

/// Returns the mixing matrix of a round of an overlay whose weights are its own.
/// @throws std::invalid_argument  naming what was asked for and what is allowed
[[nodiscard]] MixingMatrix make_mixing(std::string_view spec,
                                       NodeId num_nodes,
                                       std::uint64_t round,
                                       std::uint64_t seed);

/// Lists the overlays that may have `directed:` before their names.
[[nodiscard]] std::vector<std::string> directed_overlays();

/// Tells whether `spec` names a directed graph.
/// @throws std::invalid_argument  on an unknown name or a wrong option
[[nodiscard]] bool is_directed_topology(std::string_view spec);

/// Tells whether `spec` names another graph in each round.
/// @throws std::invalid_argument  on an unknown name or a wrong option
[[nodiscard]] bool needs_dynamic_topology(std::string_view spec);

/// Returns the connected overlay that `spec` names, `NAME` or `NAME:OPTIONS`, on `num_nodes` nodes;
/// a function of its arguments alone.
/// @throws std::invalid_argument  naming what was asked for, why it cannot be and what is allowed
[[nodiscard]] Topology read_or_make_topology(std::string_view spec,
                                             NodeId num_nodes,
                                             std::uint64_t seed);
/// Returns the graph of `read_or_make_topology`.
[[nodiscard]] Graph make_topology(std::string_view spec, NodeId num_nodes, std::uint64_t seed);

/// Returns the graph of a round that `spec` names, with `directed:` before it or not.
/// @throws std::invalid_argument  naming what was asked for and what is allowed
[[nodiscard]] DirectedTopology read_or_make_directed_topology(std::string_view spec,
                                                              NodeId num_nodes,
                                                              std::uint64_t round,
                                                              std::uint64_t seed = 0);
/// Returns the graph of `read_or_make_directed_topology`.
[[nodiscard]] DirectedGraph make_directed_topology(std::string_view spec,
                                                   NodeId num_nodes,
                                                   std::uint64_t round,
                                                   std::uint64_t seed = 0);

/// Returns about how many edges the overlay that `spec` names has, before it is made; 0 where only
/// its file knows.
/// @throws std::invalid_argument  on an unknown name or a wrong option
[[nodiscard]] double expected_edges(std::string_view spec, double num_nodes);

// What several files need.

/// Reads the whole number of nodes or neighbors that a place of the options holds.
[[nodiscard]] NodeId count_option(const Options& options, std::string_view key);
/// Reads a probability.
[[nodiscard]] double probability_option(const Options& options, std::string_view key);
/// Refuses a file of another number of nodes.
void require_nodes_of_file(const Options& options, std::size_t in_file, NodeId num_nodes);

}  // namespace murmur
