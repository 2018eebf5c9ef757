// Expectation: with one full-batch step a round on least squares, nodes with unlike data come to
// the optimum of all data by gradient tracking, D2, exact diffusion, EXTRA and RelaySum, and stop
// beside it by D-PSGD and QG-DSGDm, at the same point: momentum changes the way, not the end.

#include "emulator/protocols/push_sum.h"
#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "learning/least_squares.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/theory/least_squares.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using murmur::ExperimentInputs;
using murmur::ExperimentOptions;
using murmur::NodeId;
using murmur::RunResult;
using murmur::test::Vector;

ExperimentOptions many_rounds(const std::string& protocol) {
    ExperimentOptions options = murmur::test::least_squares_options();
    // Parts of equal size, so that the mean of the nodes' losses is the loss of all data.
    options.dataset = "least-squares:features=3,samples=40,noise=0.5";
    options.protocol = protocol;
    options.network = "ideal";
    options.link_bins = 0;
    options.rounds = 800;
    options.eval_every = 1000;
    options.eval_nodes = "1";
    options.workers = 1;
    return options;
}

std::vector<Vector> run(const ExperimentOptions& options, ExperimentInputs inputs = {}) {
    const RunResult result = murmur::Experiment(options, std::move(inputs)).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    std::vector<Vector> models;
    for (const murmur::Parameters& parameters : result.parameters) {
        models.emplace_back(parameters->values().begin(), parameters->values().end());
    }
    return models;
}

double distance(const Vector& a, const Vector& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(a[i] - b[i]) / std::max(1.0, std::abs(b[i])));
    }
    return largest;
}

/// Returns the largest distance of a node's model from the optimum.
double error_of(const ExperimentOptions& options) {
    const murmur::ExperimentPlan plan(options, {});
    const Vector optimum = murmur::least_squares_solution(*plan.data.train);
    double largest = 0;
    for (const Vector& model : run(options)) {
        largest = std::max(largest, distance(model, optimum));
    }
    return largest;
}

/// A step of 0.1 moves by float32's rounding, about 6e-8 of 1, where the gradient is below 6e-7.
/// BEER, gt's forms `qg` and `diging` and d2's `qg` come no nearer with larger steps: the first is
/// slower with them, the next diverge, and the last adds up what rounding leaves.
constexpr double kAtOptimum = 3e-6;
/// The same with steps of 0.5, of which 1.2e-7 is left.
constexpr double kAtOptimumOfLargeSteps = 1e-6;

/// The same on 40 samples a node, with which all curvatures are near 1, with large steps.
ExperimentOptions large_steps(const std::string& protocol, std::uint64_t seed) {
    ExperimentOptions options = many_rounds(protocol);
    options.dataset = "least-squares:features=3,samples=320,noise=1";
    options.seed = seed;
    options.training.lr = 0.5;
    options.rounds = 200;
    return options;
}

}  // namespace

TEST_CASE("theory: methods that correct for unlike data come to the optimum of all data") {
    for (const char* protocol : {"gt",
                                 "gt:form=qg",
                                 "gt:form=qg,momentum=0.5",
                                 "gt:form=diging",
                                 "d2:mixing=half",
                                 "d2:form=exact-diffusion",
                                 "d2:form=qg,mixing=half",
                                 "extra"}) {
        CAPTURE(protocol);
        CHECK(error_of(many_rounds(protocol)) < kAtOptimum);
    }
    ExperimentOptions tree = many_rounds("relaysgd");
    tree.topology = "spanning-tree:regular:3";
    // Each model is a mean of older ones, so that steps follow each other more slowly.
    tree.training.lr = 0.3;
    tree.rounds = 1600;
    CHECK(error_of(tree) < kAtOptimum);
}

