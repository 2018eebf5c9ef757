#pragma once

#include "learning/dataset.h"

#include <filesystem>

namespace murmur {

/// Reads CIFAR-10 in its binary version: those of data_batch_1.bin ... data_batch_5.bin that are
/// there, and test_batch.bin, in `folder` or in `cifar-10-batches-bin` below it; or in its Python
/// version, pickles of the same names without .bin, in `folder` or in `cifar-10-batches-py`.
/// @throws std::invalid_argument  naming the file and the record, on a missing, truncated or empty
///                                file and a label out of range
/// - [Krizhevsky, 2009] A. Krizhevsky. Learning multiple layers of features from tiny images.
[[nodiscard]] DatasetPair load_cifar10(const std::filesystem::path& folder);

/// Which of the two labels of CIFAR-100: one of 100 classes, or of 20 groups of them.
enum class Cifar100Labels { kFine, kCoarse };

/// Reads CIFAR-100 in its binary version: train.bin and test.bin, in `folder` or in
/// `cifar-100-binary` below it; or in its Python version, pickles in `cifar-100-python`.
/// @throws std::invalid_argument  as `load_cifar10`
[[nodiscard]] DatasetPair load_cifar100(const std::filesystem::path& folder, Cifar100Labels labels);

}  // namespace murmur
