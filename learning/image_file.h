#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace murmur {

/// An image in color.
struct Image {
    std::int64_t width = 0;
    std::int64_t height = 0;
    std::vector<std::uint8_t> pixels{};  ///< [height, width, 3], red, green, blue
};

/// The most pixels that an image may have: what a small file unfolds to stays small.
inline constexpr std::int64_t kMaxImagePixels = std::int64_t{1} << 22;

/// Returns whether an image may be as large as this.
[[nodiscard]] constexpr bool fits_image(std::int64_t width, std::int64_t height) {
    return width >= 1 && height >= 1 && width <= kMaxImagePixels && height <= kMaxImagePixels &&
           width * height <= kMaxImagePixels;
}

/// Reads a PNG, JPEG or binary PPM image, told by its content, as PIL's `convert("RGB")` gives it:
/// gray becomes three equal channels, a palette its colors, 16 bits the upper 8, and how
/// transparent a pixel is is dropped.  Color profiles and the orientation that a camera notes are
/// not looked at.
/// @throws std::invalid_argument  "dataset name: path: ..." on a missing or damaged file, another
///                                format, colors of print (CMYK), and more than `kMaxImagePixels`
[[nodiscard]] Image read_image(std::string_view dataset_name, const std::filesystem::path& path);

}  // namespace murmur
