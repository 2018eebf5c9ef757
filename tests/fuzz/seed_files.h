#pragma once

#include "tests/fuzz/targets.h"

#include <cstdint>

namespace murmur::fuzz {

// Files that are right, for readers of datasets.

[[nodiscard]] Bytes gzip(const Bytes& content);

/// Returns a binary PPM image of any pixels, without a comment.
[[nodiscard]] Bytes ppm_image(std::uint32_t width, std::uint32_t height);

}  // namespace murmur::fuzz
