#include "topologies/random_bits.h"

#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <vector>

namespace murmur {
namespace {

TEST_CASE("random_bits: the engine is the standard mt19937_64") {
    // [rand.predef]: the 10000th value of a default-constructed engine, whose seed is 5489.
    RandomBits bits(5489);
    std::uint64_t last = 0;
    for (int i = 0; i < 10000; ++i) {
        last = bits.below(std::uint64_t{1} << 63);
    }
    CHECK(last == 9981545732273789042u % (std::uint64_t{1} << 63));
}

TEST_CASE("random_bits: below() is uniform") {
    // Expectation: 60000 draws of 6 faces, chi-square with 5 degrees of freedom; 20.5 is exceeded
    // once in a thousand seeds, and the seed is fixed.
    RandomBits bits(1);
    std::array<int, 6> counts{};
    for (int i = 0; i < 60000; ++i) {
        ++counts[bits.below(6)];
    }
    double chi_square = 0.0;
    for (const int count : counts) {
        chi_square += (count - 10000.0) * (count - 10000.0) / 10000.0;
    }
    CHECK(chi_square < 20.5);
}

TEST_CASE("random_bits: probabilities 0 and 1 are certain") {
    RandomBits bits(2);
    for (int i = 0; i < 1000; ++i) {
        CHECK_FALSE(bits.bernoulli(0.0));
        CHECK(bits.bernoulli(1.0));
    }
}

TEST_CASE("random_bits: shuffle keeps the values and depends on the seed alone") {
    const std::vector<int> sorted = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const auto shuffled = [&](std::uint64_t seed) {
        std::vector<int> values = sorted;
        RandomBits(seed).shuffle(std::span(values));
        return values;
    };
    CHECK(shuffled(3) == shuffled(3));
    CHECK(shuffled(3) != shuffled(4));
    auto values = shuffled(3);
    std::sort(values.begin(), values.end());
    CHECK(values == sorted);
}

}  // namespace
}  // namespace murmur
