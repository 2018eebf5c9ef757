#include "emulator/network/overlay.h"

#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "topologies/graph.h"
#include "topologies/overlays.h"

#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using Edges = std::vector<std::pair<NodeId, NodeId>>;

std::vector<Edges> edges_of(const Overlay& overlay, std::uint64_t rounds) {
    std::vector<Edges> edges;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        edges.push_back(sorted_edges(overlay.graph(round)));
    }
    return edges;
}

TEST_CASE("a static overlay is the same graph in every round") {
    const Overlay overlay("regular:4", "metropolis", 20, 7);
    CHECK_FALSE(overlay.is_dynamic());
    const auto edges = edges_of(overlay, 50);
    CHECK(std::set(edges.begin(), edges.end()).size() == 1);
    CHECK(edges[0] == sorted_edges(make_topology("regular:4", 20, stream_seed(7, "topology"))));
}

TEST_CASE("a dynamic overlay is another connected graph of the kind in each round") {
    const Overlay overlay("dynamic:regular:4", "metropolis", 20, 7);
    CHECK(overlay.is_dynamic());
    const auto edges = edges_of(overlay, 50);
    CHECK(std::set(edges.begin(), edges.end()).size() == 50);
    for (std::uint64_t round = 0; round < 50; ++round) {
        CHECK(is_connected(overlay.graph(round)));
        for (NodeId node = 0; node < 20; ++node) {
            const MixingMatrix::Row& row = overlay.row(node, round);
            CHECK(row.neighbors.size() == 4);
            for (const NeighborWeight& edge : row.neighbors) {
                CHECK(edge.weight == doctest::Approx(0.2));
            }
        }
    }
}

TEST_CASE("a dynamic overlay follows from seed and round, in whatever order rounds are asked for") {
    const Overlay forth("dynamic:regular:3", "metropolis", 16, 1);
    const auto edges = edges_of(forth, 80);
    const Overlay back("dynamic:regular:3", "metropolis", 16, 1);
    for (std::uint64_t round = 80; round-- > 0;) {
        CHECK(sorted_edges(back.graph(round)) == edges[round]);
    }
    // What has left memory is drawn again, the same.
    CHECK(edges_of(forth, 80) == edges);
    CHECK(edges_of(Overlay("dynamic:regular:3", "metropolis", 16, 2), 80) != edges);
}

TEST_CASE("neighbors in and out: the same nodes, with what each gives the other") {
    const Overlay overlay("star", "uniform", 5, 1);
    CHECK_FALSE(overlay.is_directed());
    const Neighbors hub = overlay.neighbors(0, 3);
    CHECK(hub.self == doctest::Approx(0.2));
    REQUIRE(hub.in.size() == 4);
    REQUIRE(hub.out.size() == 4);
    CHECK(hub.in[2].neighbor == 3);
    CHECK(hub.in[2].weight == doctest::Approx(0.2));
    CHECK(hub.out[2].neighbor == 3);
    CHECK(hub.out[2].weight == 0.5);
}

TEST_CASE("neighbors of an overlay with directions differ in and out") {
    const Overlay overlay("directed:exponential", "column-stochastic", 6, 1);
    CHECK(overlay.is_directed());
    CHECK_FALSE(overlay.is_dynamic());
    const Neighbors neighbors = overlay.neighbors(5, 0);
    const auto ids = [](const std::vector<NeighborWeight>& edges) {
        std::vector<NodeId> nodes;
        for (const NeighborWeight& edge : edges) {
            CHECK(edge.weight == 0.25);
            nodes.push_back(edge.neighbor);
        }
        return nodes;
    };
    CHECK(ids(neighbors.out) == std::vector<NodeId>{0, 1, 3});
    CHECK(ids(neighbors.in) == std::vector<NodeId>{1, 3, 4});
    CHECK(neighbors.self == 0.25);
    const Overlay one_peer("dynamic:one-peer-exponential", "row-stochastic", 8, 1);
    for (std::uint64_t round = 0; round < 6; ++round) {
        CHECK(one_peer.neighbors(2, round).out.at(0).neighbor == (2 + (1u << round % 3)) % 8);
        CHECK(one_peer.neighbors(2, round).in.size() == 1);
    }
    CHECK_THROWS_WITH_AS(Overlay("one-peer-exponential", "row-stochastic", 8, 1),
                         "--topology: one-peer-exponential is another graph in each round, allowed "
                         "dynamic:one-peer-exponential",
                         std::invalid_argument);
    CHECK_THROWS_AS(Overlay("directed:exponential", "metropolis", 8, 1), std::invalid_argument);
}

TEST_CASE("an overlay that cannot be is refused before the first round") {
    CHECK_THROWS_AS(Overlay("dynamic:regular:5", "metropolis", 5, 1), std::invalid_argument);
    CHECK_THROWS_AS(Overlay("dynamic:", "metropolis", 5, 1), std::invalid_argument);
    CHECK_THROWS_AS(Overlay("dynamic:dynamic:ring", "metropolis", 5, 1), std::invalid_argument);
    CHECK_THROWS_AS(Overlay("dynamic:file:/nowhere", "metropolis", 5, 1), std::invalid_argument);
}

}  // namespace
}  // namespace murmur
