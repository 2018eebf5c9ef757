#pragma once

#include "learning/aggregator.h"
#include "tools/text/registry.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace murmur {

/// Makes an aggregator.
/// @throws std::invalid_argument  on a wrong option
using AggregatorMake = std::function<std::unique_ptr<const Aggregator>(const Options& options)>;
using AggregatorRegistry = Registry<AggregatorMake>;

/// Returns the aggregators that `--aggregation` may name: ours, and those that a program adds.
[[nodiscard]] AggregatorRegistry& aggregators();

/// Reads a number of vectors or neighbors, up to a million.
/// @throws std::invalid_argument  on anything else, and below `least`
[[nodiscard]] std::size_t count_of(const Options& options,
                                   std::string_view key,
                                   std::int64_t least = 0);

/// Registers those of this folder's files.
void register_all(AggregatorRegistry& registry);

}  // namespace murmur
