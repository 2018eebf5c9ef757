#include "learning/privacy/dp_sgd.h"

#include "learning/gradient_norm.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace murmur {
namespace {

double above_zero(const Options& options, std::string_view key, double below) {
    const double value = options.number(key, {0, below});
    if (value == 0 || value == below) {
        options.refuse(fmt::format("{}: got {}, allowed above 0{}",
                                   key,
                                   options.text(key),
                                   below == 1 ? ", below 1" : ""));
    }
    return value;
}

std::optional<DpSgd> make_dp_sgd(const Options& options) {
    return DpSgd{.clip = above_zero(options, "clip", 1e30),
                 .noise = options.number("noise", {0, 1e30}),
                 .delta = above_zero(options, "delta", 1)};
}

void register_privacies(PrivacyRegistry& registry) {
    registry.add({"none", "training is not private"},
                 [](const Options&) { return std::optional<DpSgd>(); });
    registry.add({"dp-sgd",
                  "gradients clipped sample by sample, with noise in each step",
                  {required("clip", "NORM", "largest norm of a sample's gradient"),
                   required("noise", "SIGMA", "deviation of the noise, in units of clip"),
                   named("delta", "1e-5", "of the (epsilon, delta) in summary.json")}},
                 make_dp_sgd);
}

}  // namespace

PrivacyRegistry& privacies() {
    static PrivacyRegistry registry("privacy", register_privacies);
    return registry;
}

std::optional<DpSgd> make_privacy(std::string_view spec) {
    const auto chosen = privacies().select(spec);
    return chosen.make(chosen.options);
}

double sampling_probability(std::int64_t partition_size, std::int64_t batch_size) {
    if (partition_size == 0) {
        return 0;
    }
    return batch_size == 0 || batch_size >= partition_size
               ? 1.0
               : static_cast<double>(batch_size) / static_cast<double>(partition_size);
}

PoissonBatches::PoissonBatches(std::span<const std::int64_t> partition,
                               double probability,
                               std::uint64_t seed)
    : partition_(partition), probability_(probability), stream_(seed) {}

std::span<const std::int64_t> PoissonBatches::next() {
    batch_.clear();
    std::ranges::copy_if(partition_, std::back_inserter(batch_), [this](std::int64_t /*sample*/) {
        return stream_.uniform() < probability_;
    });
    return batch_;
}

void PrivateGradient::add(std::span<const GradientPart> parts) {
    double squares = 0;
    for (const GradientPart& part : parts) {
        squares += sum_of_squares(part.values);
    }
    const auto factor = static_cast<float>(std::min(1.0, clip_factor(squares, rule_.clip)));
    for (const GradientPart& part : parts) {
        float* const sum = sum_.data() + part.offset;
        for (std::size_t i = 0; i < part.values.size(); ++i) {
            sum[i] += factor * part.values[i];
        }
    }
}

std::span<float> PrivateGradient::finish(double expected_batch, RandomStream noise) {
    const double deviation = rule_.noise * rule_.clip;
    for (float& value : sum_) {
        value = static_cast<float>((value + deviation * noise.normal()) / expected_batch);
    }
    return sum_;
}

}  // namespace murmur
