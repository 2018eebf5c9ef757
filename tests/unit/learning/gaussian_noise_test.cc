#include "learning/privacy/gaussian_noise.h"

#include "tests/support/doctest.h"

#include <cmath>
#include <numeric>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kSize = 40'000;

struct Moments {
    double mean;
    double variance;
};

/// Of to - from, over the coordinates from `begin` on.
Moments moments_of(const Parameters& from, const Parameters& to, std::size_t begin = 0) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = begin; i < from->size(); ++i) {
        const double difference = static_cast<double>(to->values()[i]) - from->values()[i];
        sum += difference;
        squares += difference * difference;
    }
    const auto n = static_cast<double>(from->size() - begin);
    return {sum / n, squares / n - sum / n * (sum / n)};
}

// Expectation: of n normal numbers the mean is within 4 s / sqrt(n), the variance within
// 4 s^2 sqrt(2 / n), but for one seed in 16,000.
void check_normal(const Moments& got, double deviation, std::size_t n) {
    const auto count = static_cast<double>(n);
    CHECK(std::abs(got.mean) < 4 * deviation / std::sqrt(count));
    CHECK(std::abs(got.variance - deviation * deviation) <
          4 * deviation * deviation * std::sqrt(2 / count));
}

TEST_CASE("noise: has the deviation that was asked for, and follows from the seed") {
    const Parameters x = make_parameters(std::vector<float>(kSize, 1.5F));
    const Parameters noisy = with_noise(*x, {}, 0.25, 7);
    check_normal(moments_of(x, noisy), 0.25, kSize);
    CHECK(std::ranges::equal(noisy->values(), with_noise(*x, {}, 0.25, 7)->values()));
    CHECK_FALSE(std::ranges::equal(noisy->values(), with_noise(*x, {}, 0.25, 8)->values()));
    CHECK(std::ranges::equal(x->values(), with_noise(*x, {}, 0, 7)->values()));
}

TEST_CASE("noise: frozen values and buffers have none") {
    const ParameterLayout layout{
        {"a", {3}}, {"variance", {2}, true, false}, {"frozen", {2}, false, false}, {"b", {3}}};
    const Parameters x = make_parameters(std::vector<float>(10, 1.0F));
    const Parameters noisy = with_noise(*x, layout, 1, 3);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK((noisy->values()[i] == 1.0F) == (i >= 3 && i < 7));
    }
    const ZeroSumNoise noise({1, 1}, 1, 3);
    const Parameters mean = noise.mean(layout, 10);
    for (std::size_t i = 3; i < 7; ++i) {
        CHECK(noise.added(*x, *mean, layout, 0)->values()[i] == 1.0F);
    }
}

/// Returns the largest magnitude of sum_j share_j z_j.
double largest_sum(const std::vector<double>& shares) {
    const Parameters zero = make_parameters(std::vector<float>(kSize));
    const ZeroSumNoise noise(shares, 0.5, 11);
    const Parameters mean = noise.mean({}, kSize);
    std::vector<double> sum(kSize);
    for (std::size_t j = 0; j < shares.size(); ++j) {
        const Parameters z = noise.added(*zero, *mean, {}, j);
        for (std::size_t i = 0; i < kSize; ++i) {
            sum[i] += shares[j] * z->values()[i];
        }
    }
    double largest = 0;
    for (const double value : sum) {
        largest = std::max(largest, std::abs(value));
    }
    return largest;
}

// Expectation: float32 keeps 24 bits of noise below 3.
TEST_CASE("noise: over receivers it adds up to zero, by the shares that they have") {
    CHECK(largest_sum({1, 1}) < 1e-6);
    CHECK(largest_sum({1, 1, 1, 1, 1}) < 2e-6);
    CHECK(largest_sum({0.5, 0.25, 0.125}) < 1e-6);
}

TEST_CASE("noise: each receiver's has the deviation that was asked for, and is its own") {
    const Parameters x = make_parameters(std::vector<float>(kSize, -2.0F));
    for (const std::size_t receivers : {2, 3, 7}) {
        const ZeroSumNoise noise(std::vector<double>(receivers, 1.0), 0.5, 11);
        const Parameters mean = noise.mean({}, kSize);
        std::vector<Parameters> all;
        for (std::size_t j = 0; j < receivers; ++j) {
            all.push_back(noise.added(*x, *mean, {}, j));
            check_normal(moments_of(x, all.back()), 0.5, kSize);
        }
        // z_0 - z_1 = n_0 - n_1, of variance 2 s^2 k / (k - 1).
        const auto k = static_cast<double>(receivers);
        check_normal(moments_of(all[0], all[1]), 0.5 * std::sqrt(2 * k / (k - 1)), kSize);
    }
}

}  // namespace
}  // namespace murmur
