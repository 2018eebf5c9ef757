#include "emulator/protocols/el_local.h"

#include "emulator/protocols/plans.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <memory>
#include <set>

namespace murmur {
namespace {

using test::ToyNetwork;
using Milliseconds = std::chrono::milliseconds;

TEST_CASE("random peers are different, others, in order, and each as likely as any") {
    std::vector<int> drawn(7, 0);
    constexpr int kDraws = 7000;
    for (int i = 0; i < kDraws; ++i) {
        const std::vector<NodeId> peers =
            random_peers(RandomStream(stream_seed(1, "test", 0, static_cast<std::uint64_t>(i))),
                         /*self=*/3,
                         /*num_nodes=*/7,
                         /*count=*/2);
        REQUIRE(peers.size() == 2);
        REQUIRE(peers[0] < peers[1]);
        for (const NodeId peer : peers) {
            ++drawn[peer];
        }
    }
    CHECK(drawn[3] == 0);
    for (const NodeId other : {0, 1, 2, 4, 5, 6}) {
        // 7000 * 2 / 6 = 2333, standard deviation 39.
        CHECK(drawn[other] == doctest::Approx(2333).epsilon(0.08));
    }
    CHECK(random_peers(RandomStream(1), 2, 4, 3) == std::vector<NodeId>{0, 1, 3});
}

ToyNetwork::Options five_nodes(std::uint64_t rounds) {
    ToyNetwork::Options options;
    options.num_nodes = 5;
    options.num_rounds = rounds;
    options.neighbors = test::full_row;
    for (NodeId node = 0; node < 5; ++node) {
        options.starts.push_back({static_cast<float>(1 << node)});
    }
    return options;
}

ProtocolFactory el_local(NodeId receivers, SimTime window) {
    return [=](NodeContext& node) {
        return std::make_unique<ElLocal>(
            node, ElLocal::Options{.receivers = receivers, .window = window});
    };
}

/// The recursion x_i <- (x_i + sum_{j in A_i} x_j) / (|A_i| + 1) over the receivers that the nodes
/// draw, where everything that is sent in a round arrives in it.
std::vector<double> recursion(const ToyNetwork::Options& options, NodeId receivers) {
    std::vector<double> x;
    for (const auto& start : options.starts) {
        x.push_back(start[0]);
    }
    for (std::uint64_t round = 0; round < options.num_rounds; ++round) {
        std::vector<double> sum = x;
        std::vector<double> count(x.size(), 1);
        for (NodeId node = 0; node < options.num_nodes; ++node) {
            for (const NodeId receiver :
                 random_peers(RandomStream(stream_seed(1, "receivers", node, round)),
                              node,
                              options.num_nodes,
                              receivers)) {
                sum[receiver] += x[node];
                count[receiver] += 1;
            }
        }
        for (NodeId node = 0; node < options.num_nodes; ++node) {
            x[node] = sum[node] / count[node];
        }
    }
    return x;
}

TEST_CASE("el-local is the recursion over the receivers drawn, where all arrive in time") {
    const ToyNetwork::Options options = five_nodes(6);
    ToyNetwork network(options, el_local(2, Milliseconds(50)));
    network.run();
    const std::vector<double> expected = recursion(options, 2);
    for (NodeId node = 0; node < 5; ++node) {
        REQUIRE(network.finished(node).size() == 6);
        CHECK(network.finished(node).back()[0] == doctest::Approx(expected[node]).epsilon(1e-6));
    }
}

TEST_CASE("el-local: nobody waits: what comes after the window counts in the next round") {
    ToyNetwork::Options options = five_nodes(2);
    // Training 5 ms, window 10 ms: node 4's messages take one round more than all others'.
    options.delay = [](NodeId from, NodeId) { return SimTime(Milliseconds(from == 4 ? 17 : 1)); };
    ToyNetwork network(options, el_local(4, Milliseconds(10)));
    network.run();
    for (const ToyNetwork::Merge& merge : network.merges) {
        const bool is_first = network.finished(merge.node).front() == merge.result;
        const bool has_four = std::any_of(merge.others.begin(),
                                          merge.others.end(),
                                          [](const auto& other) { return other.first == 4; });
        CHECK(has_four == (!is_first && merge.node != 4));
        CHECK(merge.self_weight ==
              doctest::Approx(1.0 / static_cast<double>(merge.others.size() + 1)));
    }
    CHECK(network.now() == SimTime(Milliseconds(15 + 5 + 17)) + SimTime(1000));
}

TEST_CASE("el-local: of two models of one sender the later one counts, once") {
    ToyNetwork::Options options = five_nodes(4);
    options.num_nodes = 2;
    options.starts.resize(2);
    // Node 1 goes through two rounds in one of node 0.
    options.training_time = [](NodeId node) { return SimTime(Milliseconds(node == 0 ? 40 : 5)); };
    ToyNetwork network(options, el_local(1, Milliseconds(10)));
    network.run();
    for (const ToyNetwork::Merge& merge : network.merges) {
        CHECK(merge.others.size() <= 1);
    }
    CHECK(network.finished(0).size() == 4);
    CHECK(network.finished(1).size() == 4);
}

TEST_CASE("el-local: every model that was sent is merged, replaced or counted as late") {
    for (const int delay_ms : {1, 12, 40, 1000}) {
        CAPTURE(delay_ms);
        ToyNetwork::Options options = five_nodes(6);
        options.delay = [delay_ms](NodeId, NodeId) { return SimTime(Milliseconds(delay_ms)); };
        options.training_time = [](NodeId node) { return SimTime(Milliseconds(5 + 4 * node)); };
        ToyNetwork network(options, el_local(2, Milliseconds(10)));
        network.run();
        std::uint64_t merged = 0;
        for (const ToyNetwork::Merge& merge : network.merges) {
            merged += merge.others.size();
        }
        CHECK(merged + network.counts["replaced_models"] + network.counts["late_models"] ==
              network.sent.size());
        CHECK((merged == 0) == (delay_ms == 1000));
    }
}

}  // namespace
}  // namespace murmur
