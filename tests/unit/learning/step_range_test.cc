#include "learning/cpu_learner.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <numeric>
#include <vector>

namespace murmur {
namespace {

// 30 samples in batches of 8: passes of 8, 8, 8 and 6.
TEST_CASE("a round trained in parts is the round trained at once") {
    const TrainingOptions options{
        .batch_size = 8, .local_steps = 7, .optimizer = "adam", .lr = 0.01};
    CpuLearner learner("linear", test::random_regression(30, 3, 2), options);
    std::vector<std::int64_t> all(30);
    std::iota(all.begin(), all.end(), 0);
    const TrainingContext round{.seed = 5, .node = 1, .round = 3};
    TrainingState state;
    const Parameters start = make_parameters(std::vector<float>(4, 0.5F));
    const TrainingResult whole = learner.train(*start, all, state, round);
    CHECK(learner.samples_per_call(30) == 30 + 24);

    TrainingState of_parts;
    Parameters model = start;
    double loss = 0;
    for (const StepRange& steps :
         {StepRange{.count = 2}, StepRange{.first = 2, .count = 4}, StepRange{.first = 6}}) {
        TrainingContext part = round;
        part.steps = steps;
        const TrainingResult result = learner.train(*model, all, of_parts, part);
        CHECK(result.samples == learner.samples_of(30, steps));
        loss += result.mean_loss * static_cast<double>(result.samples);
        model = result.parameters;
    }
    CHECK(std::vector<float>(model->values().begin(), model->values().end()) ==
          std::vector<float>(whole.parameters->values().begin(), whole.parameters->values().end()));
    CHECK(loss == doctest::Approx(whole.mean_loss * 54).epsilon(1e-9));
    CHECK(of_parts.steps == 7);
    CHECK(learner.samples_of(30, {.first = 3, .count = 2}) == 6 + 8);
    CHECK(learner.samples_of(30, {.first = 9}) == 0);
}

}  // namespace
}  // namespace murmur
