// Expectation: with one full-batch step a round on least squares, each synchronous protocol is a
// recursion over the steps g_j(x) = x - lr * grad f_j(x), computed here in double precision from
// the data, the nodes' draws, and the definition of the protocol.

#include "emulator/protocols/knn.h"
#include "emulator/protocols/plans.h"
#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/theory/least_squares.h"
#include "topologies/graph.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace {

using murmur::ExperimentOptions;
using murmur::ExperimentPlan;
using murmur::NodeId;
using murmur::test::gradient_step;
using murmur::test::kRoundOff;
using murmur::test::least_squares_options;
using murmur::test::Vector;

std::vector<Vector> starts(const ExperimentPlan& plan) {
    const auto start = plan.initial.front()->values();
    return std::vector<Vector>(plan.options.nodes, Vector(start.begin(), start.end()));
}

Vector step(const ExperimentPlan& plan, NodeId node, const Vector& x) {
    return gradient_step(x, plan.data.train->batch(plan.partition[node]), plan.options.training.lr);
}

/// Returns sum_k weight_k x_k / sum_k weight_k.
Vector average(const std::vector<std::pair<double, Vector>>& terms) {
    Vector sum(terms.front().second.size(), 0.0);
    double weights = 0;
    for (const auto& [weight, x] : terms) {
        weights += weight;
        for (std::size_t i = 0; i < x.size(); ++i) {
            sum[i] += weight * x[i];
        }
    }
    for (double& value : sum) {
        value /= weights;
    }
    return sum;
}

double largest_difference(const ExperimentOptions& options, const std::vector<Vector>& expected) {
    const murmur::RunResult result = murmur::Experiment(options).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    double largest = 0;
    for (NodeId node = 0; node < options.nodes; ++node) {
        const auto values = result.parameters[node]->values();
        REQUIRE(values.size() == expected[node].size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            largest = std::max(largest, std::abs(values[i] - expected[node][i]));
        }
    }
    return largest;
}

murmur::Summary summary_of(const ExperimentOptions& options) {
    murmur::Summary summary = murmur::Experiment(options).run().summary;
    REQUIRE_MESSAGE(summary.status == "complete", summary.error);
    return summary;
}

std::vector<NodeId> drawn(const ExperimentOptions& options,
                          const char* purpose,
                          NodeId node,
                          std::uint64_t round,
                          NodeId count) {
    const std::uint64_t seed = murmur::stream_seed(options.seed, purpose, node, round);
    return murmur::random_peers(murmur::RandomStream(seed), node, options.nodes, count);
}

}  // namespace

// x_i(t+1) = (g_i(x_i) + sum_{j in N_i(t)} g_j(x_j)) / (s + 1) over the round's s-regular graph.
TEST_CASE("theory: el-oracle is the recursion with uniform weights over the drawn graphs") {
    ExperimentOptions options = least_squares_options();
    options.protocol = "el-oracle:degree=3";
    options.network = "flow";
    const ExperimentPlan plan(options, {});
    std::vector<Vector> x = starts(plan);
    std::set<std::vector<std::pair<NodeId, NodeId>>> graphs;
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
        const murmur::Graph& graph = plan.overlay.graph(round);
        graphs.insert(murmur::sorted_edges(graph));
        std::vector<Vector> stepped;
        for (NodeId node = 0; node < options.nodes; ++node) {
            stepped.push_back(step(plan, node, x[node]));
        }
        for (NodeId node = 0; node < options.nodes; ++node) {
            std::vector<std::pair<double, Vector>> terms{{1, stepped[node]}};
            for (const NodeId neighbor : murmur::sorted_neighbors(graph, node)) {
                terms.emplace_back(1, stepped[neighbor]);
            }
            CHECK(terms.size() == 4);
            x[node] = average(terms);
        }
    }
    CHECK(graphs.size() > options.rounds / 2);
    CHECK(largest_difference(options, x) < kRoundOff);
}

// x_i(t+1) = mean of g_i(x_i) and of g_j(x_j) over those j that drew i: all devices are alike and
// the window is long, so that what is sent in a round arrives in it.
TEST_CASE("theory: el-local is the recursion over the receivers that nodes draw") {
    ExperimentOptions options = least_squares_options();
    options.protocol = "el-local:receivers=2,window=1s";
    options.network = "ideal";
    options.clock = "modelled:1ms,merge=0";
    const ExperimentPlan plan(options, {});
    std::vector<Vector> x = starts(plan);
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
        std::vector<std::vector<std::pair<double, Vector>>> terms(options.nodes);
        for (NodeId node = 0; node < options.nodes; ++node) {
            const Vector stepped = step(plan, node, x[node]);
            terms[node].emplace_back(1, stepped);
            for (const NodeId receiver : drawn(options, "receivers", node, round, 2)) {
                terms[receiver].emplace_back(1, stepped);
            }
        }
        for (NodeId node = 0; node < options.nodes; ++node) {
            x[node] = average(terms[node]);
        }
    }
    CHECK(largest_difference(options, x) < kRoundOff);
}

namespace {

/// x(t+1) = sum_{k in S_t} n_k g_k(x) / sum n_k, or the plain mean, on every node.
std::vector<Vector> fedavg_recursion(const ExperimentOptions& options,
                                     bool by_samples,
                                     NodeId clients) {
    const ExperimentPlan plan(options, {});
    Vector x = starts(plan).front();
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
        std::vector<std::pair<double, Vector>> terms;
        for (const NodeId client : drawn(options, "clients", 0, round, clients)) {
            const auto samples = static_cast<double>(plan.partition[client].size());
            terms.emplace_back(by_samples ? samples : 1, step(plan, client, x));
        }
        x = average(terms);
    }
    return std::vector<Vector>(options.nodes, x);
}

}  // namespace

