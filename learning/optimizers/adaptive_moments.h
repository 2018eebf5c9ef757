#pragma once

#include "learning/optimizer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// Where weight decay enters a step of adaptive moments.
enum class WeightDecay : std::uint8_t {
    kInGradient,  ///< as an L2 penalty: g = gradient + decay x, which the moments then see
    kDecoupled,   ///< x = (1 - lr decay) x before the step, which the moments do not see
};

/// Steps by first and second moments of the gradient, of the t-th step of a tensor
/// [Kingma, 2015, algorithm 1; Loshchilov, 2019, algorithm 2]:
///
///     m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
///     x = x - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
///
/// in the order of operations of torch::optim, so that results differ by rounding alone.  A tensor
/// without a gradient in a step does not count it, as there.
/// - [Kingma, 2015] D. P. Kingma and J. Ba. Adam: a method for stochastic optimization. ICLR.
/// - [Loshchilov, 2019] I. Loshchilov and F. Hutter. Decoupled weight decay regularization. ICLR.
/// @throws std::invalid_argument  where an option is wrong
[[nodiscard]] std::unique_ptr<const LocalOptimizer> make_adaptive_moments(const Options& options,
                                                                          WeightDecay decay);

/// Returns `beta1`, `beta2`, `eps` and `weight-decay`, with torch.optim's defaults.
/// @param weight_decay  what holds where it is not given
[[nodiscard]] std::vector<OptionForm> adaptive_moments_options(std::string weight_decay,
                                                               std::string help);

}  // namespace murmur
