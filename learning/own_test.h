#pragma once

#include "learning/dataset.h"
#include "learning/partition.h"

#include <cstdint>
#include <vector>

namespace murmur {

/// The samples that each node tests its own model on.
struct OwnTest {
    DataPart part = DataPart::kTest;
    Partition samples;  ///< [num_nodes][samples]; empty for a node without any
};

/// Gives each node the test samples of its users.
/// @param partition  must not part the samples of a user
/// @throws std::invalid_argument  where users have no test samples, or one is on two nodes
[[nodiscard]] OwnTest tests_of_users(const Partition& partition, const DatasetPair& data);

/// Takes a share of each node's samples out of its partition: floor(share x n), at least one of two
/// or more, drawn from a stream of the node.
/// @param share  above 0, below 1
[[nodiscard]] OwnTest hold_back(Partition& partition, double share, std::uint64_t seed);

/// Returns `count` of the samples 0 ... size - 1, drawn from `seed` and in ascending order; all of
/// them where `count` is 0 or no less than `size`.
[[nodiscard]] std::vector<std::int64_t> draw_samples(std::int64_t size,
                                                     std::int64_t count,
                                                     std::uint64_t seed);

}  // namespace murmur
