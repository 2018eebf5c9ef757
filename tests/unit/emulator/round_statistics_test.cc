#include "emulator/record/round_statistics.h"

#include "tests/support/doctest.h"

#include <chrono>
#include <cmath>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;

TEST_CASE("spread gives mean, extremes and the standard deviation of the population") {
    const std::vector<double> values{4, 1, 7, 4};
    const Spread spread = spread_of(values);
    CHECK(spread.mean == 4);
    CHECK(spread.min == 1);
    CHECK(spread.max == 7);
    CHECK(spread.std == doctest::Approx(std::sqrt(18.0 / 4)));
}

TEST_CASE("the spread of one value is 0, that of none does not exist") {
    const std::vector<double> one{0.1};
    CHECK(spread_of(one).mean == 0.1);
    CHECK(spread_of(one).std == 0);
    const Spread none = spread_of({});
    CHECK(std::isnan(none.mean));
    CHECK(std::isnan(none.min));
    CHECK(std::isnan(none.max));
    CHECK(std::isnan(none.std));
}

TEST_CASE("a round sums up its nodes; values that some lack are averaged over the others") {
    std::vector<Observation> nodes(3);
    for (std::uint32_t node = 0; node < 3; ++node) {
        nodes[node].node = node;
        nodes[node].rounds = 4;
        nodes[node].time = (node + 1) * 1s;
        nodes[node].bytes_sent = 100 + node;
        nodes[node].bytes_content = 10 * node;
    }
    nodes[0].train_loss = Handle<double>::ready(0.5);
    nodes[2].train_loss = Handle<double>::ready(1.5);
    nodes[0].evaluation = Handle<EvaluationResult>::ready({2.0, 0.25, 10});
    nodes[1].evaluation = Handle<EvaluationResult>::ready({4.0, 0.75, 10});
    const RoundRow row = summarize_round(nodes);
    CHECK(row.round == 4);
    CHECK(row.time_s.min == 1);
    CHECK(row.time_s.mean == 2);
    CHECK(row.time_s.max == 3);
    CHECK(row.train_loss_mean == 1);
    CHECK(row.loss.mean == 3);
    CHECK(row.accuracy.mean == 0.5);
    CHECK(row.accuracy.std == 0.25);
    CHECK(row.bytes_sent == 303);
    CHECK(row.bytes_content == 30);
    CHECK(std::isnan(row.consensus_distance));
}

TEST_CASE("a regression has losses and no accuracy") {
    std::vector<Observation> nodes(1);
    nodes[0].evaluation = Handle<EvaluationResult>::ready({2.0, std::nan(""), 10});
    const RoundRow row = summarize_round(nodes);
    CHECK(row.loss.mean == 2);
    CHECK(std::isnan(row.accuracy.mean));
    CHECK(std::isnan(row.train_loss_mean));
}

}  // namespace
}  // namespace murmur
