#pragma once

#include "emulator/network/neighbors.h"
#include "topologies/node_id.h"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace murmur {

/// What nodes are dealt to ranks by.
struct PlacementProblem {
    unsigned num_ranks = 1;
    std::vector<std::int64_t>
        costs;  ///< [num_nodes], of a round's learning, in any unit; 0 or more
    /// Returns who exchanges models with a node.
    std::function<std::vector<NodeId>(NodeId node)> neighbors;
};

/// Deals nodes to ranks: `blocks` (as many consecutive ones to each), `cost` (consecutive ones, of
/// like cost together), `metis` (of like cost, with few neighbors on another rank; METIS's k-way
/// partition).
/// @return [num_nodes], the rank of each node
/// @throws std::invalid_argument  on another name, and on `metis` in a build without it
[[nodiscard]] std::vector<std::uint16_t> deal_nodes(std::string_view placement,
                                                    const PlacementProblem& problem);

/// Refuses what `deal_nodes` would, and `metis` where neighbors change.
/// @throws std::invalid_argument  naming `--placement`
void check_placement(std::string_view placement, bool has_static_overlay);

/// Partitions by METIS.  Of a build that has it; see `has_metis`.
[[nodiscard]] std::vector<std::uint16_t> parts_by_metis(const PlacementProblem& problem);
[[nodiscard]] bool has_metis();

}  // namespace murmur
