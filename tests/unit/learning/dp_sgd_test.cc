#include "learning/privacy/dp_sgd.h"

#include "learning/cpu_learner.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using test::first_samples;
using Values = std::vector<float>;

Values values_of(const Parameters& parameters) {
    return {parameters->values().begin(), parameters->values().end()};
}

/// Two samples of two features: x = (1, 1, 0) has residuals 2 and 0, gradients 2 (1, 2, 1) and 0.
DatasetPair two_points() {
    const at::Tensor inputs = at::tensor(at::ArrayRef<float>{1, 2, 3, -1}).reshape({2, 2});
    const at::Tensor targets = at::tensor(at::ArrayRef<float>{1, 2});
    const auto data = std::make_shared<test::TensorDataset>(inputs, targets, 1);
    return {data, data};
}

/// Takes one call of training from `start` on the first `count` samples.
TrainingResult train(const std::string& model,
                     const DatasetPair& data,
                     const TrainingOptions& options,
                     const Parameters& start,
                     std::span<const std::int64_t> partition,
                     const TrainingContext& context = {}) {
    CpuLearner learner(model, data, options);
    TrainingState state;
    return learner.train(*start, partition, state, context);
}

// Expectation: |g| = 2 sqrt(6); the sum of clipped gradients is divided by the batch of 2.
TEST_CASE("dp-sgd: a step without noise is the closed form") {
    const Parameters start = make_parameters(Values{1, 1, 0});
    const auto step = [&](const std::string& privacy) {
        return train("linear",
                     two_points(),
                     {.batch_size = 0, .lr = 0.25, .privacy = privacy},
                     start,
                     first_samples(2));
    };
    const TrainingResult wide = step("dp-sgd:clip=100,noise=0");
    CHECK(values_of(wide.parameters) == Values{0.75F, 0.5F, -0.25F});
    CHECK(wide.mean_loss == 1.0);
    CHECK(wide.samples == 2);
    const Values clipped = values_of(step("dp-sgd:clip=3,noise=0").parameters);
    const double length = 0.25 * 3 / (2 * std::sqrt(6.0) + 1e-6);
    CHECK(clipped[0] == doctest::Approx(1 - length).epsilon(1e-6));
    CHECK(clipped[1] == doctest::Approx(1 - 2 * length).epsilon(1e-6));
    CHECK(clipped[2] == doctest::Approx(-length).epsilon(1e-6));
}

// Expectation: gradients of single samples are what plain steps on one sample each move by.
TEST_CASE("dp-sgd: each sample's gradient is clipped by its norm over all tensors") {
    for (const auto& [model, data] :
         {std::pair{"gn-lenet", test::random_classification(12, {3, 32, 32}, 10, 3)},
          std::pair{"mlp:16-8", test::random_classification(12, {20}, 5, 4)}}) {
        CAPTURE(std::string(model));
        CpuLearner plain(model, data, {.batch_size = 1, .local_steps = 1, .lr = 1});
        const Parameters start = plain.initial_parameters(5);
        std::vector<std::vector<double>> gradients;
        std::vector<double> norms;
        for (const std::int64_t sample : first_samples(12)) {
            TrainingState state;
            const std::vector<std::int64_t> one{sample};
            const auto after = plain.train(*start, one, state, {}).parameters;
            std::vector<double> g;
            double squares = 0;
            for (std::size_t i = 0; i < start->size(); ++i) {
                g.push_back(static_cast<double>(start->values()[i]) - after->values()[i]);
                squares += g.back() * g.back();
            }
            norms.push_back(std::sqrt(squares));
            gradients.push_back(std::move(g));
        }
        // So that half of the samples are clipped.
        std::vector<double> sorted = norms;
        std::ranges::sort(sorted);
        const double clip = (sorted[5] + sorted[6]) / 2;
        std::vector<double> expected(start->size());
        for (std::size_t sample = 0; sample < gradients.size(); ++sample) {
            const double factor = std::min(1.0, clip / (norms[sample] + 1e-6));
            for (std::size_t i = 0; i < expected.size(); ++i) {
                expected[i] += factor * gradients[sample][i] / 12;
            }
        }
        const auto got = train(
            model,
            data,
            {.batch_size = 0, .lr = 1, .privacy = fmt::format("dp-sgd:clip={},noise=0", clip)},
            start,
            first_samples(12));
        double error = 0;
        double length = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const double moved =
                static_cast<double>(start->values()[i]) - got.parameters->values()[i];
            error += (moved - expected[i]) * (moved - expected[i]);
            length += expected[i] * expected[i];
        }
        CHECK(std::sqrt(error / length) < 1e-4);
    }
}

