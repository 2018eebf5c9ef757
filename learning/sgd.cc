#include "learning/sgd.h"

namespace murmur {

void sgd_step(std::span<float> values,
              std::span<const float> gradient,
              std::span<float> momentum,
              const TrainingOptions& options) {
    const auto lr = static_cast<float>(options.lr);
    const auto mu = static_cast<float>(options.momentum);
    const auto decay = static_cast<float>(options.weight_decay);
    const std::size_t size = values.size();
    if (options.momentum == 0.0) {
        for (std::size_t i = 0; i < size; ++i) {
            values[i] -= lr * (gradient[i] + decay * values[i]);
        }
    } else if (options.nesterov) {
        for (std::size_t i = 0; i < size; ++i) {
            const float g = gradient[i] + decay * values[i];
            momentum[i] = mu * momentum[i] + g;
            values[i] -= lr * (g + mu * momentum[i]);
        }
    } else {
        for (std::size_t i = 0; i < size; ++i) {
            momentum[i] = mu * momentum[i] + (gradient[i] + decay * values[i]);
            values[i] -= lr * momentum[i];
        }
    }
}

}  // namespace murmur
