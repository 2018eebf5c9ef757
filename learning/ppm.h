#pragma once

#include "learning/image_file.h"

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace murmur {

/// Reads a binary PPM image ("P6", 8 bits a channel) of any size up to `kMaxImagePixels`.
/// @throws std::invalid_argument  as below
[[nodiscard]] Image read_ppm(std::string_view dataset_name, const std::filesystem::path& path);

/// Reads a binary PPM image ("P6", 8 bits a channel) of `width` x `height` pixels.
/// @return  [3, height, width]: the red, green and blue plane
/// @throws std::invalid_argument  "dataset name: path: ..." on a missing file, another format or
///                                size, and a file that is cut or goes on
[[nodiscard]] std::vector<std::uint8_t> read_ppm(std::string_view dataset_name,
                                                 const std::filesystem::path& path,
                                                 std::int64_t width,
                                                 std::int64_t height);

}  // namespace murmur
