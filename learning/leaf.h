#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <filesystem>

namespace murmur {

// The datasets of LEAF [Caldas, 2018]: a folder with train/ and test/, each of JSON files as
// `read_leaf_folder` reads them.  Samples lie by user; the test set is all of test/, in an order
// drawn from `seed`.
// @throws std::invalid_argument  naming the file, the user and the sample, as `read_leaf_folder`
//                                does, and where a sample is not what is said below

/// FEMNIST: x 784 gray values in [0, 1], which LEAF made from bytes and are kept as such; y one of
/// 62 characters.  Samples are 1x28x28, in [0, 1] as in the file.
[[nodiscard]] DatasetPair load_femnist(const std::filesystem::path& folder, std::uint64_t seed);

/// CelebA: x the name of an image, y whether its person smiles.  The images lie in images/ as
/// binary PPM files of 84x84 pixels, named as in the JSON files but for the ending (`mogrify
/// -resize 84x84! -format ppm *.jpg` makes them of the published ones); scaled to [-1, 1].
[[nodiscard]] DatasetPair load_celeba(const std::filesystem::path& folder, std::uint64_t seed);

/// Shakespeare: x 80 characters, y the next one, both out of the 92 that DecentralizePy numbers.
[[nodiscard]] DatasetPair load_shakespeare(const std::filesystem::path& folder, std::uint64_t seed);

/// Reddit: x comments as lists of sequences of 10 words, y the words that follow each
/// (`target_tokens`).  A sample is one sequence, its class the last word that follows; sequences
/// that padding alone follows are left out.  Of the training set's words the 9,997 most frequent
/// are kept, beside padding and "unknown".
[[nodiscard]] DatasetPair load_reddit(const std::filesystem::path& folder, std::uint64_t seed);

/// Sent140: x a tweet (its text is the fifth field), y 0 for a negative and 1 or 4 for a positive
/// one.  A sample is its first 25 words, in small letters, numbered as for Reddit and padded.
[[nodiscard]] DatasetPair load_sent140(const std::filesystem::path& folder, std::uint64_t seed);

}  // namespace murmur
