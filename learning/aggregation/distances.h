#pragma once

#include "learning/aggregator.h"

#include <cstddef>
#include <span>
#include <vector>

namespace murmur {

// Lengths and sums of whole vectors, which robust rules choose by.  All in double: a square of a
// float32 always fits, so that no liar's value overflows.

/// Returns ||a - b||^2.
[[nodiscard]] double squared_distance(std::span<const float> a, std::span<const float> b);

/// Returns the squared distance of each neighbor's vector from the node's own, [neighbors].  What
/// was not sent counts as the node's own value, at no distance.
[[nodiscard]] std::vector<double> squared_distances(const ParameterVector& own,
                                                    std::span<const WeightedView> neighbors);

/// Returns the node's own vector, then those of its neighbors, completed by its own values.
[[nodiscard]] std::vector<Parameters> own_first(const Parameters& own,
                                                std::span<const WeightedView> neighbors);

/// Returns how many of `count` vectors are left without `left_out` of them: one at least.
[[nodiscard]] constexpr std::size_t all_but(std::size_t left_out, std::size_t count) {
    return count > left_out ? count - left_out : 1;
}

/// Returns the squared distances between any two vectors, [num_vectors][num_vectors].
[[nodiscard]] std::vector<std::vector<double>> pairwise_squares(
    std::span<const Parameters> vectors);

/// Returns the places of the `count` least values, ascending by place; of equal values those with
/// the lower place come first.
[[nodiscard]] std::vector<std::size_t> places_of_least(std::span<const double> values,
                                                       std::size_t count);

/// Returns sum_k weights_k x_k.
/// @pre one vector at least, all of one length; as many weights
[[nodiscard]] Parameters combination(std::span<const Parameters> vectors,
                                     std::span<const double> weights);

/// Returns the mean of the vectors at these places.
[[nodiscard]] Parameters mean_of(std::span<const Parameters> vectors,
                                 std::span<const std::size_t> places);

}  // namespace murmur