TEST_CASE("theory: with large steps these come nearer to the optimum, on any data that are drawn") {
    for (const std::uint64_t seed : {1, 2, 3}) {
        CAPTURE(seed);
        CHECK(error_of(large_steps("dpsgd", seed)) > 1e-2);
        for (const char* protocol : {"gt", "d2:mixing=half", "d2:form=exact-diffusion", "extra"}) {
            CAPTURE(protocol);
            CHECK(error_of(large_steps(protocol, seed)) < kAtOptimumOfLargeSteps);
        }
        ExperimentOptions tree = large_steps("relaysgd", seed);
        tree.topology = "spanning-tree:regular:3";
        tree.rounds = 400;
        CHECK(error_of(tree) < kAtOptimumOfLargeSteps);
        // The step is along the y that is not mixed yet: no larger one converges on these data.
        ExperimentOptions tracked = large_steps("gt:form=qg,momentum=0.5", seed);
        tracked.training.lr = 0.1;
        tracked.rounds = 400;
        CHECK(error_of(tracked) < kAtOptimumOfLargeSteps);
    }
}

TEST_CASE("theory: BEER comes to the optimum of all data, whatever it leaves out of a message") {
    for (const char* protocol : {"beer:alpha=0.25,gamma=0.2", "beer:alpha=1,gamma=1"}) {
        CAPTURE(protocol);
        ExperimentOptions options = many_rounds(protocol);
        options.rounds = 2000;
        CHECK(error_of(options) < kAtOptimum);
    }
}

// Who dies before it has sent anything leaves no trace: both methods come to the optimum of the
// data of those that are left, by ways of their own.
TEST_CASE("theory: BEER comes to the optimum of the living, as gradient tracking does") {
    const auto models_of = [](const std::string& protocol) {
        ExperimentOptions options = many_rounds(protocol);
        options.rounds = 2000;
        options.crash = "0.25@1us";
        return run(options);
    };
    const std::vector<Vector> tracked = models_of("gt");
    const std::vector<Vector> beer = models_of("beer:alpha=0.5,gamma=0.3");
    const murmur::ExperimentPlan plan(many_rounds("gt"), {});
    const Vector of_all = murmur::least_squares_solution(*plan.data.train);
    // The dead are where they began, which is one point.
    const auto is_dead = [&](std::size_t node) { return distance(tracked[node], beer[node]) == 0; };
    std::size_t dead = 0;
    for (std::size_t node = 0; node < tracked.size(); ++node) {
        if (is_dead(node)) {
            ++dead;
            continue;
        }
        CHECK(distance(beer[node], tracked[node]) < 4 * kAtOptimum);
        CHECK(distance(beer[node], of_all) > 1e-3);
    }
    CHECK(dead == 2);
}

// With one entry of four of each vector a message has two values of four bytes and two indices.
TEST_CASE("theory: BEER sends what alpha says, and of its first round one change") {
    ExperimentOptions options = many_rounds("beer:alpha=0.25");
    options.rounds = 3;
    const RunResult result = murmur::Experiment(options, {}).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    constexpr std::uint64_t kHeader = 16;
    constexpr std::uint64_t kEntry = 8;
    CHECK(result.summary.bytes_content ==
          8 * 3 * ((kHeader + kEntry) + 2 * (kHeader + 2 * kEntry)));
}

// The one matrix of the model has one row, of which every difference is of rank 1.
TEST_CASE("theory: PowerGossip of matrices of rank 1 is D-PSGD") {
    ExperimentOptions options = many_rounds("dpsgd");
    options.rounds = 20;
    const std::vector<Vector> plain = run(options);
    options.protocol = "powergossip";
    const std::vector<Vector> other = run(options);
    for (NodeId node = 0; node < options.nodes; ++node) {
        CHECK(distance(other[node], plain[node]) < murmur::test::kRoundOff);
    }
}

