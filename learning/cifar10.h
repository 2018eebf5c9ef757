#pragma once

#include "learning/dataset.h"

#include <filesystem>

namespace murmur {

/// Reads CIFAR-10 in its binary version: `test_batch.bin` and those of `data_batch_1.bin` ...
/// `data_batch_5.bin` that are in the folder (at least one), each a sequence of 3,073-byte records
/// (label, then 3 x 32 x 32 pixels).  Files may hold any number of records.
/// @throws std::invalid_argument  naming the file and the record, on a missing, empty or truncated
///                                file and on a label above 9
/// - [Krizhevsky, 2009] Learning multiple layers of features from tiny images.
[[nodiscard]] DatasetPair load_cifar10(const std::filesystem::path& folder);

}  // namespace murmur
