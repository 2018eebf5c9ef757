#include "learning/goal.h"

#include "learning/cpu_learner.h"
#include "learning/models/model.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <ATen/ATen.h>

#include <cmath>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace murmur {
namespace {

at::Tensor logits() {
    return at::tensor(at::ArrayRef<float>{0, 1, 2, 3, 0, 0}).reshape({2, 3});
}

// Expectation: -log softmax of the right class, in double.
TEST_CASE("goal: classification is cross entropy and the share of right classes") {
    const Goal& goal = classification();
    const at::Tensor targets = at::tensor(at::ArrayRef<std::int64_t>{2, 1});
    const double first = std::log(std::exp(0.0) + std::exp(1.0) + std::exp(2.0)) - 2;
    const double second = std::log(std::exp(3.0) + 2) - 0;
    CHECK(goal.loss(logits(), targets).item<double>() ==
          doctest::Approx((first + second) / 2).epsilon(1e-6));
    CHECK(goal.metric() == "accuracy");
    CHECK(goal.metric_sum(logits(), targets) == 1);
    CHECK(goal.metric_of(3, 4, 0) == 0.75);
    const DatasetPair data = test::random_classification(4, {6}, 3, 1);
    CHECK(goal.describe(*data.train) == "3 classes");
    CHECK(goal.output_shape(*data.train) == std::vector<std::int64_t>{3});
}

TEST_CASE("goal: regression is half the mean square, and has no metric") {
    const Goal& goal = regression();
    const at::Tensor outputs = at::tensor(at::ArrayRef<float>{1, 5}).reshape({2, 1});
    const at::Tensor targets = at::tensor(at::ArrayRef<float>{2, 2});
    CHECK(goal.loss(outputs, targets).item<double>() == (1 + 9) / 4.0);
    CHECK(goal.metric().empty());
    CHECK(std::isnan(goal.metric_of(0, 4, 1)));
    CHECK(goal == regression());
    CHECK_FALSE(goal == classification());
}

/// What each token of a text is, from those before it: targets [batch, context] int64, outputs
/// [batch, context, vocabulary]; mean cross entropy over all positions, and its exponential.
class Tokens final : public Goal {
  public:
    std::string_view name() const override { return "tokens"; }
    std::string describe(const Dataset& data) const override {
        return std::to_string(data.num_classes()) + " tokens";
    }
    std::vector<std::int64_t> output_shape(const Dataset& data) const override {
        return {data.sample_shape().front(), data.num_classes()};
    }
    at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const override {
        return at::cross_entropy_loss(outputs.flatten(0, 1), targets.flatten());
    }
    std::string_view metric() const override { return "perplexity"; }
    double metric_of(double /*sum*/, std::int64_t /*samples*/, double mean_loss) const override {
        return std::exp(mean_loss);
    }
};

/// Texts that count: 0 1 2 3 0 1 ..., each from its own beginning.
class Counting final : public Dataset {
  public:
    static constexpr std::int64_t kContext = 6;
    static constexpr std::int64_t kVocabulary = 4;

    std::int64_t size() const override { return 40; }
    const Goal& goal() const override {
        static const Tokens tokens;
        return tokens;
    }
    std::vector<std::int64_t> sample_shape() const override { return {kContext}; }
    std::int64_t num_classes() const override { return kVocabulary; }
    std::vector<std::int64_t> input_ranges() const override { return {kVocabulary}; }
    std::span<const std::int64_t> labels() const override { return {}; }
    Batch batch(std::span<const std::int64_t> indices) const override {
        const at::Tensor begin =
            at::tensor(at::ArrayRef(indices.data(), indices.size()), at::kLong);
        const at::Tensor texts =
            begin.unsqueeze(1).add(at::arange(kContext + 1, at::kLong)).remainder(kVocabulary);
        return {texts.narrow(1, 0, kContext), texts.narrow(1, 1, kContext)};
    }
};

/// The logits of the next token, by the present one alone: [vocabulary, vocabulary].
class Bigram final : public Model {
  public:
    explicit Bigram(std::int64_t vocabulary) {
        add_tensor({{vocabulary, vocabulary}, Constant{0.0}});
    }
    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext& /*context*/) const override {
        return at::embedding(parameters[0], inputs);
    }
};

// Expectation: all logits 0 take each of four tokens for as likely: loss log 4, perplexity 4.  The
// next token follows from the present one, so that training takes the perplexity to 1.
TEST_CASE("goal: a dataset may have one of its own, with targets of another shape") {
    models().add({"bigram", "of a test"}, [](const Options&, const Dataset& data) {
        return std::make_unique<Bigram>(data.num_classes());
    });
    const auto data = std::make_shared<Counting>();
    CpuLearner learner("bigram", {data, data}, {.batch_size = 0, .local_steps = 200, .lr = 4});
    const Parameters start = learner.initial_parameters(1);
    const EvaluationResult before = learner.evaluate(*start, 0);
    CHECK(before.loss == doctest::Approx(std::log(4.0)).epsilon(1e-6));
    CHECK(before.accuracy == doctest::Approx(4).epsilon(1e-6));
    const std::vector<std::int64_t> all = test::first_samples(40);
    TrainingState state;
    const EvaluationResult after =
        learner.evaluate(*learner.train(*start, all, state, {}).parameters, 0);
    CHECK(after.loss < 0.05);
    CHECK(after.accuracy == doctest::Approx(std::exp(after.loss)).epsilon(1e-9));
    CHECK(describe({data, data}) == "40 training and 40 test samples of 6 indices, 4 tokens");
}

}  // namespace
}  // namespace murmur
