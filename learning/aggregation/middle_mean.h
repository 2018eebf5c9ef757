#pragma once

#include "learning/aggregator.h"

#include <cstddef>
#include <span>

namespace murmur {

/// Returns, place by place, the mean of a node's own and its neighbors' values without the `cut`
/// least and the `cut` greatest of them.  What was not sent counts as the node's own value, NaN as
/// infinity, so that it is cut off as any other outlier.
///
/// Sums are taken in double in ascending order of the values: who sent which does not matter, to
/// the bit.
/// @pre 2 * cut <= neighbors.size()
[[nodiscard]] Parameters middle_mean(const Parameters& own,
                                     std::span<const WeightedView> neighbors,
                                     std::size_t cut);

}  // namespace murmur
