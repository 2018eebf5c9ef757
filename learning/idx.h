#pragma once

#include "learning/dataset.h"

#include <filesystem>

namespace murmur {

/// Reads images of one channel and any size in MNIST's IDX format, from the files
/// `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte` (10 classes: MNIST, Fashion-MNIST, KMNIST), or from one split of EMNIST
/// (`emnist-SPLIT-train-images-idx3-ubyte`, ..., `emnist-SPLIT-test-labels-idx1-ubyte`; as many
/// classes as that split has, labels and image orientation as stored), each plain or with `.gz`
/// appended.
/// @throws std::invalid_argument  naming the file, on a missing or truncated file, bytes after the
///                                end, a wrong magic number, a label out of range, as well as
///                                counts or image sizes that do not match
/// - [LeCun, 1998] Y. LeCun, C. Cortes and C. Burges. The MNIST database of handwritten digits.
/// - [Cohen, 2017] G. Cohen et al. EMNIST: an extension of MNIST to handwritten letters.
[[nodiscard]] DatasetPair load_idx(const std::filesystem::path& folder);

}  // namespace murmur
