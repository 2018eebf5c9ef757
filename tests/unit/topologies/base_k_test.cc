#include "topologies/base_k.h"

#include "tests/support/doctest.h"
#include "topologies/generators.h"
#include "topologies/mixing.h"
#include "topologies/overlays.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

using Dense = std::vector<std::vector<double>>;

/// Returns W times a matrix.
Dense times(const MixingMatrix& weights, const Dense& x) {
    Dense y(x.size(), std::vector<double>(x.size()));
    for (NodeId i = 0; i < weights.num_nodes(); ++i) {
        for (std::size_t c = 0; c < x.size(); ++c) {
            y[i][c] = weights.row(i).self * x[i][c];
            for (const auto& [j, weight] : weights.row(i).neighbors) {
                y[i][c] += weight * x[j][c];
            }
        }
    }
    return y;
}

double weight_of(const MixingMatrix& weights, NodeId i, NodeId j) {
    for (const NeighborWeight& edge : weights.row(i).neighbors) {
        if (edge.neighbor == j) {
            return edge.weight;
        }
    }
    return 0;
}

double largest_distance_from_mean(const Dense& product) {
    double largest = 0;
    for (const std::vector<double>& row : product) {
        for (const double value : row) {
            const double mean = 1.0 / static_cast<double>(product.size());
            largest = std::max(largest, std::abs(value - mean));
        }
    }
    return largest;
}

}  // namespace

// Expectation [Takezawa, 2023, theorem 1]: the product of its matrices is 11'/n for any n, with at
// most k neighbors a round, in at most 2 log_{k+1}(n) + 2 rounds.
TEST_CASE("the Base-(k+1) graph makes the exact mean of any number of nodes") {
    for (NodeId nodes = 1; nodes <= 70; ++nodes) {
        for (const NodeId peers : {1, 2, 3, 5, 8}) {
            CAPTURE(nodes);
            CAPTURE(peers);
            const std::vector<MixingMatrix> rounds = base_k_rounds(nodes, peers);
            CHECK(static_cast<double>(rounds.size()) <=
                  2 * std::log(nodes) / std::log(peers + 1.0) + 2 + 1e-9);
            Dense product(nodes, std::vector<double>(nodes));
            for (NodeId i = 0; i < nodes; ++i) {
                product[i][i] = 1;
            }
            bool is_symmetric = true;
            std::size_t most_neighbors = 0;
            double least_weight = 1;
            for (const MixingMatrix& weights : rounds) {
                for (NodeId i = 0; i < nodes; ++i) {
                    const MixingMatrix::Row& row = weights.row(i);
                    most_neighbors = std::max(most_neighbors, row.neighbors.size());
                    least_weight = std::min(least_weight, row.self);
                    for (const auto& [j, weight] : row.neighbors) {
                        is_symmetric = is_symmetric && weight_of(weights, j, i) == weight;
                        least_weight = std::min(least_weight, weight);
                    }
                }
                product = times(weights, product);
            }
            CHECK(is_symmetric);
            CHECK(most_neighbors <= peers);
            CHECK(least_weight > -1e-12);
            CHECK(largest_distance_from_mean(product) < 1e-13);
        }
    }
}

TEST_CASE("the Base-2 graph of 5 nodes is a hypercube of 4 that the fifth meets") {
    const std::vector<MixingMatrix> rounds = base_k_rounds(5, 1);
    REQUIRE(rounds.size() == 5);
    CHECK(rounds[0].row(0).neighbors.front().neighbor == 1);
    CHECK(rounds[0].row(4).neighbors.empty());
    CHECK(rounds[1].row(0).neighbors.front().neighbor == 2);
    // Four fifths of what it has then is the mean of the others.
    CHECK(weight_of(rounds[2], 4, 0) == doctest::Approx(0.8));
}

TEST_CASE("overlays with weights of their own: names and refusals") {
    CHECK(brings_weights("base-graph:2"));
    CHECK_FALSE(brings_weights("ring"));
    CHECK_FALSE(is_directed_topology("base-graph:2"));
    CHECK(needs_dynamic_topology("base-graph:2"));
    CHECK(make_mixing("base-graph:1", 6, 0, 1).num_nodes() == 6);
    for (const char* spec : {"base-graph:0", "base-graph:6"}) {
        CHECK_THROWS_AS((void)make_mixing(spec, 6, 0, 1), std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS((void)make_topology("base-graph:1", 6, 1),
                         "topology base-graph: is another graph in each round, allowed one for "
                         "all rounds",
                         std::invalid_argument);
}

TEST_CASE("a spanning tree has the shortest paths from node 0") {
    const Graph tree = make_topology("spanning-tree:torus:3x4", 12, 1);
    CHECK(boost::num_edges(tree) == 11);
    CHECK(is_connected(tree));
    // Of node 7, (1, 3), the paths over 3, (0, 3), and 4, (1, 0), are as short.
    CHECK(sorted_neighbors(tree, 7) == std::vector<NodeId>{3});
    CHECK(sorted_edges(make_topology("spanning-tree:regular:4", 30, 5)) ==
          sorted_edges(make_topology("spanning-tree:regular:4", 30, 5)));
    CHECK_THROWS_AS((void)make_topology("spanning-tree:no-such", 12, 1), std::invalid_argument);
}

// Expectation: eigenvalues of a ring with thirds are 1/3 + 2/3 cos(2 pi k / n).
TEST_CASE("the spectrum of a ring") {
    CHECK(spectrum(metropolis_weights(ring(4))).least == doctest::Approx(-1.0 / 3));
    CHECK(spectrum(metropolis_weights(ring(4))).most == doctest::Approx(1.0 / 3));
    CHECK(spectrum(metropolis_weights(ring(5))).least ==
          doctest::Approx((1 + 2 * std::cos(4 * M_PI / 5)) / 3));
}

}  // namespace murmur
