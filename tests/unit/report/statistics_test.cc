#include "emulator/report/statistics.h"

#include "tests/support/doctest.h"

#include <array>
#include <cmath>
#include <numbers>

namespace murmur::report {
namespace {

TEST_CASE("no interval without a spread to estimate") {
    CHECK_FALSE(estimate_mean({}).mean);
    const auto single = estimate_mean(std::array{3.0});
    CHECK(single.mean == 3.0);
    CHECK_FALSE(single.half_width_95);
}

// Expectation: with one degree of freedom Student's t is the Cauchy distribution, whose quantile is
// tan(pi (p - 1/2)); values {a, b} have s / sqrt(2) = |a - b| / 2.
TEST_CASE("two values: the Cauchy quantile") {
    const auto estimate = estimate_mean(std::array{1.0, 3.0});
    CHECK(*estimate.mean == doctest::Approx(2.0));
    CHECK(*estimate.half_width_95 == doctest::Approx(std::tan(std::numbers::pi * 0.475)));
}

// Expectation: with two degrees of freedom t = u sqrt(2 / (1 - u^2)), u = 2 p - 1; the values
// {1, 2, 3} have s = 1.
TEST_CASE("three values: the closed form of t with two degrees of freedom") {
    const auto estimate = estimate_mean(std::array{1.0, 2.0, 3.0});
    const double t = 0.95 * std::sqrt(2.0 / (1.0 - 0.95 * 0.95));
    CHECK(*estimate.half_width_95 == doctest::Approx(t / std::sqrt(3.0)));
}

// Expectation: t_{0.975, 4} = 2.776445 (printed tables); {2, 4, 4, 4, 6} has s = sqrt(2).
TEST_CASE("five values: the printed table") {
    const auto estimate = estimate_mean(std::array{2.0, 4.0, 4.0, 4.0, 6.0});
    CHECK(estimate.count == 5);
    CHECK(*estimate.mean == doctest::Approx(4.0));
    CHECK(*estimate.half_width_95 ==
          doctest::Approx(2.776445 * std::sqrt(2.0 / 5.0)).epsilon(1e-6));
}

}  // namespace
}  // namespace murmur::report