// Expectation: the samples that the node's stream draws, as one plain batch whose mean is turned
// into a sum over the 8 that were expected.
TEST_CASE("dp-sgd: sums are divided by the batch that is expected, not by the one that was drawn") {
    const DatasetPair data = test::random_classification(64, {20}, 5, 4);
    const std::vector<std::int64_t> partition = first_samples(64);
    for (const std::uint64_t round : {0, 1, 2}) {
        const TrainingContext context{.seed = 3, .node = 2, .round = round};
        const TrainingOptions options{
            .batch_size = 8, .local_steps = 1, .lr = 0.5, .privacy = "dp-sgd:clip=1e6,noise=0"};
        const Parameters start = CpuLearner("softmax", data, options).initial_parameters(5);
        PoissonBatches batches(partition, 0.125, context.stream_seed("poisson"));
        const auto batch = batches.next();
        const std::vector<std::int64_t> drawn(batch.begin(), batch.end());
        REQUIRE_FALSE(drawn.empty());
        const TrainingResult got = train("softmax", data, options, start, partition, context);
        CHECK(got.samples == std::ssize(drawn));
        const TrainingOptions plain{
            .batch_size = 0, .local_steps = 1, .lr = 0.5 * static_cast<double>(drawn.size()) / 8};
        const auto expected = train("softmax", data, plain, start, drawn, context);
        CHECK(got.mean_loss == doctest::Approx(expected.mean_loss).epsilon(1e-5));
        for (std::size_t i = 0; i < start->size(); ++i) {
            CHECK(std::abs(got.parameters->values()[i] - expected.parameters->values()[i]) < 1e-6);
        }
    }
}

// Expectation: N(0, (sigma C / B)^2) on each parameter, with the same samples.
TEST_CASE("dp-sgd: noise comes once a step, of the stated deviation, on every parameter") {
    const DatasetPair data = test::random_classification(64, {500}, 10, 4);
    const std::vector<std::int64_t> partition = first_samples(64);
    TrainingOptions options{.batch_size = 8, .local_steps = 1, .lr = 1};
    options.privacy = "dp-sgd:clip=0.5,noise=0";
    const Parameters start = CpuLearner("softmax", data, options).initial_parameters(5);
    const Values without = values_of(train("softmax", data, options, start, partition).parameters);
    options.privacy = "dp-sgd:clip=0.5,noise=3";
    const auto noisy = [&](std::uint64_t seed) {
        return values_of(
            train("softmax", data, options, start, partition, {.seed = seed}).parameters);
    };
    const Values with = noisy(0);
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < with.size(); ++i) {
        const double z = static_cast<double>(with[i]) - without[i];
        sum += z;
        squares += z * z;
    }
    const auto n = static_cast<double>(with.size());
    const double deviation = 3 * 0.5 / 8;
    CHECK(std::abs(sum / n) < 4 * deviation / std::sqrt(n));
    CHECK(std::abs(squares / n - deviation * deviation) <
          4 * deviation * deviation * std::sqrt(2 / n));
    CHECK(with == noisy(0));
    CHECK(with != noisy(1));
}

