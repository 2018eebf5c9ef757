#pragma once

#include "learning/dataset.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <functional>
#include <string>

namespace murmur {

/// Loads or generates a dataset; what is drawn follows from `seed`.
/// @throws std::invalid_argument  on a wrong option, or a file that is missing or damaged
using DatasetMake = std::function<DatasetPair(const Options& options, std::uint64_t seed)>;
using DatasetRegistry = Registry<DatasetMake>;

/// Returns the datasets that `--dataset` may name: ours, and those that a program adds.
[[nodiscard]] DatasetRegistry& datasets();

/// Registers those of this folder's files.
void register_all(DatasetRegistry& registry);

/// The option of a dataset that is a folder of files.
[[nodiscard]] OptionForm folder_option();

/// The most samples that an option may ask for.
inline constexpr std::int64_t kMaxSamples = 100'000'000;

/// Refuses what could only end in lack of memory.
/// @param bytes  of one sample
/// @throws std::invalid_argument  where all of them are more than 16 GiB
void require_reasonable_bytes(const Options& options, std::int64_t samples, std::int64_t bytes);

/// Returns the seed of the order of a test set.
[[nodiscard]] std::uint64_t test_order(std::uint64_t seed);

}  // namespace murmur
