#include "learning/optimizers/adaptive_moments.h"

namespace murmur {

void register_adamw(OptimizerRegistry& registry) {
    registry.add({"adamw",
                  "Adam with weight decay beside the gradient, as torch.optim.AdamW",
                  adaptive_moments_options("0.01",
                                           "share of lr by which values shrink in a step; "
                                           "--weight-decay")},
                 [](const Options& options) {
                     return make_adaptive_moments(options, WeightDecay::kDecoupled);
                 });
}

}  // namespace murmur
