// Expectation: on least squares with one full-batch step a round, D-PSGD with attackers is the
// recursion of its honest nodes, who get in place of an attacker's model what the attack's formula
// makes of all honest models of the same round, in double precision straight from the data.

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
using murmur::test::Vector;

/// Round-off of a handful of float32 operations in a dozen rounds, in which attacks drive nodes
/// apart, and with them what is rounded.
constexpr double kRoundOff = 2e-5;

/// What an attack is made of: the models of honest nodes that are sent in a round, and a victim.
struct Seen {
    const murmur::ExperimentPlan& plan;
    const std::vector<Vector>& sent;
    NodeId victim;

    [[nodiscard]] bool is_honest(NodeId node) const { return !plan.attackers.has(node); }
};
using Forge = std::function<double(const Seen& seen, std::size_t i)>;

struct Moments {
    double mean = 0;
    double deviation = 0;  ///< with n - 1
};

Moments moments_of(const Seen& seen, std::size_t i) {
    std::vector<double> values;
    for (NodeId node = 0; node < seen.sent.size(); ++node) {
        if (seen.is_honest(node)) {
            values.push_back(seen.sent[node][i]);
        }
    }
    Moments moments;
    for (const double value : values) {
        moments.mean += value / static_cast<double>(values.size());
    }
    for (const double value : values) {
        moments.deviation += std::pow(value - moments.mean, 2);
    }
    moments.deviation = std::sqrt(moments.deviation / static_cast<double>(values.size() - 1));
    return moments;
}

double dissensus(const Seen& seen, std::size_t i) {
    double pull = 0;
    double attackers = 0;
    for (const auto& [neighbor, weight] : seen.plan.overlay.row(seen.victim, 0).neighbors) {
        if (seen.is_honest(neighbor)) {
            pull += weight * (seen.sent[neighbor][i] - seen.sent[seen.victim][i]);
        } else {
            attackers += weight;
        }
    }
    return seen.sent[seen.victim][i] - 1.5 * pull / attackers;
}

/// Returns the models of the recursion; what it says of attackers is of no meaning.
/// @param trains  whether there is a step in a round
std::vector<Vector> recursion(const murmur::ExperimentPlan& plan,
                              const Forge& forge,
                              const std::function<bool(std::uint64_t round)>& trains) {
    const auto start = plan.initial.front()->values();
    std::vector<Vector> x(plan.options.nodes, Vector(start.begin(), start.end()));
    for (std::uint64_t round = 0; round < plan.options.rounds; ++round) {
        std::vector<Vector> sent = x;
        for (NodeId node = 0; trains(round) && node < x.size(); ++node) {
            sent[node] = murmur::test::gradient_step(
                x[node], plan.data.train->batch(plan.partition[node]), plan.options.training.lr);
        }
        for (NodeId node = 0; node < x.size(); ++node) {
            const Seen seen{plan, sent, node};
            const auto& row = plan.overlay.row(node, 0);
            for (std::size_t i = 0; i < start.size(); ++i) {
                x[node][i] = row.self * sent[node][i];
                for (const auto& [neighbor, weight] : row.neighbors) {
                    x[node][i] +=
                        weight * (seen.is_honest(neighbor) ? sent[neighbor][i] : forge(seen, i));
                }
            }
        }
    }
    return x;
}

/// All nodes are as fast, so that each round is at one instant.
ExperimentOptions attacked(const std::string& protocol, const std::string& attack) {
    ExperimentOptions options = murmur::test::least_squares_options();
    options.nodes = 10;
    options.topology = "regular:5";
    options.protocol = protocol;
    options.attack = "nodes=2,7:" + attack;
    options.network = "ideal";
    options.rate = "10Mbps";
    options.clock = "modelled:1ms,merge=1ms";
    options.rounds = 12;
    return options;
}

void check_recursion(
    const ExperimentOptions& options,
    const Forge& forge,
    const std::function<bool(std::uint64_t)>& trains = [](std::uint64_t) { return true; }) {
    const murmur::ExperimentPlan plan(options, {});
    const std::vector<Vector> expected = recursion(plan, forge, trains);
    const murmur::RunResult result = murmur::Experiment(options).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    for (NodeId node = 0; node < options.nodes; ++node) {
        if (plan.attackers.has(node)) {
            continue;
        }
        CAPTURE(options.protocol);
        CAPTURE(options.attack);
        CAPTURE(node);
        const auto values = result.parameters[node]->values();
        double largest = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            largest = std::max(largest, std::abs(values[i] - expected[node][i]));
        }
        CHECK(largest < kRoundOff);
    }
}

double inner_product(const Seen& seen, std::size_t i) {
    return -0.5 * moments_of(seen, i).mean;
}

}  // namespace

TEST_CASE("theory: D-PSGD under attack is the recursion with forged models of the same round") {
    check_recursion(attacked("dpsgd", "ipm:eps=0.5"), inner_product);
    check_recursion(attacked("dpsgd", "alie:z=1.5"), [](const Seen& seen, std::size_t i) {
        const Moments moments = moments_of(seen, i);
        return moments.mean + 1.5 * moments.deviation;
    });
    check_recursion(attacked("dpsgd", "mimic:node=4"),
                    [](const Seen& seen, std::size_t i) { return seen.sent[4][i]; });
    check_recursion(attacked("dpsgd", "dissensus"), dissensus);
}

// In a round without training what is sent, and seen, is what was merged before.
TEST_CASE("theory: SkipTrain under attack is the recursion, in rounds without training as well") {
    const auto trains = [](std::uint64_t round) { return round % 3 == 0; };
    check_recursion(attacked("skiptrain:train=1,sync=2", "ipm:eps=0.5"), inner_product, trains);
    check_recursion(attacked("skiptrain:train=1,sync=2", "dissensus"), dissensus, trains);
}
