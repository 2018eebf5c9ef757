// Expectation: Muffliato and Zip-DL are recursions over the models x_i, the noise that nodes draw
// and the weights W, computed here in double precision; and what they must keep, they keep.

#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "learning/privacy/gaussian_noise.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "tests/theory/least_squares.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using murmur::ExperimentOptions;
using murmur::ExperimentPlan;
using murmur::NodeId;
using murmur::Parameters;
using murmur::test::gradient_step;
using murmur::test::kRoundOff;
using murmur::test::least_squares_options;
using murmur::test::Vector;

std::uint64_t seed_of(const ExperimentOptions& options,
                      const char* protocol,
                      NodeId node,
                      std::uint64_t round) {
    return murmur::RandomStream(murmur::stream_seed(options.seed, protocol, node, round))();
}

/// Returns z of x + z, as float32 has it.
Vector noise_of(const Parameters& noisy) {
    return {noisy->values().begin(), noisy->values().end()};
}

Parameters zeros(std::size_t size) {
    return murmur::make_parameters(std::vector<float>(size));
}

void add(Vector& sum, double weight, const Vector& x) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] += weight * x[i];
    }
}

/// x <- W x.
std::vector<Vector> mixed(const ExperimentPlan& plan, const std::vector<Vector>& x) {
    std::vector<Vector> next;
    for (NodeId node = 0; node < x.size(); ++node) {
        const auto& row = plan.overlay.row(node, 0);
        next.emplace_back(x[node].size(), 0.0);
        add(next.back(), row.self, x[node]);
        for (const auto& [neighbor, weight] : row.neighbors) {
            add(next.back(), weight, x[neighbor]);
        }
    }
    return next;
}

murmur::RunResult run(const ExperimentOptions& options, std::vector<Parameters> initial = {}) {
    murmur::ExperimentInputs inputs;
    inputs.initial = std::move(initial);
    murmur::RunResult result = murmur::Experiment(options, std::move(inputs)).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    return result;
}

double largest_difference(const ExperimentOptions& options, const std::vector<Vector>& expected) {
    const auto result = run(options);
    double largest = 0;
    for (NodeId node = 0; node < options.nodes; ++node) {
        const auto values = result.parameters[node]->values();
        for (std::size_t i = 0; i < values.size(); ++i) {
            largest = std::max(largest, std::abs(values[i] - expected[node][i]));
        }
    }
    return largest;
}

std::vector<Vector> stepped(const ExperimentPlan& plan, std::vector<Vector> x) {
    for (NodeId node = 0; node < x.size(); ++node) {
        x[node] = gradient_step(
            x[node], plan.data.train->batch(plan.partition[node]), plan.options.training.lr);
    }
    return x;
}

std::vector<Vector> starts(const ExperimentPlan& plan) {
    const auto start = plan.initial.front()->values();
    return std::vector<Vector>(plan.options.nodes, Vector(start.begin(), start.end()));
}

/// Unlike models of eight nodes.
std::vector<Parameters> unlike_models(std::size_t size) {
    std::vector<Parameters> models;
    for (std::uint64_t node = 0; node < 8; ++node) {
        models.push_back(murmur::with_noise(*zeros(size), {}, 1, node));
    }
    return models;
}

Vector mean_of(const std::vector<Parameters>& models) {
    Vector mean(models.front()->size(), 0.0);
    for (const Parameters& model : models) {
        add(mean, 1 / static_cast<double>(models.size()), noise_of(model));
    }
    return mean;
}

double distance(const Vector& a, const Vector& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(a[i] - b[i]));
    }
    return largest;
}

}  // namespace

// x <- W^K (g(x) + z), a new z for each node and round.
TEST_CASE("theory: muffliato is noise on the trained model and K averagings") {
    ExperimentOptions options = least_squares_options();
    options.protocol = "muffliato:sigma=0.05,mixings=3";
    options.network = "flow";
    options.rounds = 6;
    const ExperimentPlan plan(options, {});
    std::vector<Vector> x = starts(plan);
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
        x = stepped(plan, x);
        for (NodeId node = 0; node < options.nodes; ++node) {
            add(x[node],
                1,
                noise_of(murmur::with_noise(
                    *zeros(6), {}, 0.05, seed_of(options, "muffliato", node, round))));
        }
        for (int k = 0; k < 3; ++k) {
            x = mixed(plan, x);
        }
    }
    CHECK(largest_difference(options, x) < kRoundOff);
}

