#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Sample indices of each node: shape [num_nodes][samples of that node].  No sample is dropped or
/// given twice; remainders are spread one each over the first nodes.
using Partition = std::vector<std::vector<std::int64_t>>;

/// Splits a dataset over the nodes as `spec` says: `iid`, `shards:K` (K label shards per node),
/// `dirichlet:ALPHA` (over labels), `file:PATH` (line i: the indices of node i, separated by
/// blanks).  A function of its arguments alone.
/// @throws std::invalid_argument  on an unknown name, an impossible request, or an index file that
///                                names a missing sample, gives one twice or has not one line a node
[[nodiscard]] Partition make_partition(std::string_view spec,
                                       const Dataset& dataset,
                                       std::uint32_t num_nodes,
                                       std::uint64_t seed);

/// Lists every form of `make_partition` with one line of help each.
[[nodiscard]] std::string partition_help();

}  // namespace murmur
