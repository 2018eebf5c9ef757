#include "learning/kernels/dropout.h"

#include "learning/cpu_learner.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <ATen/ATen.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

// Expectation: a value is kept with probability 1 - rate and divided by it, so that the mean of n
// ones is 1 with a standard deviation of sqrt(rate / (1 - rate) / n).
TEST_CASE("dropout: keeps the mean, and drops the share that was asked for") {
    constexpr std::int64_t kValues = 200'001;
    for (const double rate : {0.1, 0.5, 0.9}) {
        CAPTURE(rate);
        RandomStream random(stream_seed(1, "dropout test"));
        const at::Tensor y =
            dropout(at::ones({kValues}), rate, {.pass = Pass::kTraining, .random = &random});
        const double deviation = std::sqrt(rate / (1 - rate) / static_cast<double>(kValues));
        CHECK(std::abs(y.mean().item<double>() - 1) < 4 * deviation);
        const at::Tensor kept = y.masked_select(y.ne(0));
        CHECK(kept.min().item<float>() == static_cast<float>(1 / (1 - rate)));
        CHECK(kept.max().item<float>() == static_cast<float>(1 / (1 - rate)));
    }
}

TEST_CASE("dropout: a test drops nothing, and rate 0 draws nothing") {
    const at::Tensor x = at::arange(6, at::kFloat).reshape({2, 3});
    CHECK(dropout(x, 0.5, {}).is_same(x));
    CHECK(dropout(x, 0, {.pass = Pass::kTraining}).is_same(x));
    CHECK_THROWS_AS((void)dropout(x, 0.5, {.pass = Pass::kTraining}), std::logic_error);
}

TEST_CASE("dropout: passes gradients where values went through") {
    RandomStream random(3);
    at::Tensor x = at::ones({4, 5}).set_requires_grad(true);
    const at::Tensor y = dropout(x, 0.5, {.pass = Pass::kTraining, .random = &random});
    y.sum().backward();
    CHECK(x.grad().equal(y.detach()));
}

std::vector<float> values_of(const Parameters& parameters) {
    return {parameters->values().begin(), parameters->values().end()};
}

/// Trains an mlp on what one node draws in one round.
std::vector<float> trained(const std::string& model, const TrainingContext& context) {
    CpuLearner learner(
        model, test::random_classification(32, {6}, 3, 1), {.batch_size = 0, .local_steps = 3});
    const std::vector<std::int64_t> all = test::first_samples(32);
    TrainingState state;
    return values_of(learner.train(*learner.initial_parameters(1), all, state, context).parameters);
}

// Whole batches: the order of samples, which is drawn as well, does not matter.
TEST_CASE("dropout: what a model draws follows from seed, node and round alone") {
    const TrainingContext context{.seed = 3, .node = 2, .round = 7};
    const std::vector<float> first = trained("mlp:16,dropout=0.5", context);
    CHECK(trained("mlp:16,dropout=0.5", context) == first);
    CHECK(trained("mlp:16,dropout=0.5", {.seed = 4, .node = 2, .round = 7}) != first);
    CHECK(trained("mlp:16,dropout=0.5", {.seed = 3, .node = 1, .round = 7}) != first);
    CHECK(trained("mlp:16,dropout=0.5", {.seed = 3, .node = 2, .round = 8}) != first);
    const std::vector<float> without = trained("mlp:16", context);
    CHECK(without != first);
    CHECK(trained("mlp:16,dropout=0", {.seed = 4}) == without);
}

TEST_CASE("dropout: LibTorch's generator is left alone, and a test is what it is without") {
    const at::Tensor before = at::globalContext().defaultGenerator(at::kCPU).get_state();
    (void)trained("mlp:16,dropout=0.5", {});
    CHECK(at::globalContext().defaultGenerator(at::kCPU).get_state().equal(before));
    const DatasetPair data = test::random_classification(32, {6}, 3, 1);
    CpuLearner with("mlp:16,dropout=0.5", data, {});
    CpuLearner without("mlp:16", data, {});
    const Parameters start = with.initial_parameters(2);
    CHECK(with.evaluate(*start, 0).loss == without.evaluate(*start, 0).loss);
    CHECK_THROWS_WITH_AS(CpuLearner("mlp:16,dropout=1", data, {}),
                         "model mlp: dropout: not a number in range, got '1', allowed 0 ... 0.99",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
