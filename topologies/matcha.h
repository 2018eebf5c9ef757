#pragma once

#include "topologies/graph.h"
#include "topologies/mixing_matrix.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace murmur {

/// What MATCHA [Wang, 2019] makes of a graph: in every round each of its matchings is there with a
/// probability of its own, so that a node sends to `budget` times its neighbors on average, and the
/// edges that matter most for mixing are there most often.
///
/// Simplified: matchings come from a greedy coloring of the edges in ascending order, up to
/// 2 Delta - 1 of them where the paper's have Delta + 1; probabilities come from 200 supergradient
/// steps with eigenvectors of a power method, within a few percent of the best, and alpha from a
/// golden section, in the place of semidefinite programs.
/// - [Wang, 2019] J. Wang, A. K. Sahu, Z. Yang, G. Joshi, S. Kar. MATCHA: Speeding up decentralized
///   SGD via matching decomposition sampling. Indian Control Conference, algorithm 1, eqs. 4 and 5.
struct Matcha {
    std::vector<std::vector<std::pair<NodeId, NodeId>>> matchings;
    std::vector<double> probabilities;  ///< [matchings]; they sum to budget times their number
    double mixing_weight = 0;           ///< alpha of W = I - alpha L, the same for all edges
    double spectral_norm = 1;           ///< of E[W'W] - 11'/n, which alpha makes least
};

/// Plans MATCHA on a connected graph.
/// @pre 0 < budget <= 1
[[nodiscard]] Matcha plan_matcha(const Graph& graph, double budget);

/// Returns the mixing matrix of a round: symmetric, doubly stochastic; a function of its arguments.
[[nodiscard]] MixingMatrix matcha_round(const Matcha& plan,
                                        NodeId num_nodes,
                                        std::uint64_t seed,
                                        std::uint64_t round);

}  // namespace murmur
