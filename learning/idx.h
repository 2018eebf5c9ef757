#pragma once

#include "learning/dataset.h"

#include <filesystem>
#include <string_view>

namespace murmur {

/// Reads images in MNIST's IDX format: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the
/// same with `t10k` (MNIST, Fashion-MNIST, KMNIST, and own data in that form), or a split of EMNIST
/// (`emnist-SPLIT-train-images-idx3-ubyte`, ..., with `test`; orientation as stored).  Each file is
/// plain or `.gz`, and may have a dot before `idx` as many mirrors have it; they lie in `folder`, or
/// where torchvision puts them, in `raw` or `MNIST/raw` below it.
///
/// Images are bytes of any shape: [count, height, width], [count, channels, height, width] (or the
/// channels last), or [count, features].  Labels are bytes or 32-bit integers; there are as many
/// classes as the family has, or as there are in the training labels without a gap.
/// @param split  which one of EMNIST's, where the folder holds several; empty: the only one
/// @throws std::invalid_argument  naming the file, on a missing or truncated file, bytes after the
///                                end, a wrong magic number, a label out of range, as well as
///                                counts or image sizes that do not match
/// - [LeCun, 1998] Y. LeCun, C. Cortes and C. Burges. The MNIST database of handwritten digits.
/// - [Cohen, 2017] G. Cohen et al. EMNIST: an extension of MNIST to handwritten letters.
[[nodiscard]] DatasetPair load_idx(const std::filesystem::path& folder,
                                   std::string_view split = {});

}  // namespace murmur
