#include "topologies/graph.h"

#include "tests/support/doctest.h"

#include <stdexcept>

namespace murmur {
namespace {

using Edges = std::vector<std::pair<NodeId, NodeId>>;

TEST_CASE("graph: edges and neighbors come sorted, whatever the order and direction given") {
    const Graph graph = make_graph(5, {{4, 3}, {2, 0}, {0, 1}, {3, 0}});
    CHECK(sorted_edges(graph) == Edges{{0, 1}, {0, 2}, {0, 3}, {3, 4}});
    CHECK(sorted_neighbors(graph, 0) == std::vector<NodeId>{1, 2, 3});
    CHECK(sorted_neighbors(graph, 4) == std::vector<NodeId>{3});
    CHECK(sorted_neighbors(graph, 3) == std::vector<NodeId>{0, 4});
}

TEST_CASE("graph: connected means one piece") {
    CHECK(is_connected(make_graph(3, {{0, 1}, {1, 2}})));
    CHECK(is_connected(make_graph(1, {})));
    CHECK_FALSE(is_connected(make_graph(3, {{0, 1}})));
    CHECK_FALSE(is_connected(make_graph(0, {})));
}

TEST_CASE("graph: impossible edges are refused") {
    CHECK_THROWS_WITH_AS(make_graph(5, {{0, 1}, {9, 2}}),
                         "make_graph: node id out of range in edge 9 2, got 9, allowed 0 <= id < 5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(make_graph(5, {{3, 3}}),
                         "make_graph: self-loop, got edge 3 3; an edge joins two different nodes",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(make_graph(5, {{0, 1}, {2, 3}, {1, 0}}),
                         "make_graph: repeated edge 0 1; edges are undirected, give each once",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
