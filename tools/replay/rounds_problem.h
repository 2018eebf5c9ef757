#pragma once

#include "tools/replay/json_field.h"

#include <cstddef>
#include <vector>

namespace murmur::replay {

using Matrix = std::vector<std::vector<double>>;

/// The problem of a file of rounds: node i minimizes
///
///     f_i(x) = 1/2 sum_c A_ic (x_c - B_ic)^2
///
/// with exact gradients.
struct RoundsProblem {
    std::size_t num_nodes = 0;
    std::size_t dimension = 0;
    Matrix curvatures;            ///< A, [num_nodes][dimension]
    Matrix centers;               ///< B, [num_nodes][dimension]
    double eta = 0;               ///< the step
    Matrix weights;               ///< W, [num_nodes][num_nodes]; rows sum to 1
    Matrix start;                 ///< [num_nodes][dimension]
    std::vector<double> optimum;  ///< of the sum, [dimension]
};

/// Reads `A`, `B`, `eta`, the mixing matrix (`W`, or the one key that begins with `W_`), `x0`
/// (`zeros`, one vector, or one a node; all zeros where it is missing) and `optimum` (computed
/// where it is missing) of `problem`.
/// @throws std::invalid_argument  naming the place, where something is missing or of another shape
[[nodiscard]] RoundsProblem read_rounds_problem(const Field& root);

}  // namespace murmur::replay
