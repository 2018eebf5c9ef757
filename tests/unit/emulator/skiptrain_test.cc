#include "emulator/protocols/skiptrain.h"

#include "emulator/protocols/protocol_plan.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <map>
#include <numeric>
#include <vector>

namespace murmur {
namespace {

using test::ToyNetwork;

constexpr NodeId kNodes = 6;

/// Trainings of each node.
using Trainings = std::vector<std::uint64_t>;

ToyNetwork::Options six_nodes(std::uint64_t rounds, Trainings& trainings) {
    trainings.assign(kNodes, 0);
    ToyNetwork::Options options;
    options.num_nodes = kNodes;
    options.num_rounds = rounds;
    options.neighbors = test::ring_row;
    for (NodeId node = 0; node < kNodes; ++node) {
        options.starts.push_back({static_cast<float>(node)});
    }
    options.train = [&trainings](NodeId node, ToyNetwork::Values x) {
        ++trainings[node];
        x[0] += static_cast<float>(node) + 1;
        return x;
    };
    return options;
}

// x(t+1) = W (x(t) + u) in training rounds, W x(t) in the others.
TEST_CASE("skiptrain trains in the rounds of its pattern and synchronizes in all") {
    Trainings trainings;
    ToyNetwork network(six_nodes(8, trainings), plan_protocol("skiptrain:train=2,sync=1", 6).make);
    network.run();
    std::vector<double> x(kNodes);
    std::iota(x.begin(), x.end(), 0);
    for (std::uint64_t round = 0; round < 8; ++round) {
        std::vector<double> y = x;
        for (NodeId node = 0; node < kNodes; ++node) {
            y[node] += round % 3 < 2 ? node + 1 : 0;
        }
        for (NodeId node = 0; node < kNodes; ++node) {
            x[node] = (y[node] + y[(node + 1) % kNodes] + y[(node + 5) % kNodes]) / 3;
            CHECK(network.finished(node)[round][0] == doctest::Approx(x[node]).epsilon(1e-5));
        }
    }
    CHECK(trainings == Trainings(kNodes, 6));
    CHECK(network.counts["trainings"] == 6 * kNodes);
    CHECK(network.sent.size() == 2 * kNodes * 8);
}

TEST_CASE("skiptrain: a budget is spent evenly at random, or at once") {
    Trainings trainings;
    const auto run = [&](const char* protocol) {
        ToyNetwork network(six_nodes(200, trainings), plan_protocol(protocol, 6).make);
        network.run();
        CHECK(network.finished(0).size() == 200);
        return trainings;
    };
    // 100 training rounds of which 20 are paid for: 20 on average, standard deviation 4.
    Trainings spent = run("skiptrain:train=1,sync=1,budget=20");
    for (const std::uint64_t each : spent) {
        CHECK(each <= 20);
        CHECK(each >= 8);
    }
    CHECK(run("skiptrain:train=1,sync=1,budget=20,spend=greedy") == Trainings(kNodes, 20));
    CHECK(run("skiptrain:train=1,sync=1,budget=100") == Trainings(kNodes, 100));
    CHECK(run("skiptrain:train=1,sync=1,budget=1000") == Trainings(kNodes, 100));
    CHECK(run("skiptrain:train=1,sync=1,budget=0") == Trainings(kNodes, 0));
    spent = run("skiptrain:train=1,sync=1,budget=choice:3:50,spend=greedy");
    for (const std::uint64_t each : spent) {
        CHECK((each == 3 || each == 50));
    }
}

TEST_CASE("skiptrain: how many rounds of a run are rounds of training") {
    for (std::uint64_t train = 1; train < 5; ++train) {
        for (std::uint64_t sync = 0; sync < 4; ++sync) {
            const SkipTrain::Options options{.train = train, .sync = sync};
            std::uint64_t count = 0;
            for (std::uint64_t rounds = 0; rounds < 30; ++rounds) {
                CHECK(SkipTrain::training_rounds(options, rounds) == count);
                count += SkipTrain::is_training_round(options, rounds) ? 1 : 0;
            }
        }
    }
}

}  // namespace
}  // namespace murmur
