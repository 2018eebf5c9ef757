#include "tests/support/doctest.h"
#include "topologies/generators.h"
#include "topologies/graph_metrics.h"

#include <cmath>
#include <ctime>
#include <limits>
#include <set>
#include <stdexcept>

namespace murmur {
namespace {

constexpr std::uint64_t kNumSeeds = 20;

// make_graph refuses self-loops and repeated edges, so whatever a generator returns is simple.

TEST_CASE("k_regular: connected and of the right degree, for every degree that there is") {
    for (NodeId num_nodes = 3; num_nodes <= 24; ++num_nodes) {
        for (NodeId degree = 2; degree < num_nodes; ++degree) {
            if (num_nodes * degree % 2 == 1) {
                continue;
            }
            for (std::uint64_t seed = 0; seed < 5; ++seed) {
                CAPTURE(num_nodes);
                CAPTURE(degree);
                CAPTURE(seed);
                const Graph graph = k_regular(num_nodes, degree, seed);
                const DegreeFigures figures = degree_figures(graph);
                CHECK(figures.min == degree);
                CHECK(figures.max == degree);
                CHECK(is_connected(graph));
            }
        }
    }
    CHECK(boost::num_edges(k_regular(2, 1, 0)) == 1);
}

TEST_CASE("k_regular: a function of the seed, and of nothing else") {
    CHECK(sorted_edges(k_regular(100, 5, 7)) == sorted_edges(k_regular(100, 5, 7)));
    std::set<std::vector<std::pair<NodeId, NodeId>>> graphs;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        graphs.insert(sorted_edges(k_regular(100, 5, seed)));
    }
    CHECK(graphs.size() == 50);
}

TEST_CASE("k_regular: the same graph on every platform") {
    // Recorded: a difference is a changed behavior, and moves the results of every run.
    const std::vector<std::pair<NodeId, NodeId>> expected = {{0, 1},
                                                             {0, 6},
                                                             {0, 7},
                                                             {1, 2},
                                                             {1, 4},
                                                             {2, 3},
                                                             {2, 6},
                                                             {3, 5},
                                                             {3, 7},
                                                             {4, 5},
                                                             {4, 6},
                                                             {5, 7}};
    CHECK(sorted_edges(k_regular(8, 3, 1)) == expected);
}

TEST_CASE("theory: every labeled 3-regular graph on 6 nodes can be drawn") {
    // Expectation: 70 of them, all connected: 60 prisms and 10 times K(3,3).
    std::set<std::vector<std::pair<NodeId, NodeId>>> graphs;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        graphs.insert(sorted_edges(k_regular(6, 3, seed)));
    }
    CHECK(graphs.size() == 70);
}

TEST_CASE("theory: neighbors of a random regular graph are spread evenly") {
    // Expectation: two given nodes are neighbors with probability degree / (N - 1) = 1/5; over
    // 5000 seeds the count has mean 1000 and standard deviation 28.
    int count = 0;
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        count += boost::edge(3, 11, k_regular(21, 4, seed)).second ? 1 : 0;
    }
    CHECK(std::abs(count - 1000) < 4 * 28);
}

TEST_CASE("k_regular: ten thousand nodes, and dense graphs, take well under a second") {
    const std::clock_t begin = std::clock();
    CHECK(is_connected(k_regular(10000, 10, 1)));
    CHECK(degree_figures(k_regular(10001, 2, 1)).max == 2);
    CHECK(degree_figures(k_regular(1000, 499, 1)).min == 499);
    CHECK(degree_figures(k_regular(1000, 990, 1)).min == 990);
    // CPU time, and a bound that slow machines and sanitizers keep too: this takes 0.5 s.
    CHECK(std::clock() - begin < 30 * CLOCKS_PER_SEC);
}

