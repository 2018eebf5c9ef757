#include "learning/privacy/node_epsilon.h"

#include <limits>

namespace murmur {

double NodeEpsilon::of(std::int64_t samples, std::uint64_t steps) {
    if (!privacy_) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (samples == 0) {
        return 0;
    }
    const auto [curve, is_new] =
        curves_.try_emplace(samples, sampling_probability(samples, batch_size_), privacy_->noise);
    return curve->second.epsilon(steps, privacy_->delta);
}

}  // namespace murmur
