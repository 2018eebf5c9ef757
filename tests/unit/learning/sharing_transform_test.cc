#include "learning/encoding/transform.h"
#include "learning/encoding/wavelet_filter.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace murmur {
namespace {

struct Family {
    const char* name;
    std::size_t vanishing_moments;
};

constexpr Family kFamilies[]{{"haar", 1},
                             {"db1", 1},
                             {"db2", 2},
                             {"db3", 3},
                             {"db4", 4},
                             {"db5", 5},
                             {"db6", 6},
                             {"db7", 7},
                             {"db8", 8},
                             {"sym2", 2},
                             {"sym3", 3},
                             {"sym4", 4},
                             {"sym5", 5},
                             {"sym6", 6},
                             {"sym7", 7},
                             {"sym8", 8}};

std::vector<float> random_vector(std::size_t size) {
    RandomStream stream(size);
    std::vector<float> values(size);
    std::ranges::generate(values, [&] { return static_cast<float>(stream.normal()); });
    return values;
}

/// Returns the largest error of inverse(forward(x)).
double round_trip_error(const Transform& transform, const std::vector<float>& x) {
    std::vector<float> z(transform.num_coefficients(x.size()) * transform.width());
    std::vector<float> back(x.size());
    transform.forward(x, z);
    transform.inverse(z, back);
    double largest = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(x[i]) - back[i]));
    }
    return largest;
}

// Expectation: the conditions that define an orthogonal wavelet with N vanishing moments and 2 N
// taps [Daubechies, 1992, chapter 6]: shifts by two are orthonormal, and the alternating filter
// annihilates polynomials below degree N.
TEST_CASE("wavelets: filters are orthonormal and have their vanishing moments") {
    for (const Family& family : kFamilies) {
        CAPTURE(family.name);
        const auto h = wavelet_filter("test", family.name);
        REQUIRE(h.size() == 2 * family.vanishing_moments);
        for (std::size_t shift = 0; shift < h.size(); shift += 2) {
            double product = 0;
            for (std::size_t j = 0; j + shift < h.size(); ++j) {
                product += h[j] * h[j + shift];
            }
            CHECK(std::abs(product - (shift == 0 ? 1.0 : 0.0)) < 1e-10);
        }
        const double middle = static_cast<double>(h.size() - 1) / 2;
        for (std::size_t degree = 0; degree < family.vanishing_moments; ++degree) {
            double moment = 0;
            for (std::size_t j = 0; j < h.size(); ++j) {
                const double place = (static_cast<double>(j) - middle) / middle;
                moment += (j % 2 == 0 ? 1 : -1) * std::pow(place, degree) * h[j];
            }
            CHECK(std::abs(moment) < 1e-9);
        }
    }
}

TEST_CASE("wavelets: the inverse restores vectors of any length at any level") {
    for (const Family& family : kFamilies) {
        for (const std::int64_t level : {1, 2, 4, 9}) {
            const auto transform = make_wavelet_transform("test", family.name, level);
            for (const std::size_t size : {1U, 2U, 3U, 5U, 16U, 17U, 100U, 1'023U}) {
                CAPTURE(family.name);
                CAPTURE(level);
                CAPTURE(size);
                CHECK(round_trip_error(*transform, random_vector(size)) < 1e-5);
            }
        }
    }
}

// Expectation: by hand; sums and differences of pairs over sqrt(2), the last value mirrored.
TEST_CASE("wavelets: Haar coefficients lie in the order cA, cD") {
    const auto transform = make_wavelet_transform("test", "haar", 1);
    const std::vector<float> x{3, 1, 2, 6, 5};
    REQUIRE(transform->num_coefficients(5) == 6);
    std::vector<float> z(6);
    transform->forward(x, z);
    const std::vector<double> expected{4, 8, 10, 2, -4, 0};
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(z[i] * std::numbers::sqrt2 == doctest::Approx(expected[i]).epsilon(1e-6));
    }
}

TEST_CASE("wavelets: details of a polynomial vanish inside") {
    const auto transform = make_wavelet_transform("test", "db3", 1);
    std::vector<float> x(64);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double t = static_cast<double>(i) / 64;
        x[i] = static_cast<float>(1 - 2 * t + 3 * t * t);
    }
    const std::size_t half = (64 + 5) / 2;
    REQUIRE(transform->num_coefficients(64) == 2 * half);
    std::vector<float> z(2 * half);
    transform->forward(x, z);
    for (std::size_t i = 3; i + 3 < half; ++i) {
        CHECK(std::abs(z[half + i]) < 1e-5);
    }
}