TEST_CASE("k_regular: degrees that no connected graph has are refused") {
    CHECK_THROWS_WITH_AS(k_regular(9, 3, 1),
                         "k_regular: no 3-regular graph on 9 nodes exists, num_nodes * degree is "
                         "odd; make either even",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(k_regular(8, 8, 1),
                         "k_regular: no 8-regular graph on 8 nodes exists, a node has at most 7 "
                         "neighbors; make the degree smaller",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(k_regular(8, 1, 1),
                         "k_regular: no connected 1-regular graph on 8 nodes exists; make the "
                         "degree 2 or more",
                         std::invalid_argument);
    CHECK_THROWS_AS(k_regular(8, 0, 1), std::invalid_argument);
    CHECK_THROWS_WITH_AS(k_regular(1, 0, 1),
                         "k_regular: too few nodes, got 1, allowed 2 or more",
                         std::invalid_argument);
}

TEST_CASE("small_world: keeps the number of edges and stays connected") {
    for (std::uint64_t seed = 0; seed < kNumSeeds; ++seed) {
        for (const double p : {0.0, 0.1, 0.5, 1.0}) {
            CAPTURE(seed);
            CAPTURE(p);
            const Graph graph = small_world(50, 4, p, seed);
            CHECK(boost::num_edges(graph) == 100);
            CHECK(is_connected(graph));
            CHECK(degree_figures(graph).min >= 2);  // a node keeps its own half of the edges
        }
    }
    CHECK(boost::num_edges(small_world(5, 4, 1.0, 1)) == 10);  // complete: nowhere to rewire to
}

TEST_CASE("small_world: without rewiring it is the ring lattice") {
    CHECK(sorted_edges(small_world(12, 2, 0.0, 1)) == sorted_edges(ring(12)));
    CHECK(sorted_neighbors(small_world(12, 4, 0.0, 1), 0) == std::vector<NodeId>{1, 2, 10, 11});
}

TEST_CASE("theory: rewiring moves the expected share of edges") {
    // Expectation: of 4000 edges 800 are rewired, standard deviation 25; hardly any comes to lie
    // on the lattice again.
    const Graph graph = small_world(1000, 8, 0.2, 3);
    int num_moved = 0;
    for (const auto& [u, v] : sorted_edges(graph)) {
        const NodeId distance = std::min(v - u, 1000 - (v - u));
        num_moved += distance > 4 ? 1 : 0;
    }
    CHECK(std::abs(num_moved - 800) < 4 * 25);
}

TEST_CASE("small_world: impossible parameters are refused") {
    CHECK_THROWS_WITH_AS(small_world(10, 3, 0.1, 1),
                         "small-world: K nearest neighbors on a ring of 10 nodes, got K = 3, "
                         "allowed an even number from 2 to 8",
                         std::invalid_argument);
    CHECK_THROWS_AS(small_world(10, 10, 0.1, 1), std::invalid_argument);
    CHECK_THROWS_AS(small_world(10, 0, 0.1, 1), std::invalid_argument);
    CHECK_THROWS_WITH_AS(small_world(10, 4, 1.5, 1),
                         "small-world: P is not a probability, got 1.5, allowed 0 ... 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(small_world(2, 2, 0.1, 1),
                         "small-world: too few nodes, got 2, allowed 3 or more",
                         std::invalid_argument);
}

TEST_CASE("erdos_renyi: connected for every seed") {
    for (std::uint64_t seed = 0; seed < kNumSeeds; ++seed) {
        CAPTURE(seed);
        CHECK(is_connected(erdos_renyi(60, 0.1, seed)));
        CHECK(is_connected(erdos_renyi(2, 0.5, seed)));
    }
    CHECK(boost::num_edges(erdos_renyi(30, 1.0, 1)) == 30 * 29 / 2);
}

TEST_CASE("theory: edges of G(N, P) are Bernoulli draws, alike for every pair") {
    // Expectation: N(N-1)/2 P = 19900 * 0.3 = 5970 edges, standard deviation 65; and a first, a
    // middle and the last pair each in 30 % of 2000 graphs on 12 nodes, standard deviation 21.
    CHECK(std::abs(static_cast<double>(boost::num_edges(erdos_renyi(200, 0.3, 5))) - 5970.0) <
          4 * 65);
    const std::pair<NodeId, NodeId> pairs[] = {{0, 1}, {0, 11}, {4, 9}, {5, 6}, {10, 11}};
    for (const auto& [u, v] : pairs) {
        CAPTURE(u);
        CAPTURE(v);
        int count = 0;
        for (std::uint64_t seed = 0; seed < 2000; ++seed) {
            count += boost::edge(u, v, erdos_renyi(12, 0.6, seed)).second ? 1 : 0;
        }
        CHECK(std::abs(count - 1200) < 4 * 22);
    }
}

TEST_CASE("erdos_renyi: below the connectivity threshold the error says so") {
    CHECK_THROWS_WITH_AS(
        erdos_renyi(1000, 0.001, 1),
        "erdos-renyi: 1000 nodes, P = 0.001, got no connected graph in 100 draws; the connectivity "
        "threshold ln(N)/N is 0.006908 here, take a P well above it",
        std::invalid_argument);
    CHECK_THROWS_AS(erdos_renyi(10, 0.0, 1), std::invalid_argument);
    CHECK_THROWS_WITH_AS(erdos_renyi(10, -0.5, 1),
                         "erdos-renyi: P is not a probability, got -0.5, allowed 0 ... 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(erdos_renyi(10, std::numeric_limits<double>::quiet_NaN(), 1),
                         "erdos-renyi: P is not a probability, got nan, allowed 0 ... 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(erdos_renyi(1, 0.5, 1),
                         "erdos-renyi: too few nodes, got 1, allowed 2 or more",
                         std::invalid_argument);
}

TEST_CASE("barabasi_albert: M edges for every node that joins, on top of a star of M") {
    for (std::uint64_t seed = 0; seed < kNumSeeds; ++seed) {
        for (const NodeId m : {1u, 2u, 5u, 39u}) {
            CAPTURE(seed);
            CAPTURE(m);
            const Graph graph = barabasi_albert(40, m, seed);
            CHECK(boost::num_edges(graph) == m * (40 - m));
            CHECK(is_connected(graph));
        }
    }
    CHECK(sorted_edges(barabasi_albert(6, 5, 1)) == sorted_edges(star(6)));
}

TEST_CASE("theory: preferential attachment has a heavy tail") {
    // Expectation: the degrees follow 2 m (m+1) / (k (k+1) (k+2)): half of the nodes have
    // degree m = 2 (standard deviation of the share below 0.01), and hubs of many times the mean
    // 4 exist, where an Erdos-Renyi graph of that mean has none above 20.
    const Graph graph = barabasi_albert(5000, 2, 1);
    int num_of_degree_2 = 0;
    for (NodeId node = 0; node < 5000; ++node) {
        num_of_degree_2 += boost::out_degree(node, graph) == 2 ? 1 : 0;
    }
    CHECK(num_of_degree_2 / 5000.0 == doctest::Approx(0.5).epsilon(0.06));
    CHECK(degree_figures(graph).max > 60);
}

TEST_CASE("barabasi_albert: impossible numbers of edges are refused") {
    CHECK_THROWS_WITH_AS(
        barabasi_albert(10, 0, 1),
        "barabasi-albert: M edges per node on 10 nodes, got M = 0, allowed 1 ... 9",
        std::invalid_argument);
    CHECK_THROWS_AS(barabasi_albert(10, 10, 1), std::invalid_argument);
    CHECK_THROWS_WITH_AS(barabasi_albert(1, 1, 1),
                         "barabasi-albert: too few nodes, got 1, allowed 2 or more",
                         std::invalid_argument);
}

TEST_CASE("generators: another seed is another graph, the same seed the same one") {
    const auto all = [](std::uint64_t seed) {
        std::vector<std::vector<std::pair<NodeId, NodeId>>> graphs;
        for (const Graph& graph : {small_world(40, 4, 0.3, seed),
                                   erdos_renyi(40, 0.2, seed),
                                   barabasi_albert(40, 3, seed),
                                   k_regular(40, 30, seed)}) {
            graphs.push_back(sorted_edges(graph));
        }
        return graphs;
    };
    const auto first = all(1);
    const auto second = all(2);
    CHECK(first == all(1));
    for (std::size_t i = 0; i < first.size(); ++i) {
        CHECK(first[i] != second[i]);
    }
}

}  // namespace
}  // namespace murmur
