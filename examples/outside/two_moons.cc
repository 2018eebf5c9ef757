// A dataset of one's own: points of two half circles that reach into each other.

#include "learning/datasets.h"
#include "learning/random_stream.h"
#include "parts.h"

#include <ATen/ATen.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <span>
#include <vector>

namespace {

class TwoMoons final : public murmur::Dataset {
  public:
    TwoMoons(std::int64_t samples, double noise, std::uint64_t seed) {
        murmur::RandomStream random(seed);
        for (std::int64_t i = 0; i < samples; ++i) {
            const std::int64_t moon = i % 2;
            const double angle = random.uniform(0, std::numbers::pi);
            const double side = moon == 0 ? 1 : -1;
            points_.push_back(static_cast<float>(
                side * std::cos(angle) + static_cast<double>(moon) + noise * random.normal()));
            points_.push_back(static_cast<float>(side * std::sin(angle) +
                                                 0.5 * static_cast<double>(moon) +
                                                 noise * random.normal()));
            labels_.push_back(moon);
        }
    }

    std::int64_t size() const override { return std::ssize(labels_); }
    const murmur::Goal& goal() const override { return murmur::classification(); }
    std::vector<std::int64_t> sample_shape() const override { return {2}; }
    std::int64_t num_classes() const override { return 2; }
    std::span<const std::int64_t> labels() const override { return labels_; }
    murmur::Batch batch(std::span<const std::int64_t> indices) const override {
        murmur::Batch batch{at::empty({std::ssize(indices), 2}, at::kFloat),
                            at::empty({std::ssize(indices)}, at::kLong)};
        float* input = batch.inputs.data_ptr<float>();
        std::int64_t* target = batch.targets.data_ptr<std::int64_t>();
        for (const std::int64_t index : indices) {
            const auto sample = static_cast<std::size_t>(index);
            *input++ = points_[2 * sample];
            *input++ = points_[2 * sample + 1];
            *target++ = labels_[sample];
        }
        return batch;
    }

  private:
    std::vector<float> points_;  // [samples, 2]
    std::vector<std::int64_t> labels_;
};

}  // namespace

void register_two_moons() {
    murmur::datasets().add(
        {"two-moons",
         "points of two half circles",
         {murmur::named("samples", "400", "to learn from; half as many to test with"),
          murmur::named("noise", "0.1", "deviation of a point from its circle")}},
        [](const murmur::Options& options, std::uint64_t seed) {
            const std::int64_t samples = options.integer("samples", {2, 1'000'000});
            const double noise = options.number("noise", {0, 10});
            return murmur::DatasetPair{
                std::make_shared<TwoMoons>(samples, noise, murmur::stream_seed(seed, "train")),
                std::make_shared<TwoMoons>(samples / 2, noise, murmur::stream_seed(seed, "test"))};
        });
}
