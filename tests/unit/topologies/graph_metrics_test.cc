#include "topologies/graph_metrics.h"

#include "tests/support/doctest.h"
#include "topologies/generators.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

TEST_CASE("degree_figures: least, mean and most of the degrees") {
    const DegreeFigures figures = degree_figures(star(11));
    CHECK(figures.min == 1);
    CHECK(figures.mean == doctest::Approx(20.0 / 11.0));
    CHECK(figures.max == 10);
    CHECK(degree_figures(k_regular(30, 7, 1)).min == 7);
    CHECK(degree_figures(make_graph(2, {})).max == 0);
}

TEST_CASE("theory: diameters in closed form") {
    CHECK(diameter(ring(16)) == 8);
    CHECK(diameter(ring(17)) == 8);
    CHECK(diameter(fully_connected(9)) == 1);
    CHECK(diameter(star(9)) == 2);
    CHECK(diameter(star(2)) == 1);
    CHECK(diameter(torus(4, 7)) == 2 + 3);
    CHECK(diameter(make_graph(1, {})) == 0);
    CHECK(diameter(make_graph(4, {{0, 1}, {1, 2}, {2, 3}})) == 3);
}

TEST_CASE("theory: the exponential graph is at most log2(N) hops wide") {
    for (const NodeId num_nodes : {8u, 37u, 64u, 100u}) {
        CHECK(diameter(exponential(num_nodes)) <= std::bit_width(num_nodes));
    }
}

/// The definition: breadth-first searches from one node after the other.
NodeId plain_diameter(const Graph& graph) {
    NodeId largest = 0;
    for (NodeId source = 0; source < boost::num_vertices(graph); ++source) {
        std::vector<NodeId> distance(boost::num_vertices(graph), 0);
        std::vector<NodeId> queue{source};
        for (std::size_t head = 0; head < queue.size(); ++head) {
            for (const NodeId neighbor : sorted_neighbors(graph, queue[head])) {
                if (neighbor != source && distance[neighbor] == 0) {
                    distance[neighbor] = distance[queue[head]] + 1;
                    queue.push_back(neighbor);
                }
            }
        }
        largest = std::max(largest, distance[queue.back()]);
    }
    return largest;
}

// 64 searches run at once: sizes around multiples of it, and graphs whose two most distant nodes
// are in one batch or in two.
TEST_CASE("diameter: agrees with searches from one node after the other") {
    for (const NodeId num_nodes : {2u, 3u, 63u, 64u, 65u, 127u, 129u, 300u}) {
        CAPTURE(num_nodes);
        std::vector<Graph> graphs{ring(std::max(3u, num_nodes)), star(num_nodes)};
        for (std::uint64_t seed = 1; seed <= 3 && num_nodes > 60; ++seed) {
            graphs.push_back(erdos_renyi(num_nodes, 0.1, seed));
            graphs.push_back(barabasi_albert(num_nodes, 1, seed));
            graphs.push_back(small_world(num_nodes, 4, 0.05, seed));
        }
        for (const Graph& graph : graphs) {
            CHECK(diameter(graph) == plain_diameter(graph));
        }
    }
}

TEST_CASE("graph_metrics: what has no such figure is refused") {
    CHECK_THROWS_WITH_AS((void)diameter(make_graph(3, {{0, 1}})),
                         "diameter: the graph is not connected",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)diameter(make_graph(0, {})),
                         "diameter: the graph is not connected",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)degree_figures(make_graph(0, {})),
                         "degree_figures: the graph has no node",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
