// Expectation: the sum of masked models is the sum of models, but for the fixed point: off by at
// most 2^-(f + 1) for each of s senders and each of T rounds.  Neither the step of least squares
// nor averaging widens what was off before.

#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/theory/least_squares.h"

#include <algorithm>
#include <cmath>

namespace {

using murmur::ExperimentOptions;
using murmur::test::kRoundOff;
using murmur::test::least_squares_options;

constexpr double kRounds = 20;
constexpr double kNodes = 8;
constexpr double kDegree = 3;

murmur::RunResult run(ExperimentOptions options, const char* sharing) {
    options.sharing = sharing;
    murmur::RunResult result = murmur::Experiment(options).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    return result;
}

double largest_difference(const murmur::RunResult& a, const murmur::RunResult& b) {
    double largest = 0;
    for (std::size_t node = 0; node < a.parameters.size(); ++node) {
        const auto x = a.parameters[node]->values();
        const auto y = b.parameters[node]->values();
        for (std::size_t i = 0; i < x.size(); ++i) {
            largest = std::max(largest, std::abs(static_cast<double>(x[i]) - y[i]));
        }
    }
    return largest;
}

double fixed_point_bound(int fraction_bits) {
    return kRounds * kDegree * std::ldexp(0.5, -fraction_bits);
}

}  // namespace

TEST_CASE("theory: secure aggregation is full sharing within the fixed-point bound") {
    for (const char* topology : {"regular:3", "dynamic:regular:3"}) {
        for (const char* network : {"ideal", "tcp"}) {
            CAPTURE(topology);
            CAPTURE(network);
            ExperimentOptions options = least_squares_options();
            options.topology = topology;
            options.network = network;
            const murmur::RunResult plain = run(options, "full");
            const murmur::RunResult secure = run(options, "secure");
            CHECK(largest_difference(secure, plain) < fixed_point_bound(20) + kRoundOff);
            CHECK(secure.summary.protocol_counts.empty());
            // Key, then weight, ids and keys of the two others, from and to each neighbor.
            const double exchanges = options.topology == "regular:3" ? 1 : kRounds;
            const double extra = exchanges * kNodes * kDegree * (40 + 12 + 2 * 36);
            CHECK(static_cast<double>(secure.summary.bytes_content) ==
                  static_cast<double>(plain.summary.bytes_content) + extra);
            CHECK(static_cast<double>(secure.summary.messages) ==
                  static_cast<double>(plain.summary.messages) + exchanges * 2 * kNodes * kDegree);
        }
    }
}

TEST_CASE("theory: few fraction bits are seen, and bounded as well") {
    ExperimentOptions options = least_squares_options();
    options.network = "ideal";
    const double off =
        largest_difference(run(options, "secure:fraction-bits=8"), run(options, "full"));
    CHECK(off < fixed_point_bound(8) + kRoundOff);
    CHECK(off > 100 * fixed_point_bound(20));
}

TEST_CASE("theory: uniform weights, which differ from row to row, are the receiver's") {
    const murmur::test::TemporaryFolder folder;
    // A ring and three chords: 5 neighbors, 3 or 2.
    murmur::test::write_text(folder.path() / "edges",
                             "8\n0 1\n1 2\n2 3\n3 4\n4 5\n5 6\n6 7\n7 0\n0 2\n0 3\n0 5\n");
    ExperimentOptions options = least_squares_options();
    options.topology = "file:" + (folder.path() / "edges").string();
    options.weights = "uniform";
    options.network = "ideal";
    // Up to 5 senders.
    CHECK(largest_difference(run(options, "secure"), run(options, "full")) <
          5 / kDegree * fixed_point_bound(20) + kRoundOff);
}