TEST_CASE("wavelets: unknown families are refused") {
    CHECK_THROWS_WITH_AS(static_cast<void>(wavelet_filter("sharing wavelet", "db9")),
                         "sharing wavelet: family: unknown, got 'db9', allowed haar, db1, db2, "
                         "db3, db4, db5, db6, db7, db8, sym2, sym3, sym4, sym5, sym6, sym7, sym8",
                         std::invalid_argument);
}

TEST_CASE("Fourier: the inverse restores vectors of even, odd and prime length") {
    const auto transform = make_fourier_transform();
    for (const std::size_t size :
         {1U, 2U, 3U, 14U, 61U, 1'000U, 1'009U, 2'018U, 44'917U, 89'834U}) {
        CAPTURE(size);
        CHECK(transform->num_coefficients(size) == size / 2 + 1);
        CHECK(round_trip_error(*transform, random_vector(size)) < 1e-5);
    }
}

// Expectation: z_k = sum_t x_t exp(-2 pi i k t / n), summed in float64.
TEST_CASE("Fourier: coefficients are those of the definition") {
    const auto transform = make_fourier_transform();
    for (const std::size_t size : {1U, 2U, 9U, 30U, 254U, 1'009U, 1'283U, 1'453U, 1'499U, 2'018U}) {
        CAPTURE(size);
        const std::vector<float> x = random_vector(size);
        std::vector<float> z(2 * (size / 2 + 1));
        transform->forward(x, z);
        for (std::size_t k = 0; k <= size / 2; ++k) {
            double real = 0;
            double imaginary = 0;
            for (std::size_t t = 0; t < size; ++t) {
                const double angle = -2 * std::numbers::pi * static_cast<double>(k * t % size) /
                                     static_cast<double>(size);
                real += x[t] * std::cos(angle);
                imaginary += x[t] * std::sin(angle);
            }
            const double tolerance = 2e-6 * std::sqrt(static_cast<double>(size));
            CHECK(std::abs(z[2 * k] - real) < tolerance);
            CHECK(std::abs(z[2 * k + 1] - imaginary) < tolerance);
        }
    }
}

// Expectation: the first coefficient, and the last one of even length, of real vectors are real.
TEST_CASE("Fourier: imaginary parts that no real vector has are ignored") {
    const auto transform = make_fourier_transform();
    for (const std::size_t size : {254U, 1'000U, 2'018U}) {
        CAPTURE(size);
        std::vector<float> z(2 * (size / 2 + 1));
        transform->forward(random_vector(size), z);
        std::vector<float> back(size);
        transform->inverse(z, back);
        z[1] = 5;
        z.back() = -7;
        std::vector<float> other(size);
        transform->inverse(z, other);
        CHECK(back == other);
    }
}

// Expectation: processors with wide registers read aligned memory by other instructions; the sums
// must be the same.
TEST_CASE("Fourier: results depend neither on where vectors lie nor on the thread") {
    const auto transform = make_fourier_transform();
    for (const std::size_t size : {254U, 1'000U, 2'018U}) {
        CAPTURE(size);
        const std::vector<float> x = random_vector(size);
        std::vector<float> z(2 * (size / 2 + 1));
        transform->forward(x, z);
        std::vector<float> back(size);
        transform->inverse(z, back);
        for (std::size_t shift = 1; shift < 8; ++shift) {
            std::vector<float> shifted_x(size + shift);
            std::vector<float> shifted_z(z.size() + shift);
            const auto x_there = std::span(shifted_x).subspan(shift);
            const auto z_there = std::span(shifted_z).subspan(shift);
            std::ranges::copy(x, x_there.begin());
            transform->forward(x_there, z_there);
            REQUIRE(std::ranges::equal(z, z_there));
            transform->inverse(z_there, x_there);
            REQUIRE(std::ranges::equal(back, x_there));
        }
        // Four threads that plan and run at once, each for itself and all with one plan.
        std::vector<std::vector<float>> results(8, std::vector<float>(z.size()));
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < results.size(); i += 2) {
            threads.emplace_back([&, i] {
                make_fourier_transform()->forward(x, results[i]);
                transform->forward(x, results[i + 1]);
            });
        }
        threads.clear();
        for (const std::vector<float>& result : results) {
            REQUIRE(result == z);
        }
    }
}

}  // namespace
}  // namespace murmur
