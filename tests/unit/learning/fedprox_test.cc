#include "learning/cpu_learner.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <cmath>
#include <string>
#include <vector>

namespace murmur {
namespace {

using Values = std::vector<float>;

/// Trains a linear model on whole batches, `steps` of them from zero.
Values trained(const std::string& optimizer, std::int64_t steps, TrainingOptions options = {}) {
    options.batch_size = 0;
    options.local_steps = steps;
    options.optimizer = optimizer;
    options.lr = 0.1;
    CpuLearner learner("linear", test::random_regression(64, 3, 2), options);
    const std::vector<std::int64_t> all = test::first_samples(64);
    TrainingState state;
    const Parameters start = make_parameters(Values(4, 0.5F));
    const Parameters end = learner.train(*start, all, state, {}).parameters;
    return {end->values().begin(), end->values().end()};
}

// Expectation: the proximal term is zero where the round begins.
TEST_CASE("fedprox: the first step of a round is SGD's, and with mu 0 all are") {
    CHECK(trained("fedprox:mu=3", 1) == trained("sgd", 1));
    CHECK(trained("fedprox:mu=0", 9) == trained("sgd", 9));
    CHECK(trained("fedprox:mu=3", 2) != trained("sgd", 2));
    const TrainingOptions momentum{.momentum = 0.9, .weight_decay = 0.01};
    CHECK(trained("fedprox:mu=0", 9, momentum) == trained("sgd", 9, momentum));
}

// Expectation: with f(x) = 1/2 mean (a_i' x - y_i)^2, gradient steps on f + mu/2 ||x - x0||^2 come
// to where the gradient of f is mu (x0 - x).  The gradient is that of a step of SGD from there.
TEST_CASE("fedprox: steps come to the minimum of the loss with the proximal term") {
    constexpr float kMu = 0.7F;
    const Values x = trained("fedprox:mu=0.7", 2000);
    CpuLearner learner(
        "linear", test::random_regression(64, 3, 2), {.batch_size = 0, .local_steps = 1, .lr = 1});
    const std::vector<std::int64_t> all = test::first_samples(64);
    TrainingState state;
    const Parameters stepped = learner.train(*make_parameters(x), all, state, {}).parameters;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const float gradient = x[i] - stepped->values()[i];
        CHECK(gradient == doctest::Approx(kMu * (0.5F - x[i])).epsilon(1e-3));
    }
}

}  // namespace
}  // namespace murmur
