#include "learning/cpu_learner.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <cstdint>
#include <vector>

namespace murmur {
namespace {

/// Trains a round of 7 steps on 30 samples at once and in three parts, and checks that they agree.
void check_parts(const TrainingOptions& options) {
    CAPTURE(options.privacy);
    CpuLearner learner("linear", test::random_regression(30, 3, 2), options);
    const std::vector<std::int64_t> all = test::first_samples(30);
    const TrainingContext round{.seed = 5, .node = 1, .round = 3};
    TrainingState state;
    const Parameters start = make_parameters(std::vector<float>(4, 0.5F));
    const TrainingResult whole = learner.train(*start, all, state, round);

    TrainingState of_parts;
    Parameters model = start;
    double loss = 0;
    std::int64_t samples = 0;
    for (const StepRange& steps :
         {StepRange{.count = 2}, StepRange{.first = 2, .count = 4}, StepRange{.first = 6}}) {
        TrainingContext part = round;
        part.steps = steps;
        const TrainingResult result = learner.train(*model, all, of_parts, part);
        if (options.privacy == "none") {
            CHECK(result.samples == learner.samples_of(30, steps));
        }
        samples += result.samples;
        loss += result.mean_loss * static_cast<double>(result.samples);
        model = result.parameters;
    }
    CHECK(std::vector<float>(model->values().begin(), model->values().end()) ==
          std::vector<float>(whole.parameters->values().begin(), whole.parameters->values().end()));
    CHECK(samples == whole.samples);
    CHECK(loss == doctest::Approx(whole.mean_loss * static_cast<double>(samples)).epsilon(1e-9));
    CHECK(of_parts.steps == 7);
}

// 30 samples in batches of 8: passes of 8, 8, 8 and 6.
TEST_CASE("a round trained in parts is the round trained at once") {
    const TrainingOptions options{
        .batch_size = 8, .local_steps = 7, .optimizer = "adam", .lr = 0.01};
    check_parts(options);
    const CpuLearner learner("linear", test::random_regression(30, 3, 2), options);
    CHECK(learner.samples_per_call(30) == 30 + 24);
    CHECK(learner.samples_of(30, {.first = 3, .count = 2}) == 6 + 8);
    CHECK(learner.samples_of(30, {.first = 9}) == 0);
}

TEST_CASE("a private round trained in parts draws the samples and the noise of the whole one") {
    check_parts({.batch_size = 8,
                 .local_steps = 7,
                 .optimizer = "adam",
                 .lr = 0.01,
                 .privacy = "dp-sgd:clip=1,noise=0.5"});
}

}  // namespace
}  // namespace murmur
