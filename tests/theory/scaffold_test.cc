// Expectation: on unlike quadratics, several local steps take federated averaging to a wrong point,
// and SCAFFOLD to the optimum of all data.  The optimum is computed here in double precision, by
// steps over all data until they move nothing.

#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "tests/support/doctest.h"
#include "tests/theory/least_squares.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace {

using murmur::ExperimentOptions;
using murmur::NodeId;
using murmur::test::gradient_step;
using murmur::test::Vector;

/// Seven clients with four samples each for six parameters: their optima are far apart.
ExperimentOptions unlike_clients() {
    ExperimentOptions options = murmur::test::least_squares_options();
    options.dataset = "least-squares:features=5,samples=28,noise=1";
    options.training = {.batch_size = 0, .local_steps = 8, .lr = 0.05};
    options.rounds = 600;
    options.network = "ideal";
    options.eval_every = 100;
    return options;
}

/// Returns the minimum of the mean over the clients of their mean losses.
Vector optimum(const murmur::ExperimentPlan& plan) {
    Vector x(plan.initial.front()->size(), 0.0);
    for (int step = 0; step < 20'000; ++step) {
        Vector mean(x.size(), 0.0);
        for (NodeId client = 1; client < plan.options.nodes; ++client) {
            const Vector stepped =
                gradient_step(x, plan.data.train->batch(plan.partition[client]), 0.1);
            for (std::size_t i = 0; i < x.size(); ++i) {
                mean[i] += stepped[i] / (plan.options.nodes - 1);
            }
        }
        x = mean;
    }
    return x;
}

double distance_to_optimum(ExperimentOptions options, const std::string& protocol) {
    options.protocol = protocol;
    const murmur::ExperimentPlan plan(options, {});
    const Vector best = optimum(plan);
    const murmur::RunResult result = murmur::Experiment(options).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    double largest = 0;
    for (std::size_t i = 0; i < best.size(); ++i) {
        largest = std::max(largest, std::abs(result.parameters[0]->values()[i] - best[i]));
    }
    return largest;
}

}  // namespace

TEST_CASE("theory: scaffold reaches the optimum where fedavg with local steps is biased") {
    const ExperimentOptions options = unlike_clients();
    const double averaging = distance_to_optimum(options, "fedavg:clients=1,weights=uniform");
    CHECK(averaging > 0.01);
    CHECK(distance_to_optimum(options, "scaffold:clients=1") < 1e-5);
    // With three of seven clients a round, the controls of the others are old, not wrong.
    CHECK(distance_to_optimum(options, "scaffold:clients=0.4") < 1e-4);
}

// x <- x - eta K mean g_i(y on the way): the first round of both, as all controls are 0.
TEST_CASE("theory: scaffold's first round is that of fedavg") {
    ExperimentOptions options = unlike_clients();
    options.rounds = 1;
    options.protocol = "scaffold:clients=1";
    const auto corrected = murmur::Experiment(options).run();
    options.protocol = "fedavg:clients=1,weights=uniform";
    const auto averaged = murmur::Experiment(options).run();
    REQUIRE(corrected.summary.status == "complete");
    for (std::size_t i = 0; i < corrected.parameters[0]->size(); ++i) {
        CHECK(corrected.parameters[0]->values()[i] ==
              doctest::Approx(averaged.parameters[0]->values()[i]).epsilon(1e-5));
    }
    // Two models of 6 values and 8 bytes, to and from 7 clients.
    CHECK(corrected.summary.bytes_content == 2 * 7 * (2 * 4 * 6 + 8));
}