// Expectation: binomial counts: within 4 deviations, but for one seed in 16,000.
TEST_CASE("dp-sgd: batches hold each sample with the same probability, independently") {
    const std::vector<std::int64_t> partition = first_samples(50);
    PoissonBatches batches(partition, 0.1, 9);
    constexpr int kBatches = 20'000;
    std::vector<double> counts(50);
    double squares = 0;
    double empty = 0;
    for (int k = 0; k < kBatches; ++k) {
        const auto batch = batches.next();
        CHECK(std::ranges::is_sorted(batch));
        for (const std::int64_t sample : batch) {
            ++counts[static_cast<std::size_t>(sample)];
        }
        const double size = static_cast<double>(batch.size()) - 5;
        squares += size * size;
        empty += batch.empty() ? 1 : 0;
    }
    for (const double count : counts) {
        CHECK(std::abs(count - 0.1 * kBatches) < 4 * std::sqrt(0.09 * kBatches));
    }
    CHECK(squares / kBatches == doctest::Approx(50 * 0.1 * 0.9).epsilon(0.05));
    const double chance = std::pow(0.9, 50);
    CHECK(std::abs(empty - chance * kBatches) < 4 * std::sqrt(chance * kBatches));
    CHECK(sampling_probability(50, 5) == 0.1);
    CHECK(sampling_probability(50, 0) == 1);
    CHECK(sampling_probability(50, 60) == 1);
}

TEST_CASE("dp-sgd: goes with any optimizer, also where a batch is empty") {
    const DatasetPair data = test::random_classification(40, {6}, 3, 1);
    const std::vector<std::int64_t> partition = first_samples(40);
    for (const char* optimizer : {"sgd:momentum=0.9", "adam", "rmsprop", "lion", "fedprox"}) {
        CAPTURE(optimizer);
        const TrainingOptions options{.batch_size = 1,
                                      .local_steps = 12,
                                      .optimizer = optimizer,
                                      .lr = 0.01,
                                      .clip = 0.5,
                                      .privacy = "dp-sgd:clip=1,noise=1"};
        CpuLearner learner("softmax", data, options);
        CHECK(learner.samples_per_call(40) == 12);
        CHECK(learner.steps_per_call(40) == 12);
        const Parameters start = learner.initial_parameters(1);
        TrainingState state;
        const TrainingResult got = learner.train(*start, partition, state, {.seed = 4});
        CHECK(got.steps == 12);
        CHECK(state.steps == 12);
        for (const float value : got.parameters->values()) {
            CHECK(std::isfinite(value));
        }
        CHECK(values_of(got.parameters) != values_of(start));
    }
}

TEST_CASE("dp-sgd: what it cannot be is refused in one line") {
    const auto refusal = [](const std::string& privacy, const std::string& model = "softmax") {
        try {
            CpuLearner(
                model, test::random_classification(8, {3, 32, 32}, 10, 1), {.privacy = privacy});
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(refusal("none") == "accepted");
    CHECK(refusal("dp-sgd:clip=1,noise=1", "gn-lenet") == "accepted");
    CHECK(
        refusal("dp-sgd:clip=1,noise=1", "resnet-8") ==
        "privacy: dp-sgd needs gradients of single samples, got --model=resnet-8, which has batch "
        "normalization or other buffers, allowed models without, such as gn-lenet");
    CHECK(refusal("dpsgd:clip=1").ends_with("did you mean dp-sgd?"));
    CHECK(
        refusal("dp-sgd:clip=1") ==
        "privacy dp-sgd: the noise is missing, allowed dp-sgd:clip=NORM,noise=SIGMA[,delta=1e-5]");
    CHECK(refusal("dp-sgd:clip=0,noise=1") == "privacy dp-sgd: clip: got 0, allowed above 0");
    CHECK(refusal("dp-sgd:clip=1,noise=1,delta=1") ==
          "privacy dp-sgd: delta: got 1, allowed above 0, below 1");
}

}  // namespace
}  // namespace murmur
