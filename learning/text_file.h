#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <string>

namespace murmur {

struct TextOptions {
    std::string path;
    std::int64_t length = 80;  ///< characters that a sample sees
    std::int64_t stride = 0;   ///< characters between the starts of two samples; 0: `length`
};

/// Reads a plain text for the prediction of the next character.  Classes are the different bytes of
/// the file in ascending order; the last tenth of the samples are for testing.  With the default
/// stride no character is seen by two samples.
/// @throws std::invalid_argument  on a missing file, or one that is too short for a training and a
///                                test sample
[[nodiscard]] DatasetPair load_text(const TextOptions& options);

}  // namespace murmur
