#include "topologies/graph_metrics.h"

#include "tests/support/doctest.h"
#include "topologies/generators.h"

#include <bit>
#include <stdexcept>

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
