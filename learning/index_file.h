#pragma once

#include "learning/partition.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace murmur {

/// Reads the partition `file:PATH`: as many lines as nodes, each the indices of that node's
/// samples, separated by blanks.
/// @throws std::invalid_argument  naming the file and the line, on an index that is not a number
///                                in [0, num_samples), an index given twice, a line without any,
///                                and another number of lines than nodes
[[nodiscard]] Partition read_index_file(const std::string& path,
                                        std::int64_t num_samples,
                                        std::size_t num_nodes);

}  // namespace murmur