// Of matrices of several rows power iteration finds one direction a round: the mean stays, and what
// nodes differ by falls to nothing.
TEST_CASE("theory: PowerGossip without training comes to the mean") {
    ExperimentOptions options = many_rounds("powergossip");
    options.dataset = "synthetic:train=80,test=8";
    options.model = "mlp:4";
    options.training.local_steps = 0;
    options.rounds = 150;
    const murmur::ExperimentPlan plan(options, {});
    const std::size_t size = plan.initial.front()->size();
    ExperimentInputs inputs;
    Vector mean(size, 0.0);
    murmur::RandomStream stream(7);
    for (NodeId node = 0; node < options.nodes; ++node) {
        std::vector<float> start(size);
        for (std::size_t i = 0; i < size; ++i) {
            start[i] = static_cast<float>(stream.normal());
            mean[i] += start[i] / options.nodes;
        }
        inputs.initial.push_back(murmur::make_parameters(start));
    }
    const std::vector<Vector> end = run(options, inputs);
    Vector mean_of_end(size, 0.0);
    for (const Vector& model : end) {
        CHECK(distance(model, mean) < 0.05);
        for (std::size_t i = 0; i < size; ++i) {
            mean_of_end[i] += model[i] / options.nodes;
        }
    }
    CHECK(distance(mean_of_end, mean) < 1e-5);
}

/// Returns the models of all nodes after D2's recursion with the old gradient at the rate of now.
std::vector<Vector> rescaled_d2(const murmur::ExperimentPlan& plan,
                                const std::function<double(std::uint64_t round)>& rate) {
    const auto start = plan.initial.front()->values();
    const NodeId nodes = plan.options.nodes;
    std::vector<Vector> x(nodes, Vector(start.begin(), start.end()));
    std::vector<Vector> before = x;
    std::vector<Vector> old_gradients(nodes, Vector(start.size(), 0.0));
    for (std::uint64_t round = 0; round < plan.options.rounds; ++round) {
        std::vector<Vector> sent = x;
        for (NodeId node = 0; node < nodes; ++node) {
            // x - 1 grad: the gradient is what it moves by.
            const Vector moved = murmur::test::gradient_step(
                x[node], plan.data.train->batch(plan.partition[node]), 1.0);
            for (std::size_t i = 0; i < moved.size(); ++i) {
                const double gradient = x[node][i] - moved[i];
                sent[node][i] = round == 0 ? x[node][i] - rate(0) * gradient
                                           : 2 * x[node][i] - before[node][i] -
                                                 rate(round) * (gradient - old_gradients[node][i]);
                old_gradients[node][i] = gradient;
            }
        }
        before = x;
        for (NodeId node = 0; node < nodes; ++node) {
            // (I + W) / 2
            const auto& row = plan.overlay.row(node, 0);
            for (std::size_t i = 0; i < x[node].size(); ++i) {
                x[node][i] = (1 + row.self) / 2 * sent[node][i];
                for (const auto& [neighbor, weight] : row.neighbors) {
                    x[node][i] += weight / 2 * sent[neighbor][i];
                }
            }
        }
    }
    return x;
}

TEST_CASE("theory: D2 with old gradients at the rate of now is its recursion, and ends beside") {
    ExperimentOptions options = many_rounds("d2:form=qg,mixing=half");
    options.training.schedule = "step:at=5,gamma=0.5,unit=rounds";
    options.rounds = 12;
    const std::vector<Vector> expected =
        rescaled_d2(murmur::ExperimentPlan(options, {}),
                    [](std::uint64_t round) { return round < 5 ? 0.1 : 0.05; });
    const std::vector<Vector> models = run(options);
    for (NodeId node = 0; node < options.nodes; ++node) {
        CHECK(distance(models[node], expected[node]) < murmur::test::kRoundOff);
    }
    options.rounds = 1600;
    CHECK(error_of(options) > 1e-2);
    options.protocol = "d2:mixing=half";
    CHECK(error_of(options) < kAtOptimum);
}

