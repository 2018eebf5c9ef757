#include "learning/random_stream.h"

#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace murmur {
namespace {

struct Moments {
    double mean;
    double variance;
};

template <class Draw>
Moments sample_moments(int count, Draw draw) {
    double sum = 0;
    double sum_of_squares = 0;
    for (int i = 0; i < count; ++i) {
        const double value = draw();
        sum += value;
        sum_of_squares += value * value;
    }
    const double mean = sum / count;
    return {mean, sum_of_squares / count - mean * mean};
}

TEST_CASE("the generator is xoshiro256** seeded by SplitMix64") {
    // Expectation: the first outputs for seed 0, as other implementations publish them.
    const std::array<std::uint64_t, 8> expected = {11091344671253066420u,
                                                   13793997310169335082u,
                                                   1900383378846508768u,
                                                   7684712102626143532u,
                                                   13521403990117723737u,
                                                   18442103541295991498u,
                                                   7788427924976520344u,
                                                   9881088229871127103u};
    RandomStream stream(0);
    for (const std::uint64_t value : expected) {
        CHECK(stream() == value);
    }
}

TEST_CASE("stream seeds do not collide") {
    std::set<std::uint64_t> seeds;
    std::size_t combinations = 0;
    for (const std::uint64_t run_seed : {0u, 1u, 2u}) {
        for (const char* purpose : {"", "shuffle", "Shuffle", "partition"}) {
            for (std::uint64_t node = 0; node < 100; ++node) {
                for (std::uint64_t round = 0; round < 50; ++round) {
                    seeds.insert(stream_seed(run_seed, purpose, node, round));
                    ++combinations;
                }
            }
        }
    }
    CHECK(combinations == 60000);
    CHECK(seeds.size() == combinations);
}

TEST_CASE("a stream seed depends on each of its four parts and on their places") {
    const std::uint64_t seed = stream_seed(1, "train", 2, 3);
    CHECK(stream_seed(1, "train", 2, 3) == seed);
    CHECK(stream_seed(2, "train", 2, 3) != seed);
    CHECK(stream_seed(1, "test", 2, 3) != seed);
    CHECK(stream_seed(1, "train", 3, 2) != seed);
    CHECK(stream_seed(1, "train", 2) == stream_seed(1, "train", 2, 0));
    CHECK(stream_seed(1, "train") == stream_seed(1, "train", 0, 0));
}

TEST_CASE("neighboring stream seeds differ in about half of their bits") {
    double flipped = 0;
    for (std::uint64_t node = 0; node < 1000; ++node) {
        const std::uint64_t difference = stream_seed(7, "x", node) ^ stream_seed(7, "x", node + 1);
        flipped += __builtin_popcountll(difference);
    }
    CHECK(flipped / 1000 == doctest::Approx(32).epsilon(0.02));
}

TEST_CASE("uniform numbers fill their interval evenly") {
    RandomStream stream(1);
    const auto unit = sample_moments(200000, [&] {
        const double value = stream.uniform();
        REQUIRE(value >= 0);
        REQUIRE(value < 1);
        return value;
    });
    CHECK(unit.mean == doctest::Approx(0.5).epsilon(0.01));
    CHECK(unit.variance == doctest::Approx(1.0 / 12).epsilon(0.01));
    const auto wide = sample_moments(200000, [&] { return stream.uniform(-3, 5); });
    CHECK(wide.mean == doctest::Approx(1).epsilon(0.03));
    CHECK(wide.variance == doctest::Approx(64.0 / 12).epsilon(0.01));
}

TEST_CASE("a uniform number never reaches the upper end, even of the smallest interval") {
    RandomStream stream(2);
    const double high = std::nextafter(1.0, 2.0);
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(stream.uniform(1.0, high) == 1.0);
    }
}

TEST_CASE("below is uniform over its range") {
    RandomStream stream(3);
    std::array<int, 7> counts{};
    for (int i = 0; i < 70000; ++i) {
        const std::uint64_t value = stream.below(counts.size());
        REQUIRE(value < counts.size());
        ++counts[value];
    }
    // Expectation: chi-square with 6 degrees of freedom exceeds 22.46 once in 1,000 seeds.
    double chi_square = 0;
    for (const int count : counts) {
        chi_square += (count - 10000.0) * (count - 10000.0) / 10000.0;
    }
    CHECK(chi_square < 22.46);
    CHECK(stream.below(1) == 0);
}

TEST_CASE("below is unbiased where a multiple of the range does not fit into 64 bits") {
    // Expectation: of a range of 3/4 * 2^64, each third is drawn equally often; reduction by
    // remainder would give the lowest third one half of all draws.
    RandomStream stream(4);
    const std::uint64_t third = std::uint64_t{1} << 62;
    std::array<int, 3> counts{};
    for (int i = 0; i < 30000; ++i) {
        ++counts[stream.below(3 * third) / third];
    }
    for (const int count : counts) {
        CHECK(count == doctest::Approx(10000).epsilon(0.03));
    }
}

TEST_CASE("normal numbers have the moments and the tails of the normal distribution") {
    RandomStream stream(5);
    const int count = 200000;
    double fourth_powers = 0;
    int beyond_two = 0;
    const auto moments = sample_moments(count, [&] {
        const double value = stream.normal();
        fourth_powers += std::pow(value, 4);
        beyond_two += std::abs(value) > 2 ? 1 : 0;
        return value;
    });
    CHECK(std::abs(moments.mean) < 0.01);
    CHECK(moments.variance == doctest::Approx(1).epsilon(0.015));
    CHECK(fourth_powers / count == doctest::Approx(3).epsilon(0.03));
    CHECK(beyond_two / double{count} == doctest::Approx(std::erfc(std::sqrt(2.0))).epsilon(0.05));
}

TEST_CASE("Gamma(shape, 1) numbers have mean and variance equal to the shape") {
    for (const double shape : {0.05, 0.5, 1.0, 2.5, 40.0}) {
        CAPTURE(shape);
        RandomStream stream(stream_seed(6, "gamma", static_cast<std::uint64_t>(shape * 100)));
        const auto moments = sample_moments(300000, [&] {
            const double value = stream.gamma(shape);
            REQUIRE(value >= 0);
            return value;
        });
        CHECK(moments.mean == doctest::Approx(shape).epsilon(0.03));
        CHECK(moments.variance == doctest::Approx(shape).epsilon(0.05));
    }
}

TEST_CASE("a shuffle keeps every value and makes every order equally likely") {
    RandomStream stream(8);
    std::array<int, 24> counts{};
    for (int i = 0; i < 24000; ++i) {
        std::array<int, 4> order = {0, 1, 2, 3};
        stream.shuffle(std::span<int>(order));
        // Lehmer code: the rank of the order among all 24.
        int rank = 0;
        for (int a = 0; a < 4; ++a) {
            int smaller_after = 0;
            for (int b = a + 1; b < 4; ++b) {
                smaller_after += order[b] < order[a] ? 1 : 0;
            }
            rank = rank * (4 - a) + smaller_after;
        }
        std::sort(order.begin(), order.end());
        REQUIRE(order == std::array<int, 4>{0, 1, 2, 3});
        ++counts[rank];
    }
    // Expectation: chi-square with 23 degrees of freedom exceeds 49.7 once in 1,000 seeds.
    double chi_square = 0;
    for (const int count : counts) {
        chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
    }
    CHECK(chi_square < 49.7);
}

TEST_CASE("shuffling nothing draws nothing") {
    RandomStream stream(9);
    stream.shuffle(std::span<int>());
    CHECK(stream() == RandomStream(9)());
}

}  // namespace
}  // namespace murmur
