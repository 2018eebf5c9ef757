#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <span>
#include <vector>

namespace murmur {

struct LeastSquaresOptions {
    std::int64_t features = 10;
    std::int64_t samples = 1000;  ///< for training; a quarter as many again for testing
    double noise = 0.1;           ///< standard deviation of the noise in the targets
};

/// Generates a convex regression task whose optimum can be computed: inputs x ~ N(0, S), targets
/// y = w . x + noise, with one hidden standard normal w for training and test samples.  S is
/// diagonal and falls from 1 to 1/4 over the features, so that plain gradient descent has work
/// to do (condition number about 4) and still converges in tens of steps.
[[nodiscard]] DatasetPair make_least_squares(const LeastSquaresOptions& options,
                                             std::uint64_t seed);

/// Returns the loss that regression models minimize, in double precision:
/// f(w, b) = 1 / (2 n) sum_i (w . x_i + b - y_i)^2, half of the mean squared error.
/// @param weights  w, then b: shape [num_features + 1], as the parameters of `linear`
[[nodiscard]] double least_squares_loss(const Dataset& dataset, std::span<const double> weights);

/// Returns the weights at which `least_squares_loss` is least, shape [num_features + 1]: w, then b.
/// Solves the normal equations by Cholesky decomposition in double precision.
/// @throws std::invalid_argument  where the dataset is not a regression, or where the optimum is
///                                not unique (too few samples, or linearly dependent features)
[[nodiscard]] std::vector<double> least_squares_solution(const Dataset& dataset);

}  // namespace murmur