TEST_CASE("theory: methods that wait for nodes to return lose nothing, and come to the optimum") {
    for (const char* protocol : {"gt", "d2:mixing=half", "extra"}) {
        CAPTURE(protocol);
        ExperimentOptions options = many_rounds(protocol);
        options.availability = "poisson:on=200ms,off=50ms";
        CHECK(error_of(options) > 1e-3);
        options.protocol += options.protocol.find(':') == std::string::npos ? ":" : ",";
        options.protocol += "on-missing=wait";
        CHECK(error_of(options) < kAtOptimum);
    }
}

TEST_CASE("theory: D-PSGD and QG-DSGDm stop at the same point beside the optimum") {
    ExperimentOptions plain = many_rounds("dpsgd");
    CHECK(error_of(plain) > 1e-2);
    const auto check_same_end = [&plain](const std::string& protocol) {
        const std::vector<Vector> end = run(plain);
        const std::vector<Vector> other = run(many_rounds(protocol));
        for (NodeId node = 0; node < plain.nodes; ++node) {
            CHECK(distance(other[node], end[node]) < 1e-5);
        }
    };
    check_same_end("qg-dsgdm");
    // Where models stand still, so that there is no momentum, Nesterov's step is u + beta u.
    plain.training.lr *= 1.9;
    check_same_end("qg-dsgdm:nesterov=true");
    check_same_end("qg-dsgdm:variant=relaysgd");
}

/// Returns the models of all nodes after the recursion of QG-DSGDm with mhat as its authors have
/// it.
std::vector<Vector> quasi_global(const murmur::ExperimentPlan& plan,
                                 const std::function<double(std::uint64_t round)>& rate,
                                 double beta,
                                 double mu) {
    const auto start = plan.initial.front()->values();
    const NodeId nodes = plan.options.nodes;
    std::vector<Vector> x(nodes, Vector(start.begin(), start.end()));
    std::vector<Vector> momentum(nodes, Vector(start.size(), 0.0));
    for (std::uint64_t round = 0; round < plan.options.rounds; ++round) {
        const double eta = rate(round);
        std::vector<Vector> half = x;
        for (NodeId node = 0; node < nodes; ++node) {
            const Vector moved = murmur::test::gradient_step(
                x[node], plan.data.train->batch(plan.partition[node]), 1.0);
            for (std::size_t i = 0; i < moved.size(); ++i) {
                half[node][i] -= eta * (beta * momentum[node][i] + (x[node][i] - moved[i]));
            }
        }
        for (NodeId node = 0; node < nodes; ++node) {
            const auto& row = plan.overlay.row(node, 0);
            for (std::size_t i = 0; i < x[node].size(); ++i) {
                double mixed = row.self * half[node][i];
                for (const auto& [neighbor, weight] : row.neighbors) {
                    mixed += weight * half[neighbor][i];
                }
                momentum[node][i] = mu * momentum[node][i] + (1 - mu) * (x[node][i] - mixed) / eta;
                x[node][i] = mixed;
            }
        }
    }
    return x;
}

TEST_CASE("theory: QG-DSGDm is its recursion, where the rate changes as well") {
    ExperimentOptions options = many_rounds("qg-dsgdm:beta=0.8,mu=0.7");
    options.training.schedule = "step:at=5,gamma=0.25,unit=rounds";
    options.rounds = 12;
    const std::vector<Vector> expected = quasi_global(
        murmur::ExperimentPlan(options, {}),
        [](std::uint64_t round) { return round < 5 ? 0.1 : 0.025; },
        0.8,
        0.7);
    const std::vector<Vector> models = run(options);
    for (NodeId node = 0; node < options.nodes; ++node) {
        CHECK(distance(models[node], expected[node]) < murmur::test::kRoundOff);
    }
}

TEST_CASE("theory: QG-DSGDm without momentum is D-PSGD") {
    ExperimentOptions options = many_rounds("dpsgd");
    options.rounds = 20;
    const std::vector<Vector> plain = run(options);
    options.protocol = "qg-dsgdm:beta=0";
    const std::vector<Vector> other = run(options);
    for (NodeId node = 0; node < options.nodes; ++node) {
        CHECK(distance(other[node], plain[node]) < murmur::test::kRoundOff);
    }
}

