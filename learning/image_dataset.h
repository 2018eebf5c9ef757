#pragma once

#include "learning/dataset.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace murmur {

/// What the bytes 0 ... 255 of an image become.
enum class PixelScale {
    kSymmetric,  ///< -1 ... 1, like PyTorch's ToTensor followed by Normalize(0.5, 0.5)
    kUnit,       ///< 0 ... 1
};

/// Labeled images as they lie in files: one byte per channel and pixel.
struct ImageData {
    std::array<std::int64_t, 3> shape;  ///< channels, height, width
    std::int64_t num_classes;
    std::vector<std::uint8_t> pixels;  ///< [num_images, channels, height, width]
    std::vector<std::int64_t> labels;  ///< [num_images], each in [0, num_classes)
    PixelScale scale = PixelScale::kSymmetric;
    std::vector<std::int64_t> user_offsets{};  ///< as in `Dataset`
};

/// Puts the channels of images in front where the last dimension can only be theirs: 1, 3 or 4, and
/// the first is none of these.  Images that were [height, width, channels] are then as `ImageData`
/// has them.
void move_channels_first(ImageData& images);

/// Wraps images as a classification dataset.  Pixels stay bytes in memory; `batch` gives the byte
/// p as the float32 (2 p - 255) / 255 or p / 255, each rounded once.
/// @pre one label per image
[[nodiscard]] std::shared_ptr<const Dataset> make_image_dataset(ImageData data);

}  // namespace murmur
