#pragma once

#include "emulator/run/experiment.h"
#include "learning/dataset.h"

#include <cstdint>
#include <vector>

namespace murmur::test {

/// Eight nodes over unlike links that each take one full-batch step a round: what a protocol makes
/// of that can be reckoned in double precision straight from the data.
inline ExperimentOptions least_squares_options() {
    ExperimentOptions options;
    options.nodes = 8;
    options.topology = "regular:3";
    options.rounds = 20;
    options.dataset = "least-squares:features=5,samples=80";
    options.model = "linear";
    options.training = {.batch_size = 0, .local_steps = 1, .lr = 0.1};
    options.clock = "modelled:1ms,jitter=0.3,merge=0";
    options.rate = "uniform:1Mbps:20Mbps";
    options.workers = 2;
    options.quiet = true;
    return options;
}

using Vector = std::vector<double>;

/// One node's gradient step x - lr * grad f(x), on all of its samples.
inline Vector gradient_step(const Vector& x, const murmur::Batch& batch, double lr) {
    const auto inputs = batch.inputs.accessor<float, 2>();
    const auto targets = batch.targets.accessor<float, 1>();
    const std::size_t features = x.size() - 1;
    Vector gradient(x.size(), 0.0);
    for (std::int64_t sample = 0; sample < inputs.size(0); ++sample) {
        double error = x[features] - targets[sample];
        for (std::size_t i = 0; i < features; ++i) {
            error += x[i] * inputs[sample][static_cast<std::int64_t>(i)];
        }
        for (std::size_t i = 0; i < features; ++i) {
            gradient[i] += error * inputs[sample][static_cast<std::int64_t>(i)];
        }
        gradient[features] += error;
    }
    Vector next = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
        next[i] -= lr * gradient[i] / static_cast<double>(inputs.size(0));
    }
    return next;
}

/// 20 rounds of a handful of float32 operations on values of order 1.
constexpr double kRoundOff = 2e-6;

}  // namespace murmur::test
