#include "learning/privacy/gaussian_noise.h"

#include "learning/random_stream.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

namespace murmur {
namespace {

/// Calls `change(i)` for each trained coordinate, ascending.
template <class Change>
void for_each_trained(const ParameterLayout& layout, std::size_t num_parameters, Change change) {
    std::size_t i = 0;
    for (const ParameterBlock& block : layout) {
        for (const std::size_t end = i + block.size(); i < end; ++i) {
            if (block.is_trained) {
                change(i);
            }
        }
    }
    for (; layout.empty() && i < num_parameters; ++i) {
        change(i);
    }
}

}  // namespace

Parameters with_noise(const ParameterVector& x,
                      const ParameterLayout& layout,
                      double deviation,
                      std::uint64_t seed) {
    auto noisy = copy_of(x);
    RandomStream stream(seed);
    const auto values = noisy->values();
    for_each_trained(layout, x.size(), [&](std::size_t i) {
        values[i] = static_cast<float>(values[i] + deviation * stream.normal());
    });
    return noisy;
}

ZeroSumNoise::ZeroSumNoise(std::vector<double> shares, double deviation, std::uint64_t seed)
    : shares_(std::move(shares)), seed_(seed) {
    const auto k = static_cast<double>(shares_.size());
    deviation_ = deviation * std::sqrt(k / (k - 1));
    const double sum = std::accumulate(shares_.begin(), shares_.end(), 0.0);
    for (double& share : shares_) {
        share /= sum;
    }
}

std::uint64_t ZeroSumNoise::seed_of(std::size_t receiver) const {
    return stream_seed(seed_, "receiver", receiver);
}

Parameters ZeroSumNoise::mean(const ParameterLayout& layout, std::size_t num_parameters) const {
    std::vector<double> sum(num_parameters);
    for (std::size_t receiver = 0; receiver < shares_.size(); ++receiver) {
        RandomStream stream(seed_of(receiver));
        for_each_trained(layout, num_parameters, [&](std::size_t i) {
            sum[i] += shares_[receiver] * deviation_ * stream.normal();
        });
    }
    auto mean = std::make_shared<ParameterVector>(num_parameters);
    std::ranges::transform(
        sum, mean->values().begin(), [](double value) { return static_cast<float>(value); });
    return mean;
}

Parameters ZeroSumNoise::added(const ParameterVector& x,
                               const ParameterVector& mean,
                               const ParameterLayout& layout,
                               std::size_t receiver) const {
    auto noisy = copy_of(x);
    RandomStream stream(seed_of(receiver));
    const auto values = noisy->values();
    for_each_trained(layout, x.size(), [&](std::size_t i) {
        values[i] =
            static_cast<float>(values[i] + (deviation_ * stream.normal() - mean.values()[i]));
    });
    return noisy;
}

}  // namespace murmur
