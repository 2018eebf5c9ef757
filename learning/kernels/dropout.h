#pragma once

#include "learning/models/forward_context.h"

#include <ATen/core/Tensor.h>

namespace murmur {

/// Zeroes each value with probability `rate` and divides the others by 1 - rate, so that the mean
/// stays; in a test, and with rate 0, gives the values back [Srivastava et al., 2014, Dropout: A
/// Simple Way to Prevent Neural Networks from Overfitting].
/// @param x     float32 of any shape
/// @param rate  0 <= rate < 1
/// @throws std::logic_error  where a training pass has no random stream
[[nodiscard]] at::Tensor dropout(const at::Tensor& x, double rate, const ForwardContext& context);

}  // namespace murmur
