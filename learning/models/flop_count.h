#pragma once

#include <functional>

namespace murmur {

/// Runs `work` on this thread and returns the floating point operations of the matrix products and
/// convolutions in it, 2 per multiply-add, as LibTorch's own record of operators tells them: how
/// the cost of a model is found that only a file describes.
[[nodiscard]] double count_flops(const std::function<void()>& work);

}  // namespace murmur
