#include "topologies/mixing.h"

#include "tests/support/doctest.h"
#include "tests/unit/topologies/temporary_file.h"
#include "topologies/generators.h"
#include "topologies/overlays.h"
#include "topologies/weights_file.h"

#include <cmath>
#include <stdexcept>

namespace murmur {
namespace {

std::vector<std::vector<double>> dense(const MixingMatrix& weights) {
    const NodeId num_nodes = weights.num_nodes();
    std::vector<std::vector<double>> matrix(num_nodes, std::vector<double>(num_nodes));
    for (NodeId i = 0; i < num_nodes; ++i) {
        matrix[i][i] = weights.row(i).self;
        for (const auto& [j, weight] : weights.row(i).neighbors) {
            matrix[i][j] = weight;
        }
    }
    return matrix;
}

/// Returns how far the rows, or the columns, are from summing to 1.
double worst_sum(const std::vector<std::vector<double>>& matrix, bool by_column) {
    double worst = 0.0;
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        double sum = 0.0;
        for (std::size_t j = 0; j < matrix.size(); ++j) {
            sum += by_column ? matrix[j][i] : matrix[i][j];
        }
        worst = std::max(worst, std::abs(sum - 1.0));
    }
    return worst;
}

std::string complaint(std::string_view content) {
    const TemporaryFile file("weights.txt", content);
    try {
        (void)mixing_weights("file:" + file.path(), make_graph(3, {{0, 1}, {1, 2}}));
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        REQUIRE(text.starts_with(file.path()));
        return text.substr(file.path().size());
    }
    return "no complaint";
}

TEST_CASE("weights: of a path of three, worked out by hand") {
    const Graph path = make_graph(3, {{0, 1}, {1, 2}});
    const double third = 1.0 / 3.0;

    const auto metropolis = dense(mixing_weights("metropolis", path));
    CHECK(metropolis[0][0] == doctest::Approx(2 * third));
    CHECK(metropolis[0][1] == doctest::Approx(third));
    CHECK(metropolis[0][2] == 0.0);
    CHECK(metropolis[1][1] == doctest::Approx(third));

    const auto uniform = dense(mixing_weights("uniform", path));
    CHECK(uniform[0][0] == 0.5);
    CHECK(uniform[0][1] == 0.5);
    CHECK(uniform[1][0] == doctest::Approx(third));

    const auto max_degree = dense(mixing_weights("max-degree", path));
    CHECK(max_degree[0][0] == doctest::Approx(2 * third));
    CHECK(max_degree[2][1] == doctest::Approx(third));
}

TEST_CASE("theory: Metropolis and max-degree weights are symmetric and doubly stochastic") {
    for (const char* spec : {"ring",
                             "regular:4",
                             "full",
                             "star",
                             "small-world:4:0.3",
                             "erdos-renyi:0.2",
                             "torus",
                             "barabasi-albert:2",
                             "exponential"}) {
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            CAPTURE(spec);
            CAPTURE(seed);
            const Graph graph = make_topology(spec, 42, seed);
            for (const char* kind : {"metropolis", "max-degree"}) {
                const auto matrix = dense(mixing_weights(kind, graph));
                CHECK(worst_sum(matrix, false) < 1e-14);
                CHECK(worst_sum(matrix, true) < 1e-14);
                bool is_symmetric = true;
                bool is_nonnegative = true;
                for (std::size_t i = 0; i < matrix.size(); ++i) {
                    for (std::size_t j = 0; j < matrix.size(); ++j) {
                        is_symmetric &= matrix[i][j] == matrix[j][i];
                        is_nonnegative &= matrix[i][j] >= 0.0;
                    }
                }
                CHECK(is_symmetric);
                CHECK(is_nonnegative);
            }
            CHECK(worst_sum(dense(uniform_weights(graph)), false) < 1e-14);
        }
    }
}

TEST_CASE("weights: neighbors stand in ascending order") {
    const MixingMatrix weights = metropolis_weights(make_topology("regular:6", 40, 3));
    for (NodeId node = 0; node < weights.num_nodes(); ++node) {
        const auto& neighbors = weights.row(node).neighbors;
        REQUIRE(neighbors.size() == 6);
        for (std::size_t i = 1; i < neighbors.size(); ++i) {
            CHECK(neighbors[i - 1].neighbor < neighbors[i].neighbor);
        }
    }
}

