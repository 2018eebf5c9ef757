#pragma once

#include "learning/dataset.h"

#include <cstdint>

namespace murmur {

struct SyntheticImageOptions {
    std::int64_t train = 10000;  ///< number of training images
    std::int64_t test = 2000;    ///< number of test images
    std::int64_t classes = 10;
    std::int64_t size = 32;  ///< height and width in pixels
    double noise = 1.0;      ///< standard deviation of the pixel noise; the class pattern has 1
};

/// Generates an image classification task without download: [3, size, size] images, as many of
/// each class as the counts allow.  Every class has a few smooth periodic patterns, some common,
/// some rare, each with a color of its own; an image is one of them, shifted at random, mirrored
/// half of the time, mixed with a weaker pattern of another class, and changed in contrast,
/// brightness and by noise.  The color alone takes a linear model to less than half of the test
/// images; convolutions reach nearly nine tenths.
///
/// Image i is a function of (options, seed, i), so that a smaller set begins a larger one.
[[nodiscard]] DatasetPair make_synthetic_images(const SyntheticImageOptions& options,
                                                std::uint64_t seed);

}  // namespace murmur
