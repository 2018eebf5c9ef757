#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/unit/topologies/temporary_file.h"
#include "topologies/generators.h"
#include "topologies/mixing.h"
#include "topologies/overlays.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <numbers>
#include <sstream>
#include <stdexcept>

namespace murmur {
namespace {

using Rows = std::vector<MixingMatrix::Row>;

constexpr double kTolerance = 1e-9;  // as stated in mixing.h

double gap_of(const Graph& graph) {
    return spectral_gap(metropolis_weights(graph));
}

void check_close(double got, double expected) {
    CAPTURE(got);
    CAPTURE(expected);
    CHECK(std::abs(got - expected) <= kTolerance);
}

TEST_CASE("theory: spectral gap of a ring") {
    // Expectation: eigenvalues 1/3 + 2/3 cos(2 pi k / n).  The second largest decides from n = 4 on
    // (the least is at worst -1/3).
    for (const NodeId n : {4u, 5u, 16u, 17u, 100u, 1000u}) {
        CAPTURE(n);
        const double lambda2 = (1.0 + 2.0 * std::cos(2.0 * std::numbers::pi / n)) / 3.0;
        check_close(gap_of(ring(n)), 1.0 - std::max(lambda2, 1.0 / 3.0));
    }
}

TEST_CASE("theory: full averaging has no second eigenvalue") {
    for (const NodeId n : {2u, 3u, 10u, 300u}) {
        check_close(gap_of(fully_connected(n)), 1.0);
    }
    check_close(spectral_gap(MixingMatrix(Rows{{.self = 1.0, .neighbors = {}}})), 1.0);
}

TEST_CASE("theory: spectral gap of a star") {
    // Expectation: all weights 1/n; differences between leaves keep 1 - 1/n of themselves, and
    // (hub, leaves) = (n - 1, -1) is averaged away in one round.
    for (const NodeId n : {3u, 10u, 200u}) {
        check_close(gap_of(star(n)), 1.0 / n);
    }
}

TEST_CASE("theory: spectral gap of a torus") {
    // Expectation: eigenvalues (1 + 2 cos(2 pi a / rows) + 2 cos(2 pi b / columns)) / 5.
    for (const auto& [rows, columns] :
         {std::pair<NodeId, NodeId>{3, 3}, {4, 6}, {5, 9}, {16, 32}}) {
        double largest = 0.0;
        for (NodeId a = 0; a < rows; ++a) {
            for (NodeId b = a == 0 ? 1 : 0; b < columns; ++b) {
                const double lambda = (1.0 + 2.0 * std::cos(2.0 * std::numbers::pi * a / rows) +
                                       2.0 * std::cos(2.0 * std::numbers::pi * b / columns)) /
                                      5.0;
                largest = std::max(largest, std::abs(lambda));
            }
        }
        check_close(gap_of(torus(rows, columns)), 1.0 - largest);
    }
}

TEST_CASE("theory: the negative end of the spectrum counts") {
    // Expectation: two nodes that take only each other's model have eigenvalues 1 and -1: they
    // swap for ever.  With weight 0.9 the distance shrinks by 1 - 2 * 0.9 = -0.8 a round.
    const auto pair_with = [](double weight) {
        return MixingMatrix(Rows{{.self = 1.0 - weight, .neighbors = {{1, weight}}},
                                 {.self = 1.0 - weight, .neighbors = {{0, weight}}}});
    };
    check_close(spectral_gap(pair_with(1.0)), 0.0);
    check_close(spectral_gap(pair_with(0.9)), 0.2);
    check_close(spectral_gap(pair_with(1.5)), -1.0);
    check_close(spectral_gap(pair_with(0.0)), 0.0);
}

TEST_CASE("theory: averaging contracts by 1 - gap") {
    const MixingMatrix weights = metropolis_weights(make_topology("regular:4", 60, 2));
    std::vector<double> x(60);
    x[0] = 1.0;
    const auto norm_after = [&](int num_rounds) {
        for (int round = 0; round < num_rounds; ++round) {
            std::vector<double> next(x.size());
            for (NodeId i = 0; i < 60; ++i) {
                next[i] = weights.row(i).self * x[i];
                for (const auto& [j, weight] : weights.row(i).neighbors) {
                    next[i] += weight * x[j];
                }
            }
            x = next;
        }
        double sum = 0.0;
        for (const double value : x) {
            sum += (value - 1.0 / 60) * (value - 1.0 / 60);
        }
        return std::sqrt(sum);
    };
    // Expectation: never slower than 1 - gap, and at that pace once the faster parts have died out.
    const double before = norm_after(60);
    const double pace = norm_after(1) / before;
    CHECK(pace < 1.0 - spectral_gap(weights) + kTolerance);
    CHECK(pace > 0.99 * (1.0 - spectral_gap(weights)));
}

TEST_CASE("spectral_gap: weights that are not symmetric are refused") {
    CHECK_THROWS_WITH_AS((void)spectral_gap(uniform_weights(make_graph(3, {{0, 1}, {1, 2}}))),
                         "spectral_gap: the weights are not symmetric, got 0.5 for 0 1 and "
                         "0.3333333333333333 for 1 0; take metropolis or max-degree weights",
                         std::invalid_argument);
    CHECK_THROWS_AS((void)spectral_gap(MixingMatrix(
                        {{.self = 0.5, .neighbors = {{1, 0.5}}}, {.self = 1.0, .neighbors = {}}})),
                    std::invalid_argument);
}

TEST_CASE("spectral_gap: two thousand nodes take less than a second, a ring being the worst") {
    const MixingMatrix weights[] = {metropolis_weights(ring(2000)),
                                    metropolis_weights(k_regular(2000, 6, 1))};
    const std::clock_t begin = std::clock();
    const double lambda2 = (1.0 + 2.0 * std::cos(2.0 * std::numbers::pi / 2000)) / 3.0;
    check_close(spectral_gap(weights[0]), 1.0 - lambda2);
    CHECK(spectral_gap(weights[1]) > 0.1);
    // CPU time, and a bound that slow machines and sanitizers keep too: this takes 0.1 s.
    CHECK(std::clock() - begin < 10 * CLOCKS_PER_SEC);
}

/// Appends the dense matrix in the form that the oracle reads.
void append_dense(std::ostream& file, const MixingMatrix& weights) {
    file << weights.num_nodes() << '\n' << std::setprecision(17);
    for (NodeId i = 0; i < weights.num_nodes(); ++i) {
        std::vector<double> row(weights.num_nodes());
        row[i] = weights.row(i).self;
        for (const auto& [j, weight] : weights.row(i).neighbors) {
            row[j] = weight;
        }
        for (const double weight : row) {
            file << weight << ' ';
        }
        file << '\n';
    }
}

TEST_CASE("oracle: spectral gaps agree with NumPy's eigvalsh") {
    std::vector<MixingMatrix> matrices;
    for (const char* spec : {"regular:4",
                             "regular:61",
                             "small-world:4:0.1",
                             "erdos-renyi:0.1",
                             "barabasi-albert:2",
                             "exponential",
                             "torus:8x12",
                             "star"}) {
        for (const std::uint64_t seed : {1, 2, 3}) {
            matrices.push_back(mixing_weights("metropolis", make_topology(spec, 96, seed)));
            matrices.push_back(mixing_weights("max-degree", make_topology(spec, 96, seed)));
        }
    }
    const TemporaryFile input("matrices.txt");
    const TemporaryFile output("gaps.txt");
    {
        std::ofstream file(input.path());
        for (const MixingMatrix& weights : matrices) {
            append_dense(file, weights);
        }
    }
    // Debian's python3-numpy comes for Debian's own interpreter.
    const std::string command =
        fmt::format("OPENBLAS_NUM_THREADS=1 /usr/bin/python3 {} {} > {}",
                    test::shell_word(test::repository() / "tests/oracles/spectral_gap.py"),
                    test::shell_word(input.path()),
                    test::shell_word(output.path()));
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0,
                    "the oracle failed; it needs Debian's python3-numpy: ",
                    command);

    std::istringstream gaps(output.content());
    for (const MixingMatrix& weights : matrices) {
        double expected = 0.0;
        gaps >> expected;
        REQUIRE_FALSE(gaps.fail());
        check_close(spectral_gap(weights), expected);
    }
}

}  // namespace
}  // namespace murmur