// With thirds on a ring of 4 the least eigenvalue is -1/3 exactly: D2 does not converge there.
TEST_CASE("theory: D2 is refused where the least eigenvalue is -1/3, and runs with half of it") {
    ExperimentOptions options = many_rounds("d2");
    options.nodes = 4;
    options.topology = "ring";
    CHECK_THROWS_WITH_AS(murmur::Experiment(options, {}),
                         "--weights: got metropolis on ring with --protocol=d2, the least "
                         "eigenvalue of which is -0.333333, allowed above -1/3; d2:mixing=half "
                         "takes (I + W) / 2, spectrum=any goes on all the same",
                         std::invalid_argument);
    options.protocol = "d2:mixing=half";
    CHECK(error_of(options) < kAtOptimum);
    options.protocol = "d2";
    options.topology = "full";
    CHECK(error_of(options) < kAtOptimum);
}

/// Returns the models after some rounds without steps, one number each, of nodes that begin with
/// their own number: the mean over all nodes, each with its model of as many rounds ago as it is
/// hops away, less one.  For those on their way the node's start stands in, or nothing.
std::vector<double> relay_recursion(const std::vector<std::vector<std::size_t>>& hops,
                                    std::size_t rounds,
                                    bool by_counts) {
    const std::size_t nodes = hops.size();
    std::vector<std::vector<double>> models(1);
    for (std::size_t node = 0; node < nodes; ++node) {
        models[0].push_back(static_cast<double>(node));
    }
    for (std::size_t round = 0; round < rounds; ++round) {
        std::vector<double> next;
        for (std::size_t node = 0; node < nodes; ++node) {
            double sum = models[round][node];
            std::size_t count = 1;
            for (std::size_t other = 0; other < nodes; ++other) {
                if (other != node && round + 1 >= hops[node][other]) {
                    sum += models[round + 1 - hops[node][other]][other];
                    ++count;
                }
            }
            const auto all = static_cast<double>(nodes);
            const auto arrived = static_cast<double>(count);
            next.push_back(by_counts ? sum / arrived
                                     : (sum + (all - arrived) * models[0][node]) / all);
        }
        models.push_back(std::move(next));
    }
    return models.back();
}

TEST_CASE("theory: RelaySum has the mean of all models, each as old as it is far away") {
    constexpr std::size_t kNodes = 9;
    // The spanning tree of a ring of nine is the path 4 - 3 - 2 - 1 - 0 - 8 - 7 - 6 - 5.
    const std::vector<std::size_t> place{4, 3, 2, 1, 0, 8, 7, 6, 5};
    std::vector<std::vector<std::size_t>> star(kNodes, std::vector<std::size_t>(kNodes));
    std::vector<std::vector<std::size_t>> path = star;
    for (std::size_t a = 0; a < kNodes; ++a) {
        for (std::size_t b = 0; b < kNodes; ++b) {
            star[a][b] = a == b ? 0 : a == 0 || b == 0 ? 1 : 2;
            path[a][b] = std::max(place[a], place[b]) - std::min(place[a], place[b]);
        }
    }
    for (const bool by_counts : {false, true}) {
        for (const bool is_star : {false, true}) {
            const auto models_after = [&](std::uint64_t rounds) {
                ExperimentOptions options =
                    many_rounds(by_counts ? "relaysgd:normalization=counts" : "relaysgd");
                options.nodes = kNodes;
                options.topology = is_star ? "star" : "spanning-tree:ring";
                options.rounds = rounds;
                options.training.local_steps = 0;
                ExperimentInputs inputs;
                for (NodeId node = 0; node < options.nodes; ++node) {
                    const std::vector<float> start(4, static_cast<float>(node));
                    inputs.initial.push_back(murmur::make_parameters(start));
                }
                return run(options, inputs);
            };
            for (const std::uint64_t rounds : {1, 2, 3, 9, 40}) {
                CAPTURE(by_counts);
                CAPTURE(is_star);
                CAPTURE(rounds);
                const std::vector<Vector> models = models_after(rounds);
                const std::vector<double> expected =
                    relay_recursion(is_star ? star : path, rounds, by_counts);
                for (std::size_t node = 0; node < kNodes; ++node) {
                    CHECK(models[node][0] == doctest::Approx(expected[node]).epsilon(1e-5));
                }
            }
            if (is_star) {
                // In the middle all are one hop away: the mean of the starts, once.  A leaf hears
                // of mixed models by then, and what all agree on in the end is near the mean, not
                // it.
                CHECK(models_after(1)[0][0] == doctest::Approx(4.0));
                const std::vector<Vector> end = models_after(60);
                for (const Vector& model : end) {
                    CHECK(model[0] == doctest::Approx(end[0][0]).epsilon(1e-3));
                    CHECK(std::abs(model[0] - (by_counts ? 3.2851 : 4.2045)) < 1e-3);
                }
            }
        }
    }
}

