#pragma once

#include <cmath>
#include <span>

namespace murmur {

/// Returns the sum of the squares of a part of a gradient, in double.
[[nodiscard]] inline double sum_of_squares(std::span<const float> gradient) {
    double squares = 0;
    for (const float g : gradient) {
        squares += static_cast<double>(g) * g;
    }
    return squares;
}

/// Returns max_norm / (|g| + 1e-6), what a gradient is multiplied by where that is below 1, as
/// PyTorch and Opacus have it.
/// @param squares  |g|^2
[[nodiscard]] inline double clip_factor(double squares, double max_norm) {
    constexpr double kAboveZero = 1e-6;
    return max_norm / (std::sqrt(squares) + kAboveZero);
}

}  // namespace murmur
