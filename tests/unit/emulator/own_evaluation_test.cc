// Nodes that test themselves on data of their own.
#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

ExperimentOptions skewed() {
    ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 3;
    options.dataset = "synthetic:train=200,test=50,size=8";
    options.partition = "shards:2";
    options.model = "softmax";
    options.network = "ideal";
    options.clock = "modelled:1ms";
    options.workers = 2;
    options.eval_every = 1;
    options.evaluate = "both";
    options.quiet = true;
    return options;
}

// Expectation: the last row's figures are those of the final models on the samples that each node
// held back, and on the common test set.
TEST_CASE("nodes test themselves on what they held back") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = skewed();
    options.out = (folder.path() / "run").string();
    const RunResult result = Experiment(options).run();
    REQUIRE(result.summary.status == "complete");

    options.out.clear();
    ExperimentPlan plan(options, {});
    REQUIRE(plan.own_test.has_value());
    double own_loss = 0;
    double own_accuracy = 0;
    double loss = 0;
    for (std::size_t node = 0; node < 4; ++node) {
        CHECK(plan.partition[node].size() == 40);
        CHECK(plan.own_test->samples[node].size() == 10);
        const EvaluationResult own = plan.learners.of(0).evaluate(
            *result.parameters[node], DataPart::kTraining, plan.own_test->samples[node]);
        own_loss += own.loss / 4;
        own_accuracy += own.accuracy / 4;
        loss += plan.learners.of(0).evaluate(*result.parameters[node], 0).loss / 4;
    }
    CHECK(result.summary.mean_own_test_loss == doctest::Approx(own_loss).epsilon(1e-12));
    CHECK(result.summary.mean_own_test_accuracy == doctest::Approx(own_accuracy).epsilon(1e-12));
    CHECK(result.summary.mean_test_loss == doctest::Approx(loss).epsilon(1e-12));
    const std::string metrics = folder.read("run/metrics.csv");
    CHECK(metrics.find(",tokens_learnt,own_test_loss,own_test_accuracy,own_test_samples\n") !=
          std::string::npos);
    CHECK(folder.read("run/rounds.csv").find(",own_test_accuracy_mean,") != std::string::npos);
    CHECK(folder.read("run/summary.json").find("\"mean_own_test_loss\"") != std::string::npos);
}

TEST_CASE("own tests alone leave the figures of the common test set empty") {
    ExperimentOptions options = skewed();
    options.evaluate = "own";
    options.own_test = "0.5";
    const RunResult own = Experiment(options).run();
    CHECK(own.summary.status == "complete");
    CHECK(std::isnan(own.summary.mean_test_loss));
    CHECK(std::isfinite(own.summary.mean_own_test_loss));
    // Observing changes nothing: the same training gives the same models.
    options.evaluate = "both";
    CHECK(Experiment(options).run().summary.parameter_hash == own.summary.parameter_hash);
}

TEST_CASE("without own tests a run's files are as they were") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = skewed();
    options.evaluate = "global";
    options.out = (folder.path() / "run").string();
    CHECK(Experiment(options).run().summary.status == "complete");
    CHECK(folder.read("run/metrics.csv").find("own") == std::string::npos);
    CHECK(folder.read("run/summary.json").find("own") == std::string::npos);
}

TEST_CASE("what own tests cannot be is refused") {
    const auto refusal_of = [](const std::string& evaluate, const std::string& own_test) {
        ExperimentOptions options = skewed();
        options.evaluate = evaluate;
        options.own_test = own_test;
        try {
            const ExperimentPlan plan(options, {});
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(refusal_of("own", "0.3") == "accepted");
    CHECK(refusal_of("local", "auto") ==
          "--evaluate: unknown, got 'local', allowed global, own, both; did you mean global?");
    CHECK(refusal_of("both", "1") == "--own-test: got 1, allowed auto, or a share in (0, 1)");
    CHECK(refusal_of("both", "0") == "--own-test: got 0, allowed auto, or a share in (0, 1)");
    CHECK(refusal_of("global", "0.2") ==
          "--own-test: got 0.2, allowed auto with --evaluate=global");
}

}  // namespace
}  // namespace murmur
