#pragma once

#include "learning/optimizer.h"

#include <memory>
#include <vector>

namespace murmur {

/// Stochastic gradient descent as torch.optim.SGD defines it:
///
///     g = gradient + weight_decay x;  m = momentum m + g;  x = x - lr d,
///
/// where d is m, with Nesterov's momentum g + momentum m, without momentum g; m is 0 before the
/// first step.  An optimizer that changes the gradient first has these options and hands on to it.
[[nodiscard]] std::vector<OptionForm> sgd_options();
/// @throws std::invalid_argument  where an option is wrong
[[nodiscard]] std::unique_ptr<const LocalOptimizer> make_sgd(const Options& options);

}  // namespace murmur
