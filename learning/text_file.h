#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

struct TextOptions {
    std::string path;
    std::int64_t length = 80;  ///< characters that a sample sees
    std::int64_t stride = 0;   ///< characters between the starts of two samples; 0: `length`
};

/// Reads a text, plain or gzip, and makes `\n` of `\r\n` and `\r`: the system on which it was saved
/// is no part of it.
/// @throws std::invalid_argument  "dataset name: path: ..." on a missing or damaged file, and one
///                                of more than 4 GiB
[[nodiscard]] std::vector<std::uint8_t> read_text(std::string_view dataset_name,
                                                  const std::string& path);

/// Reads a plain text for the prediction of the next character.  Classes are the different bytes of
/// the file in ascending order; the last tenth of the samples are for testing.  With the default
/// stride no character is seen by two samples.
/// @throws std::invalid_argument  on a missing file, or one that is too short for a training and a
///                                test sample
[[nodiscard]] DatasetPair load_text(const TextOptions& options);

}  // namespace murmur
