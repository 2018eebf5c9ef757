#include "emulator/protocols/teleportation.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"
#include "topologies/generators.h"

#include <cmath>
#include <memory>
#include <set>
#include <vector>

namespace murmur {
namespace {

using test::ToyNetwork;

constexpr NodeId kNodes = 11;
constexpr std::uint64_t kRounds = 9;
constexpr std::uint64_t kSeed = 5;

/// Another local work at each node: on its way to the node's own number.
double trained(NodeId node, double x) {
    return 0.5 * x + node;
}

ToyNetwork run(const Places::Options& chosen, const Graph& graph) {
    ToyNetwork::Options options;
    options.num_nodes = kNodes;
    options.num_rounds = kRounds;
    options.neighbors = test::full_row;
    options.starts.assign(kNodes, {3.0F});
    options.train = [](NodeId node, ToyNetwork::Values x) {
        return ToyNetwork::Values{static_cast<float>(trained(node, x[0]))};
    };
    options.training_time = [](NodeId node) { return SimTime(5'000'000 * (1 + node % 4)); };
    options.delay = [](NodeId from, NodeId to) { return SimTime(100'000 * (1 + from + 3 * to)); };
    const auto places = std::make_shared<Places>(chosen, kNodes, kSeed, graph);
    ToyNetwork network(
        options, [=](NodeContext& node) { return std::make_unique<Teleportation>(node, places); });
    network.run();
    return network;
}

// x_a(t+1) = mean over place a and those next to it of f_i(x_b(t)), i the node at place b in t.
TEST_CASE("teleportation is the recursion over the places, whoever has them") {
    for (const bool are_shuffled : {true, false}) {
        const Places::Options chosen{.active = 5, .are_shuffled = are_shuffled};
        const Graph graph = ring(5);
        const ToyNetwork network = run(chosen, graph);
        Places places(chosen, kNodes, kSeed, graph);
        std::vector<double> x(5, 3.0);
        std::uint64_t hand_overs = 0;
        for (std::uint64_t round = 0; round < kRounds; ++round) {
            std::vector<double> y;
            for (NodeId place = 0; place < 5; ++place) {
                y.push_back(trained(places.nodes(round)[place], x[place]));
                hand_overs += round + 1 < kRounds &&
                                      places.nodes(round)[place] != places.nodes(round + 1)[place]
                                  ? 1
                                  : 0;
            }
            for (NodeId place = 0; place < 5; ++place) {
                x[place] = (y[place] + y[(place + 1) % 5] + y[(place + 4) % 5]) / 3;
            }
            for (NodeId node = 0; node < kNodes; ++node) {
                REQUIRE(network.finished(node).size() == kRounds);
                CHECK(network.finished(node)[round][0] ==
                      doctest::Approx(x[node % 5]).epsilon(1e-5));
            }
        }
        CHECK(network.sent.size() == 5 * 2 * kRounds + hand_overs);
        for (const ToyNetwork::Sent& message : network.sent) {
            CHECK(message.note->size_bytes() == 8);
        }
    }
}

TEST_CASE("teleportation: with one place, a model walks from node to node") {
    const ToyNetwork network = run({.active = 1}, Graph(1));
    Places places({.active = 1}, kNodes, kSeed, Graph(1));
    double x = 3;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        x = trained(places.nodes(round)[0], x);
    }
    CHECK(network.finished(0).back()[0] == doctest::Approx(x).epsilon(1e-5));
}

TEST_CASE("teleportation: every node is as likely active, at each place") {
    Places places({.active = 3}, 7, kSeed, ring(3));
    std::vector<std::vector<int>> drawn(7, std::vector<int>(3, 0));
    constexpr int kDraws = 7000;
    for (std::uint64_t round = 0; round < kDraws; ++round) {
        const std::vector<NodeId>& nodes = places.nodes(round);
        CHECK(std::set<NodeId>(nodes.begin(), nodes.end()).size() == 3);
        for (NodeId place = 0; place < 3; ++place) {
            ++drawn[nodes[place]][place];
            CHECK(places.place_of(nodes[place], round) == place);
        }
    }
    for (const std::vector<int>& node : drawn) {
        for (const int times : node) {
            // A seventh, standard deviation 29.
            CHECK(times == doctest::Approx(kDraws / 7).epsilon(0.12));
        }
    }
}

}  // namespace
}  // namespace murmur
