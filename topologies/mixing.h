#pragma once

#include "topologies/graph.h"
#include "topologies/mixing_matrix.h"

#include <string_view>

namespace murmur {

/// Returns the Metropolis-Hastings weights: symmetric, doubly stochastic,
/// w_ij = 1 / (1 + max(deg i, deg j)) on edges, w_ii the rest [Xiao, 2004].
/// - [Xiao, 2004] L. Xiao and S. Boyd. Fast linear iterations for distributed averaging.
///   Systems & Control Letters 53:65-78.
[[nodiscard]] MixingMatrix metropolis_weights(const Graph& graph);

/// Returns w_ij = 1 / (1 + deg i) on edges and on the diagonal: rows sum to 1, columns need not.
[[nodiscard]] MixingMatrix uniform_weights(const Graph& graph);

/// Returns w_ij = 1 / (1 + max deg) on edges, w_ii the rest: symmetric, doubly stochastic.
[[nodiscard]] MixingMatrix max_degree_weights(const Graph& graph);

/// Returns the weights that `spec` names: `metropolis`, `uniform`, `max-degree`, or `file:PATH`
/// (see `read_weights_file`).
/// @throws std::invalid_argument  on an unknown name, an unreadable file, a weight off the graph's
///                                edges, or a row that does not sum to 1
[[nodiscard]] MixingMatrix mixing_weights(std::string_view spec, const Graph& graph);

/// Eigenvalues of a symmetric W, the one of the ones vector, 1, left out.
struct Spectrum {
    double least;
    double most;
};

/// Returns the least and the largest of them, within 1e-9.  Takes memory of a few vectors of
/// num_nodes, no dense matrix.
/// @throws std::invalid_argument  where W is not symmetric
[[nodiscard]] Spectrum spectrum(const MixingMatrix& weights);

/// Returns 1 - max(|lambda_2|, |lambda_N|) of a symmetric W, within 1e-9: one round of averaging
/// shrinks the distance from the mean by at least this part.  Negative where averaging with a W
/// from a file diverges.
/// @throws std::invalid_argument  where W is not symmetric
[[nodiscard]] double spectral_gap(const MixingMatrix& weights);

}  // namespace murmur
