// Expectation: on unlike quadratics, several local steps take federated averaging to a wrong point,
// and SCAFFOLD to the optimum of all data.  The optimum is computed here in double precision, by
// steps over all data until they move nothing.

#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "tests/support/doctest.h"
#include "tests/theory/least_squares.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

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

/// Returns x after some rounds of all clients, with this rate in step k of a client's round r.
/// @param by_gradient  with the gradient at x for a client's new control, else by its update
Vector scaffold_recursion(const murmur::ExperimentPlan& plan,
                          const std::function<double(std::uint64_t r, std::int64_t k)>& rate,
                          bool by_gradient = false) {
    const auto start = plan.initial.front()->values();
    Vector x(start.begin(), start.end());
    Vector c(x.size(), 0.0);
    std::vector<Vector> controls(plan.options.nodes, c);
    for (std::uint64_t round = 0; round < plan.options.rounds; ++round) {
        Vector to_x(x.size(), 0.0);
        Vector to_c(x.size(), 0.0);
        for (NodeId client = 1; client < plan.options.nodes; ++client) {
            const murmur::Batch batch = plan.data.train->batch(plan.partition[client]);
            Vector& control = controls[client];
            Vector y = x;
            double rates = 0;
            for (std::int64_t k = 0; k < plan.options.training.local_steps; ++k) {
                const double lr = rate(round, k);
                rates += lr;
                y = gradient_step(y, batch, lr);
                for (std::size_t i = 0; i < y.size(); ++i) {
                    y[i] -= lr * (c[i] - control[i]);
                }
            }
            const Vector moved = gradient_step(x, batch, 1.0);
            for (std::size_t i = 0; i < y.size(); ++i) {
                const double change =
                    by_gradient ? x[i] - moved[i] - control[i] : (x[i] - y[i]) / rates - c[i];
                control[i] += change;
                to_c[i] += change / (plan.options.nodes - 1);
                to_x[i] += (y[i] - x[i]) / (plan.options.nodes - 1);
            }
        }
        for (std::size_t i = 0; i < x.size(); ++i) {
            x[i] += to_x[i];
            c[i] += to_c[i];
        }
    }
    return x;
}

}  // namespace

TEST_CASE("theory: scaffold reaches the optimum where fedavg with local steps is biased") {
    const ExperimentOptions options = unlike_clients();
    const double averaging = distance_to_optimum(options, "fedavg:clients=1,weights=uniform");
    CHECK(averaging > 0.01);
    CHECK(distance_to_optimum(options, "scaffold:clients=1") < 1e-5);
    // With three of seven clients a round, the controls of the others are old, not wrong.
    CHECK(distance_to_optimum(options, "scaffold:clients=0.4") < 1e-4);
    CHECK(distance_to_optimum(options, "scaffold:clients=1,control=gradient") < 1e-5);
    CHECK(distance_to_optimum(options, "scaffold:clients=0.4,control=gradient") < 1e-4);
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

TEST_CASE("theory: scaffold's controls are mean gradients under a schedule, too") {
    constexpr std::uint64_t kSteps = 8;
    const auto expect = [](const std::string& schedule, const auto& rate) {
        CAPTURE(schedule);
        ExperimentOptions options = unlike_clients();
        options.rounds = 5;
        options.training.schedule = schedule;
        options.protocol = "scaffold:clients=1";
        const Vector expected = scaffold_recursion(murmur::ExperimentPlan(options, {}), rate);
        const murmur::RunResult result = murmur::Experiment(options).run();
        REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(std::abs(result.parameters[0]->values()[i] - expected[i]) < 1e-5);
        }
    };
    expect("constant", [](std::uint64_t, std::int64_t) { return 0.05; });
    expect("hyperbolic:period=1", [](std::uint64_t round, std::int64_t) {
        return 0.05 / (1 + static_cast<double>(round));
    });
    expect("hyperbolic:period=2,unit=steps", [](std::uint64_t round, std::int64_t k) {
        return 0.05 / (1 + static_cast<double>(round * kSteps + static_cast<std::uint64_t>(k)) / 2);
    });
}

// A batch of all samples is the gradient that option I asks for; with batches of two it is not, and
// the pass over all of them is.
TEST_CASE("theory: scaffold's option I takes the gradient over all samples at the server's model") {
    ExperimentOptions options = unlike_clients();
    options.rounds = 5;
    options.protocol = "scaffold:clients=1,control=gradient";
    const Vector expected =
        scaffold_recursion(murmur::ExperimentPlan(options, {}),
                           [](std::uint64_t, std::int64_t) { return 0.05; },
                           true);
    const murmur::RunResult result = murmur::Experiment(options).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(std::abs(result.parameters[0]->values()[i] - expected[i]) < 1e-5);
    }
    // One more pass: 4 samples a client and round beside 8 steps of 4, by the clock as well.
    CHECK(result.rounds.back().samples == 5 * 7 * 8 * 4);
    options.protocol = "scaffold:clients=1";
    const double without = murmur::Experiment(options).run().summary.simulated_s;
    CHECK(result.summary.simulated_s > without);
    options.protocol = "scaffold:clients=1,control=gradient";
    options.training.privacy = "dp-sgd:clip=1,noise=1";
    CHECK_THROWS_WITH(murmur::Experiment{options},
                      doctest::Contains("which sends gradients as they are, allowed none"));
}
