// Expectation: on least squares with one full-batch step a round, D-PSGD is the matrix recursion
//     x_i(t+1) = sum_j w_ij (x_j(t) - lr * grad f_j(x_j(t))),    f_j(x) = 1/2 mean (x.a + b - y)^2,
// computed here in double precision straight from the data, over whatever network.

#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "tests/theory/least_squares.h"
#include "topologies/generators.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace {

using murmur::ExperimentOptions;
using murmur::test::gradient_step;
using murmur::test::kRoundOff;
using murmur::test::least_squares_options;
using murmur::test::Vector;

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