TEST_CASE("theory: fedavg is the recursion over the clients that the server draws") {
    ExperimentOptions options = least_squares_options();
    // Seven clients with 4 samples and 3: weights by samples are not uniform ones.
    options.dataset = "least-squares:features=5,samples=25";
    for (const char* network : {"ideal", "tcp"}) {
        options.network = network;
        options.protocol = "fedavg:clients=0.5";
        const std::vector<Vector> by_samples = fedavg_recursion(options, true, 4);
        CHECK(largest_difference(options, by_samples) < kRoundOff);
        options.protocol = "fedavg:clients=0.5,weights=uniform";
        CHECK(largest_difference(options, fedavg_recursion(options, false, 4)) < kRoundOff);
        CHECK(largest_difference(options, by_samples) > 100 * kRoundOff);
    }
}

TEST_CASE("theory: stc with whole models is fedavg with all clients") {
    ExperimentOptions options = least_squares_options();
    options.protocol = "stc";
    options.underlay = "p2p";
    CHECK(largest_difference(options, fedavg_recursion(options, false, 7)) < kRoundOff);
}

// Each of 7 nodes asks in 20 rounds with 8 bytes, and is answered with 8, its own weight, and id
// and weight of 3 neighbors.
TEST_CASE("theory: a peer sampler costs its messages and changes no model") {
    for (const char* topology : {"regular:3", "dynamic:regular:3"}) {
        ExperimentOptions options = least_squares_options();
        options.topology = topology;
        options.network = "flow";
        const murmur::Summary known = summary_of(options);
        options.protocol = "dpsgd-sampler";
        const murmur::Summary asked = summary_of(options);
        CHECK(asked.parameter_hash == known.parameter_hash);
        CHECK(asked.messages == known.messages + 2 * 7 * 20);
        CHECK(asked.bytes_content == known.bytes_content + 7 * 20 * (8 + 8 + 4 + 3 * 8));
    }
}

// The graph by definition: edges in both directions to the 2 others whose label histograms are
// nearest; then D-PSGD over a file with these edges.
TEST_CASE("theory: knn is D-PSGD over the graph of nearest label histograms") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = least_squares_options();
    options.topology = "ring";
    options.dataset = "synthetic:train=320,test=20,size=8";
    options.partition = "dirichlet:0.3";
    options.model = "softmax";
    options.rounds = 3;
    options.network = "ideal";
    options.protocol = "knn:k=2,hops=4";
    const ExperimentPlan plan(options, {});
    const auto labels = plan.data.train->labels();
    std::vector<std::vector<std::uint32_t>> histograms(8, std::vector<std::uint32_t>(10));
    for (NodeId node = 0; node < 8; ++node) {
        for (const std::int64_t sample : plan.partition[node]) {
            ++histograms[node][static_cast<std::size_t>(labels[static_cast<std::size_t>(sample)])];
        }
    }
    std::set<std::pair<NodeId, NodeId>> edges;
    for (NodeId node = 0; node < 8; ++node) {
        std::vector<std::pair<double, NodeId>> others;
        for (NodeId other = 0; other < 8; ++other) {
            if (other != node) {
                others.emplace_back(-murmur::cosine_similarity(histograms[node], histograms[other]),
                                    other);
            }
        }
        std::sort(others.begin(), others.end());
        for (std::size_t i = 0; i < 2; ++i) {
            edges.insert(std::minmax(node, others[i].second));
        }
    }
    std::string text = "8\n";
    for (const auto& [first, second] : edges) {
        text += std::to_string(first) + " " + std::to_string(second) + "\n";
    }
    murmur::test::write_text(folder.path() / "edges", text);
    const murmur::RunResult found = murmur::Experiment(options).run();
    REQUIRE_MESSAGE(found.summary.status == "complete", found.summary.error);
    options.protocol = "dpsgd";
    options.topology = "file:" + (folder.path() / "edges").string();
    std::vector<Vector> expected;
    const murmur::RunResult given = murmur::Experiment(options).run();
    REQUIRE_MESSAGE(given.summary.status == "complete", given.summary.error);
    for (const murmur::Parameters& parameters : given.parameters) {
        expected.emplace_back(parameters->values().begin(), parameters->values().end());
    }
    for (NodeId node = 0; node < 8; ++node) {
        const auto values = found.parameters[node]->values();
        double largest = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            largest = std::max(largest, std::abs(values[i] - expected[node][i]));
        }
        CHECK(largest < kRoundOff);
    }
}

// The asynchronous ones have no recursion by rounds; on a convex task they must come to where all
// data together have their minimum, whose test loss is half the noise's variance, 0.005.
TEST_CASE("theory: ad-psgd and gossip learning come to the optimum of all data") {
    ExperimentOptions options = least_squares_options();
    options.dataset = "least-squares:features=5,samples=400,noise=0.1";
    options.rounds = 400;
    options.training = {.batch_size = 10, .local_steps = 2, .lr = 0.05};
    options.speed = "choice:1:0.2";
    options.network = "ideal";
    options.latency = "uniform:1ms:5ms";
    for (const char* protocol : {"ad-psgd", "gossip:period=120ms"}) {
        CAPTURE(protocol);
        options.protocol = protocol;
        const murmur::Summary summary = summary_of(options);
        CHECK(summary.mean_test_loss < 0.0065);
    }
}
