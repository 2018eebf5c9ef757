#include "topologies/generators.h"

#include "tests/support/doctest.h"
#include "topologies/graph_metrics.h"

#include <stdexcept>

namespace murmur {
namespace {

using Edges = std::vector<std::pair<NodeId, NodeId>>;

TEST_CASE("generators: the smallest ring, full graph and star") {
    CHECK(sorted_edges(ring(3)) == Edges{{0, 1}, {0, 2}, {1, 2}});
    CHECK(sorted_edges(ring(5)) == Edges{{0, 1}, {0, 4}, {1, 2}, {2, 3}, {3, 4}});
    CHECK(sorted_edges(fully_connected(2)) == Edges{{0, 1}});
    CHECK(sorted_edges(fully_connected(4)) ==
          Edges{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}});
    CHECK(sorted_edges(star(4)) == Edges{{0, 1}, {0, 2}, {0, 3}});
}

TEST_CASE("torus: four neighbors, around both axes") {
    const Graph graph = torus(3, 4);
    CHECK(sorted_neighbors(graph, 0) == std::vector<NodeId>{1, 3, 4, 8});
    CHECK(sorted_neighbors(graph, 6) == std::vector<NodeId>{2, 5, 7, 10});
    for (NodeId rows = 3; rows < 8; ++rows) {
        for (NodeId columns = 3; columns < 8; ++columns) {
            const Graph each = torus(rows, columns);
            CHECK(degree_figures(each).min == 4);
            CHECK(degree_figures(each).max == 4);
            CHECK(is_connected(each));
        }
    }
}

TEST_CASE("torus: the most nearly square sides") {
    CHECK(sorted_edges(torus(12)) == sorted_edges(torus(3, 4)));
    CHECK(sorted_edges(torus(64)) == sorted_edges(torus(8, 8)));
    CHECK(sorted_edges(torus(90)) == sorted_edges(torus(9, 10)));
}

TEST_CASE("exponential: neighbors at the powers of two, in both directions") {
    CHECK(sorted_neighbors(exponential(16), 0) == std::vector<NodeId>{1, 2, 4, 8, 12, 14, 15});
    CHECK(sorted_neighbors(exponential(11), 3) == std::vector<NodeId>{0, 1, 2, 4, 5, 6, 7, 10});
    CHECK(sorted_edges(exponential(2)) == Edges{{0, 1}});
    for (NodeId num_nodes = 2; num_nodes < 40; ++num_nodes) {
        const Graph graph = exponential(num_nodes);
        CHECK(is_connected(graph));
        CHECK(degree_figures(graph).min == degree_figures(graph).max);
    }
}

TEST_CASE("generators: too few nodes are refused") {
    CHECK_THROWS_WITH_AS(
        ring(2), "ring: too few nodes, got 2, allowed 3 or more", std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        fully_connected(1), "full: too few nodes, got 1, allowed 2 or more", std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        star(0), "star: too few nodes, got 0, allowed 2 or more", std::invalid_argument);
    CHECK_THROWS_WITH_AS(exponential(1),
                         "exponential: too few nodes, got 1, allowed 2 or more",
                         std::invalid_argument);
}

TEST_CASE("torus: numbers of nodes and sides that make none are refused") {
    CHECK_THROWS_WITH_AS(torus(2, 8),
                         "torus: a side is too short, got 2x8, allowed 3 or more rows and columns",
                         std::invalid_argument);
    for (const NodeId num_nodes : {4u, 8u, 13u, 14u}) {
        CHECK_THROWS_AS(torus(num_nodes), std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS(torus(13),
                         "torus: 13 nodes are not ROWS x COLUMNS with both at least 3; take a "
                         "number of nodes such as 9, 12, 15 or 16",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
