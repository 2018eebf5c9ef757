#pragma once

#include "learning/aggregator.h"

#include <functional>
#include <span>

namespace murmur {

/// Returns the weighted sum of a node's vector u and those u_j of its neighbors, in float32.
///
/// Of whole vectors it is w u + sum_j w_j u_j, term after term.  Where one of the messages holds
/// entries I_j alone it is
///
///     u + sum_j w_j 1_{I_j} (u_j - u)
///
/// which is the same where all weights add up to 1 and entries that were not sent count as the
/// node's own.
/// @param weight_of  of each neighbor, instead of the weight that the view came with
[[nodiscard]] Parameters weighted_sum(const ParameterVector& own,
                                      double self_weight,
                                      std::span<const WeightedView> neighbors,
                                      const std::function<double(const WeightedView&)>& weight_of);

}  // namespace murmur
