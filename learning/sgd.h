#pragma once

#include "learning/learner.h"

#include <span>

namespace murmur {

/// Takes one step of stochastic gradient descent, as torch.optim.SGD defines it:
///
///     g = gradient + weight_decay x;  m = momentum m + g;  x = x - lr d,
///
/// where d is m, with Nesterov's momentum g + momentum m, without momentum g.
///
/// @param momentum  m, zero before the first step; the same length as `values`, or empty where
///                  `options.momentum` is 0
void sgd_step(std::span<float> values,
              std::span<const float> gradient,
              std::span<float> momentum,
              const TrainingOptions& options);

}  // namespace murmur
