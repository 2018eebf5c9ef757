#include "learning/optimizers/adaptive_moments.h"

namespace murmur {

void register_adam(OptimizerRegistry& registry) {
    registry.add({"adam",
                  "adaptive moments, as torch.optim.Adam",
                  adaptive_moments_options("0", "L2 penalty, in the gradient; --weight-decay")},
                 [](const Options& options) {
                     return make_adaptive_moments(options, WeightDecay::kInGradient);
                 });
}

}  // namespace murmur
