#pragma once

#include "emulator/network/neighbors.h"
#include "topologies/directed.h"
#include "topologies/generators.h"
#include "topologies/graph.h"
#include "topologies/mixing.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Who exchanges models with whom in a round, and with what weights.  Static: one graph for all
/// rounds.  Dynamic: a new one each round, drawn from the seed and the round, that every node knows
/// without a message (an oracle).
class Overlay {
  public:
    /// @param topology  as `overlays()` has it, `dynamic:` or `directed:` before it where asked for
    /// @param weights   as `mixing_weights` or `directed_weights` takes it; applied to each round's
    ///                  graph
    /// @throws std::invalid_argument  naming the option
    Overlay(std::string_view topology,
            std::string_view weights,
            NodeId num_nodes,
            std::uint64_t seed);

    /// Returns a text of `--topology` without `dynamic:`.
    [[nodiscard]] static std::string_view of_a_round(std::string_view topology);

    [[nodiscard]] bool is_dynamic() const { return dynamic_; }
    /// Returns the text that it was made from, without `dynamic:`.
    [[nodiscard]] const std::string& topology() const { return topology_; }
    /// Returns what was made of each file of it, a line each.
    [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
    /// Returns whether neighbors in and out may differ.
    [[nodiscard]] bool is_directed() const { return directed_; }
    /// Returns the graph of a round, without directions.
    [[nodiscard]] const Graph& graph(std::uint64_t round) const { return at(round).graph; }
    /// Returns a node's neighbors of a round, in and out.
    [[nodiscard]] Neighbors neighbors(NodeId node, std::uint64_t round) const;
    /// Returns a node's row of the mixing matrix of a round.  The reference holds until `kKept`
    /// further rounds have been asked for.
    [[nodiscard]] const MixingMatrix::Row& row(NodeId node, std::uint64_t round) const {
        return at(round).weights.row(node);
    }

  private:
    /// Rounds that stay in memory; an older one is drawn again when it is asked for.
    static constexpr std::size_t kKept = 32;

    struct Round {
        Graph graph;
        MixingMatrix weights;
        std::vector<std::vector<NeighborWeight>> out;  ///< [num_nodes]; empty where undirected
        std::uint64_t used;  ///< when it was asked for, to drop the one of longest ago
    };

    [[nodiscard]] const Round& at(std::uint64_t round) const;
    [[nodiscard]] Round draw(std::uint64_t round) const;
    [[nodiscard]] std::uint64_t seed_of(std::uint64_t round) const;
    [[nodiscard]] Topology draw_topology(std::uint64_t round) const;
    [[nodiscard]] Round with_own_weights(std::uint64_t round) const;
    [[nodiscard]] Round with_directions(const DirectedGraph& graph) const;

    bool dynamic_;
    bool directed_;
    std::string topology_;
    std::string weights_;
    NodeId num_nodes_;
    std::uint64_t seed_;
    std::vector<std::string> notes_;
    // A cache: only the simulation's thread asks.
    mutable std::map<std::uint64_t, Round> rounds_;
    mutable std::uint64_t uses_ = 0;
};

}  // namespace murmur
