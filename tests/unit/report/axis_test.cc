#include "emulator/report/axis.h"

#include "emulator/report/text.h"
#include "tests/support/doctest.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace murmur::report;

namespace {

std::vector<std::string> labels(const AxisScale& scale) {
    std::vector<std::string> out;
    for (const Tick& tick : scale.ticks()) {
        out.push_back(tick.label);
    }
    return out;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("nice_step: 1, 2 or 5 times a power of ten, near the wanted number of pieces") {
    CHECK(nice_step(100, 5) == doctest::Approx(20));
    CHECK(nice_step(1, 5) == doctest::Approx(0.2));
    CHECK(nice_step(7, 5) == doctest::Approx(1));
    CHECK(nice_step(0.00043, 4) == doctest::Approx(0.0001));
    // From 1 to 10 pieces' length the count of pieces stays within a factor of sqrt(2.5) of five.
    for (double length = 1; length < 10; length *= 1.01) {
        const double pieces = length / nice_step(length, 5);
        CHECK(pieces >= 5 / std::sqrt(2.5) - 1e-9);
        CHECK(pieces <= 5 * std::sqrt(2.5) + 1e-9);
    }
}

TEST_CASE("a linear axis has round ticks and ends on them") {
    const AxisScale scale({.title = "Loss"}, {0.1, 2.31}, 5);
    CHECK(labels(scale) == Labels{"0.0", "0.5", "1.0", "1.5", "2.0", "2.5"});
    CHECK(scale.position(0) == doctest::Approx(0));
    CHECK(scale.position(2.5) == doctest::Approx(1));
    CHECK(scale.position(1.25) == doctest::Approx(0.5));
    CHECK(scale.title() == "Loss");
    const Axis decades{.title = "Loss", .scale = Scale::kLogarithmic};
    CHECK(AxisScale(decades, {0.1, 100}, 5).title() == "Loss (logarithmic)");
    CHECK(AxisScale(decades, {0, 100}, 5).title() == "Loss");  // which it cannot be
}

TEST_CASE("an axis of time or bytes picks the unit and names it in the title") {
    const AxisScale time({.title = "Simulated time", .unit = Unit::kSeconds}, {0, 1800}, 6);
    CHECK(time.title() == "Simulated time (min)");
    CHECK(labels(time) == Labels{"0", "5", "10", "15", "20", "25", "30"});
    const AxisScale bytes({.title = "Sent", .unit = Unit::kBytes}, {0, 3.2e9}, 6);
    CHECK(bytes.title() == "Sent (GB)");
    CHECK(labels(bytes).back() == "3.5");
    const AxisScale share({.title = "Accuracy", .unit = Unit::kPercent}, {0.1, 0.66}, 5);
    CHECK(share.title() == "Accuracy (%)");
    CHECK(labels(share) == Labels{"0", "10", "20", "30", "40", "50", "60", "70"});
}

TEST_CASE("an axis that may not grow ends at the last value, its ticks inside") {
    const AxisScale scale(
        {.title = "Round", .round_outwards = false, .is_integer = true}, {0, 97}, 5);
    CHECK(scale.high() == 97);
    CHECK(labels(scale) == Labels{"0", "20", "40", "60", "80"});
}

TEST_CASE("an integer axis has no ticks between integers") {
    const AxisScale scale({.title = "Nodes", .is_integer = true}, {0, 2}, 5);
    CHECK(labels(scale) == Labels{"0", "1", "2"});
}

TEST_CASE("a logarithmic axis has decades, and 2 and 5 where there are few") {
    const Axis axis{.title = "Distance", .scale = Scale::kLogarithmic};
    const AxisScale wide(axis, {1e-6, 1}, 6);
    CHECK(labels(wide) == Labels{"10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1"});
    CHECK(wide.position(1e-3) == doctest::Approx(0.5));
    CHECK(std::isnan(wide.position(0)));
    CHECK(std::isnan(wide.position(-1)));
    const AxisScale narrow(axis, {0.1, 3}, 5);
    CHECK(labels(narrow) == Labels{"0.1", "0.2", "0.5", "1", "2"});
    CHECK(AxisScale(axis, {3.1, 3.3}, 5).ticks().size() >= 2);
    // A zero distance (one node, or full consensus) has no logarithm: the axis is linear then.
    CHECK(AxisScale(axis, {0, 3}, 5).position(0) == doctest::Approx(0));
}

TEST_CASE("an axis is sound for no value, one value and values that nothing can draw") {
    for (const double value : {0.0, 5.0, -3.0, 1e-30, 1e30, -1e99}) {
        const AxisScale scale({.title = "x"}, {value, value}, 5);
        CHECK(scale.low() < scale.high());
        CHECK(scale.ticks().size() >= 2);
        CHECK(scale.ticks().size() < 20);
        CHECK(scale.position(value) >= 0);
        CHECK(scale.position(value) <= 1);
    }
    Range range;
    range.include(std::numeric_limits<double>::quiet_NaN());
    range.include(std::numeric_limits<double>::infinity());
    range.include(-1e300);
    CHECK(range.is_empty());
    CHECK(AxisScale({.title = "x"}, range, 5).ticks().size() >= 2);
    CHECK(std::isnan(AxisScale({.title = "x"}, {0, 1}, 5).position(1e300)));
}

TEST_CASE("a million nearly equal values do not make a million ticks") {
    const AxisScale scale({.title = "x"}, {1e9, 1e9 + 1e-3}, 5);
    CHECK(scale.ticks().size() < 20);
}
