#pragma once

#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <span>

namespace murmur {

// Changes of models as clients send them and servers add them up.  Buffers, such as running
// averages, travel as they are after the training: a sum of their changes is no average.

/// Returns after - before; buffers: after.
/// @throws std::invalid_argument  where the lengths differ, as below
[[nodiscard]] Parameters change_between(const ParameterVector& before,
                                        const ParameterVector& after,
                                        const ParameterLayout& layout);

/// A client's change, with what the server multiplies it by.
struct WeightedChange {
    double weight;
    Parameters change;
};

/// Returns x + sum_k weight_k change_k, in the order given; buffers: the plain mean of the
/// changes'.
/// @pre there are changes
[[nodiscard]] Parameters add_changes(const ParameterVector& x,
                                     std::span<const WeightedChange> changes,
                                     const ParameterLayout& layout);

}  // namespace murmur
