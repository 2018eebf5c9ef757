#pragma once

#include "topologies/mixing_matrix.h"
#include "topologies/node_id.h"

#include <vector>

namespace murmur {

/// Returns the rounds of the Base-(k+1) graph [Takezawa, 2023]: mixing matrices, symmetric and
/// doubly stochastic, in which a node has at most `peers` = k neighbors, and whose product is
/// 11'/n for any number of nodes: after them all nodes have the exact mean.  There are at most
/// 2 log_{k+1}(n) + 2 of them.
///
/// Where a set of nodes has its mean before others have theirs, it waits without neighbors.
/// @pre num_nodes >= 1, peers >= 1
/// - [Takezawa, 2023] Y. Takezawa, R. Sato, H. Bao, K. Niwa, M. Yamada. Beyond exponential graph:
///   Communication-efficient topologies for decentralized learning via finite-time convergence.
///   NeurIPS 36, algorithms 1 to 3.
[[nodiscard]] std::vector<MixingMatrix> base_k_rounds(NodeId num_nodes, NodeId peers);

}  // namespace murmur
