#pragma once

#include "learning/optimizer.h"
#include "learning/schedule.h"

#include <memory>
#include <span>

namespace murmur {

/// Scales the gradients of all tensors by min(1, max_norm / (|g| + 1e-6)), where |g| is the norm of
/// them all as one vector: torch.nn.utils.clip_grad_norm_.
void clip_gradients(std::span<const TrainedTensor> tensors, double max_norm);

/// Returns an optimizer whose gradients are clipped first (0: are not) and whose learning rate
/// follows a schedule.  Its state is that of `optimizer`, which is returned as it is where neither
/// changes anything.
[[nodiscard]] std::unique_ptr<const LocalOptimizer> make_adjusted(
    std::unique_ptr<const LocalOptimizer> optimizer, double max_norm, const LearningRate& rate);

}  // namespace murmur
