#include "learning/privacy/rdp_accountant.h"

#include "learning/privacy/node_epsilon.h"
#include "tests/support/doctest.h"
#include "tests/support/oracle.h"
#include "tests/support/temporary_folder.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <vector>

namespace murmur {
namespace {

// Expectation: the values in the tests of TensorFlow Privacy's rdp_accountant (compute_rdp of
// q = 0.01, sigma = 2.5, 50 steps, and q = 0.1, sigma = 2, 10 steps, order 5).
TEST_CASE("rdp accountant: divergences are those that TensorFlow Privacy publishes") {
    const auto rdp = [](double order) { return 50 * rdp_of_step(0.01, 2.5, order); };
    CHECK(rdp(1.5) == doctest::Approx(0.00065).epsilon(2e-3));
    CHECK(rdp(2.5) == doctest::Approx(0.001085).epsilon(1e-3));
    CHECK(rdp(5) == doctest::Approx(0.00218075).epsilon(1e-5));
    CHECK(rdp(50) == doctest::Approx(0.023846).epsilon(1e-5));
    CHECK(rdp(100) == doctest::Approx(167.416307).epsilon(1e-8));
    CHECK(10 * rdp_of_step(0.1, 2, 5) == doctest::Approx(0.07737).epsilon(1e-4));
    CHECK(rdp_of_step(1, 10, 20) == doctest::Approx(0.1).epsilon(1e-15));
    CHECK(rdp_of_step(0, 10, 20) == 0);
    CHECK(std::isinf(rdp_of_step(0.1, 0, 2)));
}

/// Returns the eps of MNIST's 60,000 samples in batches of 256 at delta 1e-5.
double of_mnist(double noise, std::uint64_t epochs, EpsilonRule rule) {
    return RdpCurve(256.0 / 60'000, noise).epsilon(epochs * 60'000 / 256, 1e-5, rule);
}

// Expectation: the table of TensorFlow Privacy's tutorials on MNIST: 1.19, 3.01, 7.10.
TEST_CASE("rdp accountant: epsilons of the tutorials on MNIST are those published") {
    CHECK(of_mnist(1.3, 15, EpsilonRule::kMironov) == doctest::Approx(1.19).epsilon(0.005));
    CHECK(of_mnist(1.1, 60, EpsilonRule::kMironov) == doctest::Approx(3.01).epsilon(0.002));
    CHECK(of_mnist(0.7, 45, EpsilonRule::kMironov) == doctest::Approx(7.10).epsilon(0.001));
}

struct Point {
    double q;
    double sigma;
    double order;
};

// Expectation: the integral that defines the divergence, by the trapezoidal rule in NumPy.
TEST_CASE("oracle: divergences are NumPy's integrals, for whole orders and others") {
    std::vector<Point> points;
    for (const double q : {1e-4, 256.0 / 60'000, 0.05, 0.3, 0.5, 0.9}) {
        for (const double sigma : {0.5, 0.7, 1.1, 2.5, 8.0}) {
            for (const double order : {1.1, 1.5, 2.0, 2.7, 5.0, 8.8, 10.9, 17.0, 63.0}) {
                points.push_back({q, sigma, order});
            }
        }
    }
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "points.txt";
    {
        std::ofstream file(path);
        for (const auto& [q, sigma, order] : points) {
            file << fmt::format("{} {} {}\n", q, sigma, order);
        }
    }
    const auto expected = test::run_oracle("subsampled_gaussian.py", "< " + test::shell_word(path));
    REQUIRE(expected->size() == points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto& [q, sigma, order] = points[i];
        CAPTURE(q);
        CAPTURE(sigma);
        CAPTURE(order);
        const double value = expected->at(i).at(0);
        // Both compute log(1 + something): of divergences near 0, rounding is what is left.
        CHECK(std::abs(rdp_of_step(q, sigma, order) - value) < 1e-9 * value + 2e-12);
    }
}

// Expectation: from these divergences, min over the orders of the two published conversions, in
// NumPy: 3.0082721, 2.5965559 (see the tutorial's row with noise 1.1).
TEST_CASE("rdp accountant: the newer rule gives less, and both grow with the steps") {
    CHECK(of_mnist(1.1, 60, EpsilonRule::kMironov) == doctest::Approx(3.008272082533109));
    CHECK(of_mnist(1.1, 60, EpsilonRule::kBalle) == doctest::Approx(2.596555868953191));
    CHECK(of_mnist(1.3, 15, EpsilonRule::kBalle) == doctest::Approx(0.9544295087299435));
    const RdpCurve curve(0.01, 1);
    CHECK(curve.epsilon(0, 1e-5) == 0);
    double before = 0;
    for (const std::uint64_t steps : {1, 10, 100, 1000}) {
        CHECK(curve.epsilon(steps, 1e-5) > before);
        before = curve.epsilon(steps, 1e-5);
        CHECK(curve.epsilon(steps, 1e-6) > before);
    }
    CHECK(std::isinf(RdpCurve(0.01, 0).epsilon(1, 1e-5)));
}

TEST_CASE("rdp accountant: a node's epsilon is that of its share of a batch") {
    NodeEpsilon none(TrainingOptions{});
    CHECK(std::isnan(none.of(100, 5)));
    NodeEpsilon epsilon({.batch_size = 25, .privacy = "dp-sgd:clip=1,noise=1.2,delta=1e-4"});
    CHECK(epsilon.of(100, 40) == RdpCurve(0.25, 1.2).epsilon(40, 1e-4));
    CHECK(epsilon.of(25, 40) == RdpCurve(1, 1.2).epsilon(40, 1e-4));
    CHECK(epsilon.of(10, 40) == epsilon.of(25, 40));
    CHECK(epsilon.of(0, 0) == 0);
}

}  // namespace
}  // namespace murmur
