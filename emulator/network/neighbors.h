#pragma once

#include "topologies/mixing_matrix.h"

#include <vector>

namespace murmur {

/// The neighbors of one node in a round, each in ascending order of id.
struct Neighbors {
    double self = 1;                    ///< w_ii, what the node gives its own model
    std::vector<NeighborWeight> in{};   ///< who sends to it, with w_ij
    std::vector<NeighborWeight> out{};  ///< whom it sends to, with w_ji, what they give its model
};

}  // namespace murmur
