#pragma once

#include "tests/fuzz/targets.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace murmur::fuzz {

// Files that are right, for readers of datasets.

[[nodiscard]] Bytes gzip(const Bytes& content);

/// Returns a binary PPM image of any pixels, without a comment.
[[nodiscard]] Bytes ppm_image(std::uint32_t width, std::uint32_t height);

/// Returns such images in color as libpng and libjpeg write them, one of these progressive.
[[nodiscard]] Bytes png_image(std::uint32_t width, std::uint32_t height);
[[nodiscard]] Bytes jpeg_image(std::uint32_t width, std::uint32_t height, bool is_progressive);

/// Returns an array of zeros as numpy.save writes it.
/// @param type   such as `<f4`
/// @param shape  such as `3, 2,`
/// @param bytes  of its values
[[nodiscard]] Bytes npy_array(std::string_view type, std::string_view shape, std::size_t bytes);

}  // namespace murmur::fuzz
