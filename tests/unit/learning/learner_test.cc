#include "learning/cpu_learner.h"
#include "learning/models/model.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace murmur {
namespace {

using test::first_samples;
using Values = std::vector<float>;

Values values_of(const Parameters& parameters) {
    return {parameters->values().begin(), parameters->values().end()};
}

DatasetPair small_images() {
    return test::random_classification(64, {3, 32, 32}, 10, 3);
}

/// Two samples of two features, to be worked out by hand.
DatasetPair two_points() {
    const at::Tensor inputs = at::tensor(at::ArrayRef<float>{1, 2, 3, -1}).reshape({2, 2});
    const at::Tensor targets = at::tensor(at::ArrayRef<float>{1, 2});
    const auto data = std::make_shared<test::TensorDataset>(inputs, targets, 1);
    return {data, data};
}

// Expectation: x = (w, b) = (1, 1, 0) predicts 3 and 2 for targets 1 and 2, so the residuals are
// r = (2, 0).  Loss = mean r^2 / 2 = 1; gradient = mean r (features, 1) = (1, 2, 1).
TEST_CASE("learner: one full-batch least-squares step is the closed form") {
    CpuLearner learner("linear", two_points(), {.batch_size = 0, .lr = 0.25});
    TrainingState state;
    const Parameters start = make_parameters(Values{1, 1, 0});
    const TrainingResult result = learner.train(*start, first_samples(2), state, {.seed = 1});
    CHECK(values_of(result.parameters) == Values{0.75F, 0.5F, -0.25F});
    CHECK(result.mean_loss == 1.0);
    CHECK(result.samples == 2);
    CHECK(result.steps == 1);
    CHECK(values_of(start) == Values{1, 1, 0});
    CHECK(state.steps == 1);
}

TEST_CASE("learner: momentum lives in the node's state, unless it is reset") {
    const DatasetPair data = test::random_classification(16, {6}, 3, 1);
    const std::vector<std::int64_t> partition = first_samples(16);
    for (const bool reset : {false, true}) {
        CpuLearner learner("softmax",
                           data,
                           {.batch_size = 0, .lr = 0.1, .momentum = 0.5, .reset_optimizer = reset});
        const Parameters start = learner.initial_parameters(1);
        TrainingState used;
        const Parameters first = learner.train(*start, partition, used, {.seed = 1}).parameters;
        CHECK(used.steps == 1);
        ByteSink sink;
        used.optimizer->write(sink);
        CHECK(sink.written().size() == 8 + 4 * learner.num_parameters());
        TrainingState fresh;
        const Values continued =
            values_of(learner.train(*first, partition, used, {.seed = 2}).parameters);
        const Values restarted =
            values_of(learner.train(*first, partition, fresh, {.seed = 2}).parameters);
        CHECK((continued == restarted) == reset);
    }
}

// Expectation: x = (1, 1, 0) has the gradient (1, 2, 1), to which (-1, 2, 3) is added.
TEST_CASE("learner: a correction is added to every gradient") {
    CpuLearner learner("linear", two_points(), {.batch_size = 0, .lr = 0.25});
    const Parameters start = make_parameters(Values{1, 1, 0});
    const Parameters correction = make_parameters(Values{-1, 2, 3});
    TrainingState state;
    const auto result =
        learner.train(*start, first_samples(2), state, {.seed = 1, .correction = correction.get()});
    CHECK(values_of(result.parameters) == Values{1, 0, -1});
    CHECK(result.mean_loss == 1.0);
    const Parameters odd = make_parameters(Values{1});
    CHECK_THROWS_WITH_AS(
        (void)learner.train(*start, first_samples(2), state, {.correction = odd.get()}),
        "training: a correction of 1 values, allowed 3, the model's",
        std::invalid_argument);
}

/// Predicts the sum of two parameters, whose gradients LibTorch gives as one tensor.
class SumOfTwo final : public Model {
  public:
    SumOfTwo() {
        add_tensor({{1}, Constant{0.0}});
        add_tensor({{1}, Constant{0.0}});
    }
    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext& /*context*/) const override {
        return (parameters[0] + parameters[1]).expand({inputs.size(0), 1});
    }
};

// Expectation: 0 for targets 1 and 2 has the gradient -3/2 in both; 1 is added to each, once.
TEST_CASE("learner: a step may change the gradient of one parameter without that of another") {
    models().add({"sum-of-two", "of a test"},
                 [](const Options&, const Dataset&) { return std::make_unique<SumOfTwo>(); });
    CpuLearner learner("sum-of-two", two_points(), {.batch_size = 0, .lr = 1});
    const Parameters correction = make_parameters(Values{1, 1});
    TrainingState state;
    const auto result = learner.train(
        *make_parameters(Values{0, 0}), first_samples(2), state, {.correction = correction.get()});
    CHECK(values_of(result.parameters) == Values{0.5F, 0.5F});
}

