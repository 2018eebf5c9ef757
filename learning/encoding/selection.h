#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace murmur {

/// Returns how many of `count` entries a budget of `alpha` allows: round-half-even(alpha * count),
/// as Python rounds.
/// @pre alpha in [0, 1]
[[nodiscard]] std::size_t entries_in_budget(double alpha, std::size_t count);

/// Returns the indices of the `count` entries of largest magnitude, ascending.  Of equal ones those
/// with the lower index are taken; NaN counts as larger than infinity, so that the choice is
/// defined for any floats.
/// @pre count <= values.size()
[[nodiscard]] std::vector<std::uint32_t> largest_magnitudes(std::span<const float> values,
                                                            std::size_t count);

/// Returns 0, 1, ..., count - 1.
[[nodiscard]] std::vector<std::uint32_t> all_indices(std::size_t count);

}  // namespace murmur
