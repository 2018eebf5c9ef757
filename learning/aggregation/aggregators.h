#pragma once

#include "learning/aggregator.h"
#include "tools/text/registry.h"

#include <functional>
#include <memory>

namespace murmur {

/// Makes an aggregator.
/// @throws std::invalid_argument  on a wrong option
using AggregatorMake = std::function<std::unique_ptr<const Aggregator>(const Options& options)>;
using AggregatorRegistry = Registry<AggregatorMake>;

/// Returns the aggregators that `--aggregation` may name: ours, and those that a program adds.
[[nodiscard]] AggregatorRegistry& aggregators();

/// Registers those of this folder's files.
void register_all(AggregatorRegistry& registry);

}  // namespace murmur