// Without noise one averaging is D-PSGD's.  Each message has a note of 12 bytes, and there are K
// times as many.
TEST_CASE("theory: muffliato and zip-dl without noise are dpsgd, and their bytes are exact") {
    ExperimentOptions options = least_squares_options();
    options.network = "flow";
    options.rounds = 4;
    const murmur::RunResult dpsgd = run(options);
    for (const char* protocol : {"muffliato:sigma=0,mixings=1", "zip-dl:sigma=0"}) {
        CAPTURE(protocol);
        options.protocol = protocol;
        const murmur::RunResult result = run(options);
        for (NodeId node = 0; node < options.nodes; ++node) {
            CHECK(std::ranges::equal(result.parameters[node]->values(),
                                     dpsgd.parameters[node]->values()));
        }
    }
    options.protocol = "muffliato:sigma=0.1,mixings=5";
    const murmur::Summary summary = run(options).summary;
    CHECK(summary.messages == 8 * 3 * 4 * 5);
    CHECK(summary.bytes_content == summary.messages * (6 * 4 + 8 + 12));
    CHECK(summary.bytes_metadata == summary.messages * (8 + 12));
}

// x_i <- w_ii x_i + sum_j w_ij (x_j + z_ji), then W again for the second averaging.
TEST_CASE("theory: zip-dl gives each receiver noise of its own, in the first averaging alone") {
    ExperimentOptions options = least_squares_options();
    options.protocol = "zip-dl:sigma=0.05,mixings=2";
    options.network = "flow";
    options.rounds = 5;
    const ExperimentPlan plan(options, {});
    std::vector<Vector> x = starts(plan);
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
        x = stepped(plan, x);
        std::vector<Vector> next = mixed(plan, x);
        for (NodeId node = 0; node < options.nodes; ++node) {
            const auto& edges = plan.overlay.row(node, 0).neighbors;
            const murmur::ZeroSumNoise noise(std::vector<double>(edges.size(), 1.0),
                                             0.05,
                                             seed_of(options, "zip-dl", node, round));
            const Parameters mean = noise.mean({}, 6);
            for (std::size_t j = 0; j < edges.size(); ++j) {
                add(next[edges[j].neighbor],
                    edges[j].weight,
                    noise_of(noise.added(*zeros(6), *mean, {}, j)));
            }
        }
        x = mixed(plan, next);
    }
    CHECK(largest_difference(options, x) < kRoundOff);
}

// Averaging alone, from unlike models of order 1: W is doubly stochastic, so the mean stays to
// float32's rounding where the noise adds up to zero by the receivers' weights.
TEST_CASE("theory: zip-dl keeps the mean of all models where weights for a node are equal") {
    ExperimentOptions options = least_squares_options();
    options.training.local_steps = 0;
    options.rounds = 5;
    options.network = "ideal";
    const auto drift = [&](const std::string& topology, const std::string& protocol) {
        options.topology = topology;
        options.protocol = protocol;
        const std::vector<Parameters> initial = unlike_models(6);
        return distance(mean_of(run(options, initial).parameters), mean_of(initial));
    };
    CHECK(drift("regular:3", "zip-dl:sigma=0.5") < 1e-6);
    CHECK(drift("regular:3", "zip-dl:sigma=0.5,self-noise=true,zero-sum=weighted") < 1e-6);
    // Weights of a wheel's rim and hub differ: the trap.
    const std::string irregular = "small-world:4:0.3";
    CHECK(drift(irregular, "zip-dl:sigma=0.5") > 1e-3);
    CHECK(drift(irregular, "zip-dl:sigma=0.5,zero-sum=weighted") < 1e-6);
    // Muffliato's noise is in the mean.
    CHECK(drift("regular:3", "muffliato:sigma=0.5,mixings=3") > 1e-2);
}

TEST_CASE("theory: zip-dl refuses what its noise cannot be zero in") {
    const auto refusal = [](const auto& change) {
        ExperimentOptions options = least_squares_options();
        options.protocol = "zip-dl:sigma=0.1";
        change(options);
        try {
            const ExperimentPlan plan(options, {});
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(refusal([](auto& /*o*/) {}) == "accepted");
    CHECK(refusal([](auto& o) { o.topology = "star"; }) ==
          "--protocol: zip-dl:sigma=0.1 needs 2 receivers or more, node 1 has 1 in star, allowed "
          "overlays without such nodes, such as ring");
    CHECK(refusal([](auto& o) {
              o.topology = "star";
              o.protocol = "zip-dl:sigma=0.1,self-noise=true";
          }) == "accepted");
    CHECK(refusal([](auto& o) { o.sharing = "top-k:alpha=0.1"; }) ==
          "--sharing: got top-k:alpha=0.1 with --protocol=zip-dl:sigma=0.1, which sends each "
          "receiver another model, allowed full without a codec");
    CHECK(refusal([](auto& o) {
              o.codec = "lz4";
          }).starts_with("--sharing: got full with --codec=lz4 with --protocol=zip-dl"));
}