TEST_CASE("learner: steps are counted from round to round") {
    CpuLearner learner("linear", two_points(), {.batch_size = 1, .local_steps = 3});
    TrainingState state;
    Parameters x = learner.initial_parameters(1);
    for (std::uint64_t round = 0; round < 4; ++round) {
        x = learner.train(*x, first_samples(2), state, {.round = round}).parameters;
    }
    CHECK(state.steps == 12);
    ByteSink sink;
    write_value(state, sink);
    ByteSource source(sink.written());
    CHECK(learner.read_state(source).steps == 12);
}

TEST_CASE("learner: a device that nobody has is refused") {
    CHECK(make_learner("linear", two_points(), {})->num_parameters() == 3);
    CHECK_THROWS_WITH_AS((void)make_learner("linear", two_points(), {}, "abacus"),
                         "device: unknown, got 'abacus', allowed cpu",
                         std::invalid_argument);
}

TEST_CASE("learner: parameters are counted as PyTorch counts them") {
    const auto count = [](const std::string& model, const DatasetPair& data) {
        return CpuLearner(model, data, {}).num_parameters();
    };
    CHECK(count("gn-lenet", small_images()) == 89'834);
    // 5*5*1*32+32 + 64 + 25'632 + 64 + 51'264 + 128 + (64*3*2)*4+4
    CHECK(count("gn-lenet", test::random_classification(4, {1, 24, 16}, 4, 1)) == 79'524);
    CHECK(count("mlp:128-64", test::random_classification(4, {784}, 10, 1)) == 109'386);
    CHECK(count("softmax", test::random_classification(4, {1, 28, 28}, 62, 1)) == 48'670);
    CHECK(count("linear", test::random_regression(4, 7, 1)) == 8);
}

// Expectation: forward 2 x multiply-adds, all three passes 3 times that.  GN-LeNet's convolutions
// take 25 x (1024 x 3 x 32 + 256 x 32 x 32 + 64 x 32 x 64) multiply-adds, its last layer 10,240.
TEST_CASE("learner: floating point operations of a sample") {
    CHECK(CpuLearner("gn-lenet", small_images(), {}).flops_per_sample() ==
          6.0 * (25.0 * (98'304 + 262'144 + 131'072) + 10'240));
    CHECK(CpuLearner("linear", test::random_regression(4, 7, 1), {}).flops_per_sample() == 42.0);
}

TEST_CASE("learner: start parameters are LibTorch's default initialization, seeded") {
    const CpuLearner learner("gn-lenet", small_images(), {});
    const Values start = values_of(learner.initial_parameters(5));
    CHECK(values_of(learner.initial_parameters(5)) == start);
    CHECK(values_of(learner.initial_parameters(6)) != start);
    // The first convolution: uniform within 1/sqrt(3 * 25), mean 0, variance bound^2 / 3.
    const double bound = 1.0 / std::sqrt(75.0);
    double sum = 0.0;
    double square_sum = 0.0;
    for (const float value : std::span(start).first(2400)) {
        CHECK(std::abs(value) <= bound);
        sum += value;
        square_sum += static_cast<double>(value) * value;
    }
    CHECK(std::abs(sum / 2400) < 4 * bound / std::sqrt(3.0 * 2400));
    CHECK(square_sum / 2400 == doctest::Approx(bound * bound / 3).epsilon(0.1));
    // Its normalization: ones, then zeros.
    CHECK(std::ranges::all_of(std::span(start).subspan(2432, 32), [](float v) { return v == 1; }));
    CHECK(std::ranges::all_of(std::span(start).subspan(2464, 32), [](float v) { return v == 0; }));
}

TEST_CASE("learner: initialization leaves LibTorch's global generator alone") {
    const at::Tensor before = at::globalContext().defaultGenerator(at::kCPU).get_state();
    CpuLearner learner("gn-lenet", small_images(), {});
    TrainingState state;
    (void)learner.train(*learner.initial_parameters(5), first_samples(8), state, {.seed = 1});
    CHECK(at::globalContext().defaultGenerator(at::kCPU).get_state().equal(before));
}

TEST_CASE("learner: the result depends on the arguments alone, not on the thread or the past") {
    const DatasetPair data = small_images();
    const TrainingOptions options{.batch_size = 8, .local_steps = 4, .lr = 0.05, .momentum = 0.9};
    const std::vector<std::int64_t> partition = first_samples(48);
    const auto train_once = [&](Learner& learner) {
        TrainingState state;
        const Parameters start = learner.initial_parameters(5);
        return values_of(learner.train(*start, partition, state, {.seed = 9}).parameters);
    };
    CpuLearner here("gn-lenet", data, options);
    const Values expected = train_once(here);
    CHECK(train_once(here) == expected);

    std::vector<Values> results(4);
    {
        std::vector<std::jthread> threads;
        for (Values& result : results) {
            threads.emplace_back([&] {
                CpuLearner learner("gn-lenet", data, options);
                (void)train_once(learner);
                result = train_once(learner);
            });
        }
    }
    for (const Values& result : results) {
        CHECK(result == expected);
    }
}

TEST_CASE("learner: steps and samples of a call") {
    const DatasetPair data = test::random_classification(10, {6}, 3, 1);
    const auto learner = [&](TrainingOptions options) {
        return CpuLearner("softmax", data, options);
    };
    const CpuLearner steps = learner({.batch_size = 4, .local_steps = 4});
    CHECK(steps.steps_per_call(10) == 4);
    CHECK(steps.samples_per_call(10) == 14);  // 4, 4, 2; 4
    CHECK(steps.samples_per_call(3) == 12);   // the whole partition four times
    const CpuLearner epochs = learner({.batch_size = 4, .local_epochs = 2});
    CHECK(epochs.steps_per_call(10) == 6);
    CHECK(epochs.samples_per_call(10) == 20);
    const CpuLearner whole = learner({.batch_size = 0, .local_steps = 3});
    CHECK(whole.steps_per_call(10) == 3);
    CHECK(whole.samples_per_call(10) == 30);
}

TEST_CASE("learner: train takes the steps and samples that it announces") {
    const DatasetPair data = test::random_classification(10, {6}, 3, 1);
    for (const TrainingOptions& options : {TrainingOptions{.batch_size = 4, .local_steps = 4},
                                           TrainingOptions{.batch_size = 4, .local_epochs = 2},
                                           TrainingOptions{.batch_size = 0, .local_steps = 3}}) {
        CpuLearner learner("softmax", data, options);
        TrainingState state;
        const TrainingResult result =
            learner.train(*learner.initial_parameters(1), first_samples(10), state, {.seed = 1});
        CHECK(result.steps == learner.steps_per_call(10));
        CHECK(result.samples == learner.samples_per_call(10));
    }
}

TEST_CASE("learner: a node without samples keeps its parameters") {
    CpuLearner learner("softmax", test::random_classification(10, {6}, 3, 1), {});
    TrainingState state;
    const Parameters start = learner.initial_parameters(1);
    const TrainingResult result = learner.train(*start, {}, state, {.seed = 1});
    CHECK(values_of(result.parameters) == values_of(start));
    CHECK(result.steps == 0);
    CHECK(result.samples == 0);
    CHECK(std::isnan(result.mean_loss));
}

TEST_CASE("learner: without local steps a node keeps its parameters") {
    CpuLearner learner("softmax", test::random_classification(10, {6}, 3, 1), {.local_steps = 0});
    TrainingState state;
    const Parameters start = learner.initial_parameters(1);
    const TrainingResult result = learner.train(*start, first_samples(10), state, {.seed = 1});
    CHECK(values_of(result.parameters) == values_of(start));
    CHECK(result.steps == 0);
}

TEST_CASE("learner: a diverged run shows as a NaN loss") {
    CpuLearner learner("gn-lenet", small_images(), {.local_steps = 1});
    TrainingState state;
    const Values nan(learner.num_parameters(), NAN);
    const auto result = learner.train(*make_parameters(nan), first_samples(8), state, {.seed = 1});
    CHECK(std::isnan(result.mean_loss));
    CHECK(std::isnan(learner.evaluate(*result.parameters, 8).loss));
}

// Expectation: (1, 1, 0) predicts 3 and 2 for 1 and 2; squared errors 4 and 0, halved and averaged.
TEST_CASE("learner: evaluation of a regression") {
    CpuLearner learner("linear", two_points(), {});
    const EvaluationResult result = learner.evaluate(*make_parameters(Values{1, 1, 0}), 0);
    CHECK(result.loss == 1.0);
    CHECK(std::isnan(result.accuracy));
    CHECK(result.samples == 2);
}

// Expectation: with all parameters zero but one bias, every sample is taken for that class, with
// probability e / (e + 2).
TEST_CASE("learner: evaluation of a classification counts and averages over uneven batches") {
    const DatasetPair data = test::random_classification(300, {6}, 3, 1);
    CpuLearner learner("softmax", data, {});
    Values parameters(learner.num_parameters(), 0.0F);
    parameters[6 * 3 + 1] = 1.0F;
    for (const std::int64_t samples : {0, 1, 200, 299, 1000}) {
        const EvaluationResult result = learner.evaluate(*make_parameters(parameters), samples);
        const std::int64_t tested = samples == 0 || samples > 300 ? 300 : samples;
        const auto hits = std::ranges::count(data.test->labels().first(tested), 1);
        const double accuracy = static_cast<double>(hits) / static_cast<double>(tested);
        CHECK(result.samples == tested);
        CHECK(result.accuracy == doctest::Approx(accuracy));
        CHECK(result.loss == doctest::Approx(std::log(std::exp(1.0) + 2) - accuracy).epsilon(1e-6));
    }
}

// A learning rate far from where the loss jumps: the way down must not hang on a CPU's rounding.
TEST_CASE("learner: gn-lenet learns random images by heart") {
    const DatasetPair data = test::random_classification(16, {3, 16, 16}, 4, 2);
    CpuLearner learner("gn-lenet", data, {.batch_size = 8, .local_steps = 60, .lr = 0.01});
    TrainingState state;
    const auto result =
        learner.train(*learner.initial_parameters(1), first_samples(16), state, {.seed = 1});
    const EvaluationResult learnt = learner.evaluate(*result.parameters, 0);
    CHECK(learnt.accuracy == 1.0);
    CHECK(learnt.loss < 0.05);
}

}  // namespace
}  // namespace murmur