// Plain averaging over one-way links gives another number than the mean; push-sum gives the mean.
TEST_CASE("theory: push-sum has the mean on an irregular graph with directions") {
    const murmur::test::TemporaryFolder folder;
    const std::string arcs = folder.write("arcs", "5\n0 1\n1 2\n2 3\n3 4\n4 0\n1 0\n2 0\n0 3\n");
    for (const char* protocol : {"sgp", "osgp:staleness=2"}) {
        CAPTURE(protocol);
        ExperimentOptions options = many_rounds(protocol);
        options.nodes = 5;
        options.topology = "directed:file:" + arcs;
        options.weights = "column-stochastic";
        options.network = "flow";
        options.rounds = 120;
        options.training.local_steps = 0;
        ExperimentInputs inputs;
        for (NodeId node = 0; node < options.nodes; ++node) {
            const std::vector<float> start(4, static_cast<float>(node));
            inputs.initial.push_back(murmur::make_parameters(start));
        }
        for (const Vector& model : run(options, inputs)) {
            CHECK(model[0] == doctest::Approx(2.0).epsilon(1e-6));
        }
    }
}

TEST_CASE("tracking: what a method cannot do is refused in one line") {
    const auto message = [](const std::string& protocol, auto change) -> std::string {
        ExperimentOptions options = many_rounds(protocol);
        change(options);
        try {
            (void)murmur::Experiment(options, {});
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "none";
    };
    CHECK(message("gt", [](ExperimentOptions& o) { o.sharing = "top-k"; }) ==
          "--sharing: got top-k with --protocol=gt, whose messages and merges are its own, allowed "
          "full");
    CHECK(message("extra", [](ExperimentOptions& o) { o.topology = "dynamic:regular:3"; }) ==
          "--topology: got dynamic:regular:3 with --protocol=extra, allowed a static overlay, "
          "without dynamic:");
    CHECK(
        message("gt",
                [](ExperimentOptions& o) {
                    o.topology = "barabasi-albert:2";
                    o.weights = "uniform";
                })
            .starts_with("--weights: got uniform with --protocol=gt, which needs columns that sum "
                         "to 1, and that of node 0 sums to "));
    CHECK(message("sgp", [](ExperimentOptions& o) {
              o.topology = "directed:exponential";
              o.weights = "row-stochastic";
          }) == "none");  // regular: rows and columns sum to 1 alike
    CHECK(message("relaysgd", [](ExperimentOptions&) {}) ==
          "--topology: got regular:3 with 12 edges for 8 nodes with --protocol=relaysgd, allowed a "
          "tree, such as spanning-tree:regular:3");
    CHECK(message("gt:momentum=0.5", [](ExperimentOptions&) {
          }).starts_with("protocol gt: momentum: got 0.5, allowed 0"));
    CHECK(message("qg-dsgdm:variant=relaysgd,mu=0.5", [](ExperimentOptions&) {
          }).starts_with("protocol qg-dsgdm: variant: got relaysgd with mu"));
}