TEST_CASE("weights: from a file, with and without the diagonal") {
    const Graph path = make_graph(3, {{0, 1}, {1, 2}});
    const TemporaryFile file("weights.txt",
                             "# i j w_ij\n0 1 0.25\n1 0 0.5\n1 2 0.125\n1 1 0.375\n2 1 1e0\n");
    const auto matrix = dense(mixing_weights("file:" + file.path(), path));
    CHECK(matrix[0] == std::vector<double>{0.75, 0.25, 0.0});
    CHECK(matrix[1] == std::vector<double>{0.5, 0.375, 0.125});
    CHECK(matrix[2] == std::vector<double>{0.0, 1.0, 0.0});
}

TEST_CASE("weights: a matrix, or one weight for both directions, as programs write them") {
    const Graph path = make_graph(3, {{0, 1}, {1, 2}});
    const auto read = [&](std::string_view content) {
        const TemporaryFile file("weights", content);
        WeightsFile weights = read_weights_file(file.path(), path);
        return std::pair{dense(weights.weights), weights.description.substr(file.path().size())};
    };
    // numpy.savetxt, a table, networkx's write_weighted_edgelist.
    const auto [matrix, said] = read(
        "7.5e-01 2.5e-01 0.0e+00\n2.5e-01 2.5e-01 5.0e-01\n"
        "0.0e+00 5.0e-01 5.0e-01\n");
    CHECK(matrix[0] == std::vector<double>{0.75, 0.25, 0.0});
    CHECK(matrix[1] == std::vector<double>{0.25, 0.25, 0.5});
    CHECK(matrix[2] == std::vector<double>{0.0, 0.5, 0.5});
    CHECK(said == ": mixing weights, matrix of 3 nodes");
    CHECK(read("0.75,0.25,0\r\n0.25,0.25,0.5\r\n0,0.5,0.5\r\n").first == matrix);
    CHECK(read("1 0 0.25\n1 2 0.5\n").first == matrix);
    CHECK(read("1 0 0.25\n1 2 0.5\n").second ==
          ": mixing weights, list of 3 nodes; each edge's one weight is that of both directions");
    CHECK(read("0,1,0.25\r0,2,0\r1,2,0.5\r1,1,0.25\r").first == matrix);
    CHECK(read("0 1 0.25\n1 0 0.25\n1 2 0.5\n2 1 0.5\n").second ==
          ": mixing weights, list of 3 nodes");
}

TEST_CASE("weights: an impossible file is refused") {
    CHECK(complaint("0 1\n") == ":1: not a weight, got '0 1', expected 'i j weight'");
    CHECK(complaint("0 1 0.5\n1 0 half\n") ==
          ":2: not a weight, got '1 0 half', expected 'i j weight'");
    CHECK(complaint("0 1 nan\n") == ":1: not a weight, got '0 1 nan', expected 'i j weight'");
    CHECK(complaint("0 3 0.5\n") == ":1: node id out of range, got 3, allowed 0 ... 2");
    CHECK(complaint("0 2 0.5\n") == ":1: a weight off the graph, got 0 2, which is no edge");
    CHECK(complaint("0 1 0.5\n\n0 1 0.4\n") ==
          ":3: repeated weight, got 0 1 as in line 1; give each once");
    CHECK(complaint("0 1 0.5\n1 0 0.5\n1 2 0.5\n") ==
          ": no weight 2 1; every edge needs both directions, or all of them one");
    CHECK(complaint("0 1 0.5\n") ==
          ": no weight 1 2; every edge needs both directions, or all of them one");
    CHECK(complaint("0 1 " + std::string(5'000'000, 'x')).size() < 200);
    CHECK(complaint("0.5 0.5 0\n0.5 0 0.5\n0.1 0.4 0.5\n") ==
          ":3: a weight off the graph, got 2 0, which is no edge");
    CHECK(complaint("0 1 0.5\n0 0 0.25\n1 0 0.5\n1 2 0.5\n2 1 0.5\n") ==
          ": the weights of node 0 do not sum to 1, got 0.75, allowed within 1e-06");
}

TEST_CASE("weights: unknown names and missing files are refused") {
    const Graph path = make_graph(3, {{0, 1}, {1, 2}});
    CHECK_THROWS_WITH_AS(mixing_weights("metro", path),
                         "weights: unknown, got 'metro', allowed metropolis, uniform, "
                         "max-degree, file:PATH",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(mixing_weights("file:/no/such", path),
                         "/no/such: cannot be read (No such file or directory)",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
