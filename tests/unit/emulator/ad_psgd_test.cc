#include "emulator/protocols/ad_psgd.h"

#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace murmur {
namespace {

using test::ToyNetwork;

constexpr NodeId kNodes = 9;
constexpr std::uint64_t kRounds = 40;

/// Unlike links and devices, node 0 the slowest; node i starts from i.
ToyNetwork::Options unlike(MixingMatrix::Row (*neighbors)(NodeId, NodeId)) {
    ToyNetwork::Options options;
    options.num_nodes = kNodes;
    options.num_rounds = kRounds;
    options.neighbors = neighbors;
    options.delay = [](NodeId from, NodeId to) {
        return SimTime(200'000 + 700'000 * ((from * 5 + to * 3) % 7));
    };
    options.training_time = [](NodeId node) {
        return SimTime(node == 0 ? 20'000'000 : 3'000'000 + 411'000 * node);
    };
    for (NodeId node = 0; node < kNodes; ++node) {
        options.starts.push_back({static_cast<float>(node)});
    }
    return options;
}

ProtocolFactory ad_psgd() {
    return [](NodeContext& node) { return std::make_unique<AdPsgd>(node); };
}

double sum_of(const ToyNetwork& network) {
    double sum = 0;
    for (NodeId node = 0; node < kNodes; ++node) {
        sum += network.newest(node)[0];
    }
    return sum;
}

double spread_of(const ToyNetwork& network) {
    double low = network.newest(0)[0];
    double high = low;
    for (NodeId node = 0; node < kNodes; ++node) {
        low = std::min<double>(low, network.newest(node)[0]);
        high = std::max<double>(high, network.newest(node)[0]);
    }
    return high - low;
}

/// Node 0 in the middle: all ask it, all the time.
MixingMatrix::Row star_row(NodeId node, NodeId num_nodes) {
    return node == 0 ? test::full_row(node, num_nodes)
                     : MixingMatrix::Row{.self = 0.5, .neighbors = {{0, 0.5}}};
}

void check_all_finished(const ToyNetwork& network) {
    for (NodeId node = 0; node < kNodes; ++node) {
        CAPTURE(network.waits_for(node));
        CHECK(network.finished(node).size() == kRounds);
    }
}

// Expectation: training that changes nothing leaves the mean where it was, and averaging draws the
// models together.
TEST_CASE("ad-psgd keeps the mean and shrinks the distance, on any graph") {
    for (const auto neighbors : {test::ring_row, test::full_row, star_row}) {
        ToyNetwork network(unlike(neighbors), ad_psgd());
        network.run();
        check_all_finished(network);
        CHECK(sum_of(network) == doctest::Approx(kNodes * (kNodes - 1) / 2.0).epsilon(1e-5));
        CHECK(spread_of(network) < 0.2);
    }
}

// Expectation: each local work adds 1, so that the sum grows by one per node and round, whatever
// was averaged while a node trained: no change is lost and none applied twice.
TEST_CASE("ad-psgd applies every change once to the newest model") {
    ToyNetwork::Options options = unlike(test::full_row);
    options.train = [](NodeId, ToyNetwork::Values x) {
        x[0] += 1;
        return x;
    };
    ToyNetwork network(options, ad_psgd());
    network.run();
    check_all_finished(network);
    const double expected = kNodes * (kNodes - 1) / 2.0 + static_cast<double>(kNodes * kRounds);
    CHECK(sum_of(network) == doctest::Approx(expected).epsilon(1e-5));
}

// Expectation: whoever averages with j at x_j, j averages with it too, and both have the same.
TEST_CASE("ad-psgd averages both ends of a pair alike") {
    ToyNetwork network(unlike(test::full_row), ad_psgd());
    network.run();
    // Node, other and value of each merge, the pair in ascending order.
    std::map<std::tuple<NodeId, NodeId, float>, int> balance;
    for (const ToyNetwork::Merge& merge : network.merges) {
        REQUIRE(merge.others.size() == 1);
        CHECK(merge.self_weight == 0.5);
        CHECK(merge.others[0].second == 0.5);
        const NodeId other = merge.others[0].first;
        balance[{std::min(merge.node, other), std::max(merge.node, other), merge.result[0]}] +=
            merge.node < other ? 1 : -1;
    }
    CHECK(network.merges.size() == 2 * kNodes * kRounds);
    CHECK(std::all_of(balance.begin(), balance.end(), [](const auto& b) { return b.second == 0; }));
}

TEST_CASE("ad-psgd: two nodes that ask each other at the same instant both get through") {
    ToyNetwork::Options options;
    options.num_nodes = 2;
    options.num_rounds = 5;
    options.neighbors = test::full_row;
    options.starts = {{0.0F}, {1.0F}};
    ToyNetwork network(options, ad_psgd());
    network.run();
    CHECK(network.finished(0).size() == 5);
    CHECK(network.finished(1).size() == 5);
    CHECK(network.newest(0) == ToyNetwork::Values{0.5F});
    CHECK(network.newest(1) == ToyNetwork::Values{0.5F});
}

// Expectation: a fast node does not wait for the slowest one's rounds; with D-PSGD on a full graph
// all would need kRounds of its training times.
TEST_CASE("ad-psgd: fast nodes are done long before the slow one, and still answer it") {
    ToyNetwork::Options options = unlike(test::full_row);
    std::vector<SimTime> last(kNodes);
    ToyNetwork* network = nullptr;
    options.train = [&](NodeId node, ToyNetwork::Values x) {
        last[node] = network->now();
        return x;
    };
    ToyNetwork made(options, ad_psgd());
    network = &made;
    network->run();
    check_all_finished(*network);
    for (NodeId node = 1; node < kNodes; ++node) {
        CHECK(last[node] < last[0] * 3 / 4);
    }
}

TEST_CASE("ad-psgd: a node without neighbors trains alone") {
    ToyNetwork::Options options;
    options.num_nodes = 1;
    options.num_rounds = 3;
    options.neighbors = test::full_row;
    options.starts = {{0.0F}};
    options.train = [](NodeId, ToyNetwork::Values x) {
        x[0] += 1;
        return x;
    };
    ToyNetwork network(options, ad_psgd());
    network.run();
    REQUIRE(network.finished(0).size() == 3);
    CHECK(network.finished(0).back() == ToyNetwork::Values{3.0F});
}

}  // namespace
}  // namespace murmur
