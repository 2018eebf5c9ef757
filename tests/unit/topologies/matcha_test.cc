#include "topologies/matcha.h"

#include "tests/support/doctest.h"
#include "topologies/generators.h"
#include "topologies/mixing.h"
#include "topologies/overlays.h"

#include <cmath>
#include <numeric>
#include <set>
#include <stdexcept>
#include <vector>

namespace murmur {

TEST_CASE("matcha: matchings hold every edge once, and no node twice") {
    const Graph graph = barabasi_albert(40, 3, 5);
    const Matcha plan = plan_matcha(graph, 0.4);
    std::set<std::pair<NodeId, NodeId>> edges;
    for (const auto& matching : plan.matchings) {
        std::set<NodeId> nodes;
        for (const auto& [u, v] : matching) {
            CHECK(nodes.insert(u).second);
            CHECK(nodes.insert(v).second);
            CHECK(edges.emplace(u, v).second);
        }
    }
    CHECK(edges.size() == boost::num_edges(graph));
    const double sum = std::accumulate(plan.probabilities.begin(), plan.probabilities.end(), 0.0);
    CHECK(sum == doctest::Approx(0.4 * static_cast<double>(plan.matchings.size())));
}

// Expectation: with all edges there, alpha = 2 / (lambda_2 + lambda_n) of the Laplacian and the
// norm is (1 - alpha lambda_2)^2; of a ring the eigenvalues are 2 - 2 cos(2 pi k / n), of a star 1,
// n.
TEST_CASE("matcha: the mixing weight of a graph with all its edges is the best one") {
    const Matcha of_ring = plan_matcha(ring(8), 1);
    const double second = 2 - std::sqrt(2.0);
    CHECK(of_ring.mixing_weight == doctest::Approx(2 / (second + 4)).epsilon(2e-3));
    CHECK(of_ring.spectral_norm ==
          doctest::Approx(std::pow(1 - 2 * second / (second + 4), 2)).epsilon(1e-4));
    CHECK(plan_matcha(star(8), 1).mixing_weight == doctest::Approx(2.0 / 9).epsilon(1e-4));
}

// Expectation: W is I - alpha L in half of the rounds and I in the others, so that the norm
// ((1 - 2 alpha)^2 + 1) / 2 is least, 1/2, at alpha = 1/2.
TEST_CASE("matcha: two nodes") {
    const Matcha plan = plan_matcha(fully_connected(2), 0.5);
    CHECK(plan.probabilities == std::vector<double>{0.5});
    CHECK(plan.mixing_weight == doctest::Approx(0.5).epsilon(1e-6));
    CHECK(plan.spectral_norm == doctest::Approx(0.5).epsilon(1e-6));
    CHECK(plan_matcha(fully_connected(2), 1).probabilities == std::vector<double>{1});
    CHECK(plan_matcha(fully_connected(2), 1).spectral_norm < 1e-6);
    CHECK(make_mixing("matcha:full", 2, 2, 5).num_nodes() == 2);
}

// Expectation: a bridge between two dense halves must be there more often than an edge inside.
TEST_CASE("matcha: a bridge is there more often than other edges, and mixing is better for it") {
    std::vector<std::pair<NodeId, NodeId>> edges{{0, 5}};
    for (const NodeId first : {0, 5}) {
        for (NodeId u = 0; u < 5; ++u) {
            for (NodeId v = u + 1; v < 5; ++v) {
                edges.emplace_back(first + u, first + v);
            }
        }
    }
    const Matcha plan = plan_matcha(make_graph(10, edges), 0.4);
    double of_bridge = 0;
    for (std::size_t j = 0; j < plan.matchings.size(); ++j) {
        for (const auto& edge : plan.matchings[j]) {
            of_bridge = edge == std::pair<NodeId, NodeId>(0, 5) ? plan.probabilities[j] : of_bridge;
        }
    }
    CHECK(of_bridge > 0.9);
    CHECK(plan.spectral_norm < 1);
}

// Expectation: edges are there as often as their probability says, over many rounds.
TEST_CASE("matcha: rounds are drawn by the probabilities, the same again for the same seed") {
    const Graph graph = ring(8);
    const Matcha plan = plan_matcha(graph, 0.3);
    constexpr std::uint64_t kRounds = 4000;
    double edges = 0;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        const MixingMatrix weights = matcha_round(plan, 8, 7, round);
        for (NodeId node = 0; node < 8; ++node) {
            edges += static_cast<double>(weights.row(node).neighbors.size()) / 2;
            double row = weights.row(node).self;
            for (const NeighborWeight& edge : weights.row(node).neighbors) {
                row += edge.weight;
            }
            CHECK(row == doctest::Approx(1));
        }
    }
    // A standard error of 0.046 edges a round.
    CHECK(edges / kRounds == doctest::Approx(0.3 * 8).epsilon(0.08));
    CHECK(matcha_round(plan, 8, 7, 3).row(2).self == matcha_round(plan, 8, 7, 3).row(2).self);
}

TEST_CASE("matcha: as an overlay") {
    CHECK(brings_weights("matcha:ring"));
    CHECK(make_mixing("matcha:regular:3,budget=0.4", 10, 2, 5).num_nodes() == 10);
    for (const char* spec : {"matcha:ring,budget=0", "matcha:no-such", "matcha"}) {
        CHECK_THROWS_AS((void)make_mixing(spec, 10, 0, 1), std::invalid_argument);
    }
}

}  // namespace murmur
