#include "emulator/protocols/knn.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

namespace murmur {
namespace {

using test::ToyNetwork;

TEST_CASE("cosine similarity of histograms") {
    using Histogram = std::vector<std::uint32_t>;
    CHECK(cosine_similarity(Histogram{1, 2, 0}, Histogram{2, 4, 0}) == doctest::Approx(1));
    CHECK(cosine_similarity(Histogram{1, 0}, Histogram{0, 9}) == 0);
    CHECK(cosine_similarity(Histogram{1, 0}, Histogram{1, 1}) == doctest::Approx(std::sqrt(0.5)));
    CHECK(cosine_similarity(Histogram{0, 0}, Histogram{1, 1}) == 0);
    CHECK(cosine_similarity(Histogram{4000000000U}, Histogram{4000000000U}) == doctest::Approx(1));
}

/// Ten nodes on a ring; node i has labels of class i mod 3 and, so that none are equal, a few more.
ToyNetwork::Options ten_nodes() {
    ToyNetwork::Options options;
    options.num_nodes = 10;
    options.num_rounds = 2;
    options.neighbors = test::ring_row;
    options.delay = [](NodeId from, NodeId to) {
        return SimTime(1'000'000 + 3'000'000 * ((from * 7 + to * 5) % 11));
    };
    for (NodeId node = 0; node < 10; ++node) {
        std::vector<std::uint32_t> histogram{node, 3 * node % 7, 1};
        histogram[node % 3] += 50;
        options.histograms.push_back(histogram);
        options.starts.push_back({static_cast<float>(node)});
    }
    return options;
}

double angle(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
    long double product = 0;
    long double square_a = 0;
    long double square_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += static_cast<long double>(a[i]) * b[i];
        square_a += static_cast<long double>(a[i]) * a[i];
        square_b += static_cast<long double>(b[i]) * b[i];
    }
    return static_cast<double>(std::acos(product / std::sqrt(square_a * square_b)));
}

/// The peers of each node by definition: edges to the k nearest (or farthest) of the nodes within
/// `hops` on the ring, taken in both directions.
std::vector<std::set<NodeId>> expected_peers(const ToyNetwork::Options& options,
                                             std::size_t k,
                                             bool most_similar,
                                             NodeId hops) {
    std::vector<std::set<NodeId>> peers(options.num_nodes);
    for (NodeId node = 0; node < options.num_nodes; ++node) {
        std::vector<std::pair<double, NodeId>> others;
        for (NodeId other = 0; other < options.num_nodes; ++other) {
            const NodeId up = (other + options.num_nodes - node) % options.num_nodes;
            if (other != node && std::min(up, options.num_nodes - up) <= hops) {
                const double distance = angle(options.histograms[node], options.histograms[other]);
                others.emplace_back(most_similar ? distance : -distance, other);
            }
        }
        std::sort(others.begin(), others.end());
        for (std::size_t i = 0; i < std::min(k, others.size()); ++i) {
            peers[node].insert(others[i].second);
            peers[others[i].second].insert(node);
        }
    }
    return peers;
}

/// Whom each node sent models to.
std::vector<std::set<NodeId>> used_peers(const ToyNetwork& network) {
    std::vector<std::set<NodeId>> peers(10);
    for (const ToyNetwork::Sent& message : network.sent) {
        if (message.has_model) {
            peers[message.from].insert(message.to);
        }
    }
    return peers;
}

ToyNetwork run(Knn::Options knn) {
    ToyNetwork network(ten_nodes(), [knn](NodeContext& node) { return std::make_unique<Knn>(node, knn); });
    network.run();
    return network;
}

TEST_CASE("knn finds the k nearest or farthest of all nodes within its hops, and who chose it") {
    for (const bool most_similar : {true, false}) {
        for (const NodeId hops : {1, 2, 5}) {
            for (const std::size_t k : {1, 3}) {
                CAPTURE(most_similar);
                CAPTURE(hops);
                CAPTURE(k);
                const ToyNetwork network =
                    run({.k = k, .most_similar = most_similar, .hops = hops});
                CHECK(used_peers(network) == expected_peers(ten_nodes(), k, most_similar, hops));
            }
        }
    }
}

// Expectation: D-PSGD over that graph with Metropolis-Hastings weights, without training.
TEST_CASE("knn averages with Metropolis-Hastings weights of the graph that it found") {
    const ToyNetwork network = run({.k = 3, .most_similar = true, .hops = 5});
    const std::vector<std::set<NodeId>> peers = expected_peers(ten_nodes(), 3, true, 5);
    std::vector<double> x(10);
    for (NodeId node = 0; node < 10; ++node) {
        x[node] = node;
    }
    for (std::size_t round = 0; round < 2; ++round) {
        std::vector<double> next = x;
        for (NodeId node = 0; node < 10; ++node) {
            for (const NodeId peer : peers[node]) {
                const auto larger = std::max(peers[node].size(), peers[peer].size());
                next[node] += (x[peer] - x[node]) / static_cast<double>(larger + 1);
            }
        }
        x = next;
        for (NodeId node = 0; node < 10; ++node) {
            REQUIRE(network.finished(node).size() == 2);
            CHECK(network.finished(node)[round][0] == doctest::Approx(x[node]).epsilon(1e-5));
        }
    }
}

TEST_CASE("knn: histograms and choices travel as notes of their sizes") {
    const ToyNetwork network = run({.k = 2, .most_similar = true, .hops = 3});
    std::uint64_t histograms = 0;
    std::uint64_t choices = 0;
    for (const ToyNetwork::Sent& message : network.sent) {
        if (message.note && message.note->kind() == 0) {
            histograms += message.note->size_bytes();
        } else if (message.note && message.note->kind() == 1) {
            choices += message.note->size_bytes();
        }
    }
    // Each of 10 nodes sends both neighbors 3 notes: its own item, then twice the 2 new ones.
    CHECK(histograms == 10 * 2 * (3 * 8 + 5 * (8 + 3 * 4)));
    CHECK(choices == 10 * 2 * (3 * 8 + 5 * (8 + 2 * 4)));
}

TEST_CASE("knn: a halted node says what it waits for") {
    ToyNetwork network(ten_nodes(), [](NodeContext& node) {
        return std::make_unique<Knn>(node, Knn::Options{.k = 2, .most_similar = true, .hops = 3});
    });
    network.run(/*most_events=*/10);
    CHECK(network.waits_for(4) == "histograms of its neighbors");
    CHECK_FALSE(network.waits_for(4) == "round 0: its own training");
}

}  // namespace
}  // namespace murmur
