#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace murmur {

/// Computes group normalization, ReLU and 2x2 max pooling in one, differentiable in all tensors:
///
///     y = max over a window of relu(weight (x - mean) / sqrt(variance + 1e-5) + bias),
///
/// mean and variance over all pixels and channels of one group of one image.  LibTorch's three
/// operators go over the large images eight times a training step, this one four times.  As there,
/// a NaN in a group makes the whole group NaN.
/// @param x       [batch, channels, height, width] float32, both sides even; fastest where its
///                memory format is channels-last
/// @param groups  divides the number of channels
/// @param weight  [channels]
/// @param bias    [channels]
/// @return        [batch, channels, height/2, width/2], channels-last
[[nodiscard]] at::Tensor norm_relu_pool(const at::Tensor& x,
                                        std::int64_t groups,
                                        const at::Tensor& weight,
                                        const at::Tensor& bias);

}  // namespace murmur
