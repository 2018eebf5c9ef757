// Expectation: on least squares with one full-batch step a round, D-PSGD is the matrix recursion
//     x_i(t+1) = sum_j w_ij (x_j(t) - lr * grad f_j(x_j(t))),    f_j(x) = 1/2 mean (x.a + b - y)^2,
// computed here in double precision straight from the data, over whatever network.

#include "emulator/experiment.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "topologies/generators.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace {

using murmur::ExperimentOptions;

ExperimentOptions least_squares_options() {
    ExperimentOptions options;
    options.nodes = 8;
    options.topology = "regular:3";
    options.rounds = 20;
    options.dataset = "least-squares:features=5,samples=80";
    options.model = "linear";
    options.training = {.batch_size = 0, .local_steps = 1, .lr = 0.1};
    options.clock = "modelled:1ms,jitter=0.3";
    options.rate = "uniform:1Mbps:20Mbps";
    options.workers = 2;
    options.quiet = true;
    return options;
}

using Vector = std::vector<double>;

/// One node's gradient step x - lr * grad f(x), on all of its samples.
Vector gradient_step(const Vector& x, const murmur::Batch& batch, double lr) {
    const auto inputs = batch.inputs.accessor<float, 2>();
    const auto targets = batch.targets.accessor<float, 1>();
    const std::size_t features = x.size() - 1;
    Vector gradient(x.size(), 0.0);
    for (std::int64_t sample = 0; sample < inputs.size(0); ++sample) {
        double error = x[features] - targets[sample];
        for (std::size_t i = 0; i < features; ++i) {
            error += x[i] * inputs[sample][static_cast<std::int64_t>(i)];
        }
        for (std::size_t i = 0; i < features; ++i) {
            gradient[i] += error * inputs[sample][static_cast<std::int64_t>(i)];
        }
        gradient[features] += error;
    }
    Vector next = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
        next[i] -= lr * gradient[i] / static_cast<double>(inputs.size(0));
    }
    return next;
}

/// The recursion, from the same data, overlay and start as the experiment's.
std::vector<Vector> recursion(const ExperimentOptions& options) {
    const murmur::ExperimentPlan plan(options, {});
    const auto start = plan.initial.front()->values();
    std::vector<Vector> x(options.nodes, Vector(start.begin(), start.end()));
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
        std::vector<Vector> stepped;
        for (murmur::NodeId node = 0; node < options.nodes; ++node) {
            const murmur::Batch batch = plan.data.train->batch(plan.partition[node]);
            stepped.push_back(gradient_step(x[node], batch, options.training.lr));
        }
        for (murmur::NodeId node = 0; node < options.nodes; ++node) {
            const murmur::MixingMatrix::Row& row = plan.overlay.row(node, round);
            for (std::size_t i = 0; i < start.size(); ++i) {
                x[node][i] = row.self * stepped[node][i];
                for (const murmur::NeighborWeight& edge : row.neighbors) {
                    x[node][i] += edge.weight * stepped[edge.neighbor][i];
                }
            }
        }
    }
    return x;
}

double largest_difference(const ExperimentOptions& options) {
    const std::vector<Vector> expected = recursion(options);
    const murmur::RunResult result = murmur::Experiment(options).run();
    REQUIRE(result.summary.status == "complete");
    double largest = 0;
    for (murmur::NodeId node = 0; node < options.nodes; ++node) {
        const auto values = result.parameters[node]->values();
        REQUIRE(values.size() == expected[node].size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            largest = std::max(largest, std::abs(values[i] - expected[node][i]));
        }
    }
    return largest;
}

/// 20 rounds of a handful of float32 operations on values of order 1.
constexpr double kRoundOff = 2e-6;

}  // namespace

TEST_CASE("theory: D-PSGD over ideal is the matrix recursion") {
    ExperimentOptions options = least_squares_options();
    options.network = "ideal";
    CHECK(largest_difference(options) < kRoundOff);
}

TEST_CASE("theory: D-PSGD over tcp is the matrix recursion") {
    ExperimentOptions options = least_squares_options();
    options.network = "tcp";
    CHECK(largest_difference(options) < kRoundOff);
}

TEST_CASE("theory: D-PSGD over p2p links with max-degree weights is the matrix recursion") {
    ExperimentOptions options = least_squares_options();
    options.topology = "star";
    options.weights = "max-degree";
    options.underlay = "p2p";
    CHECK(largest_difference(options) < kRoundOff);
}

TEST_CASE("theory: uniform weights, whose columns do not sum to 1, are applied by row") {
    ExperimentOptions options = least_squares_options();
    options.topology = "barabasi-albert:2";
    options.weights = "uniform";
    options.network = "ideal";
    CHECK(largest_difference(options) < kRoundOff);
}

// On a ring all weights are 1/3, and averaging alone shrinks the eigenvector cos(2 pi i / n) by
// 1/3 + 2/3 cos(2 pi / n) each round.
TEST_CASE("theory: averaging on a ring contracts by the second eigenvalue") {
    ExperimentOptions options = least_squares_options();
    options.nodes = 16;
    options.topology = "ring";
    options.network = "ideal";
    options.training.local_steps = 0;
    options.rounds = 25;
    const double theta = 2 * M_PI / options.nodes;
    murmur::ExperimentInputs inputs;
    for (murmur::NodeId node = 0; node < options.nodes; ++node) {
        const std::vector<float> start(6, static_cast<float>(std::cos(theta * node)));
        inputs.initial.push_back(murmur::make_parameters(start));
    }
    const murmur::RunResult result = murmur::Experiment(options, inputs).run();
    REQUIRE(result.summary.status == "complete");
    const double factor = std::pow((1 + 2 * std::cos(theta)) / 3, options.rounds);
    for (murmur::NodeId node = 0; node < options.nodes; ++node) {
        CHECK(result.parameters[node]->values()[0] ==
              doctest::Approx(factor * std::cos(theta * node)).epsilon(1e-5));
    }
}
