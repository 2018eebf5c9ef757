#include "learning/encoding/selection.h"
#include "learning/encoding/torch_mask.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace murmur {
namespace {

using Indices = std::vector<std::uint32_t>;

/// The slow truth: sorts everything.
Indices sorted_choice(const std::vector<float>& values, std::size_t count) {
    Indices order = all_indices(values.size());
    std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) {
        return std::abs(values[a]) > std::abs(values[b]);
    });
    order.resize(count);
    std::ranges::sort(order);
    return order;
}

TEST_CASE("selection: budgets are rounded half to even, as Python rounds") {
    CHECK(entries_in_budget(0.1, 89'834) == 8'983);
    CHECK(entries_in_budget(0.5, 5) == 2);
    CHECK(entries_in_budget(0.5, 7) == 4);
    CHECK(entries_in_budget(0.01, 14) == 0);
    CHECK(entries_in_budget(1.0, 14) == 14);
}

TEST_CASE("selection: the same entries as by sorting") {
    RandomStream stream(3);
    for (const std::size_t size : {1U, 2U, 7U, 100U, 4'001U}) {
        std::vector<float> normal(size);
        std::vector<float> tied(size);
        std::vector<float> wide(size);
        for (std::size_t i = 0; i < size; ++i) {
            normal[i] = static_cast<float>(stream.normal());
            tied[i] = static_cast<float>(stream.below(4)) - 1.5F;
            wide[i] = static_cast<float>(std::ldexp(stream.normal(), stream.below(250) - 140));
        }
        for (const auto& values : {normal, tied, wide, std::vector<float>(size)}) {
            for (const std::size_t count : {std::size_t{0}, size / 10, size / 2, size - 1, size}) {
                CAPTURE(size);
                CAPTURE(count);
                CHECK(largest_magnitudes(values, count) == sorted_choice(values, count));
            }
        }
    }
}

TEST_CASE("selection: equal magnitudes are taken from the front, whatever their sign") {
    const std::vector<float> values{-2, 1, 2, -0.0F, 2, 0, -2};
    CHECK(largest_magnitudes(values, 2) == Indices{0, 2});
    CHECK(largest_magnitudes(values, 3) == Indices{0, 2, 4});
    CHECK(largest_magnitudes(values, 6) == Indices{0, 1, 2, 3, 4, 6});
}

TEST_CASE("selection: NaN and infinity are the largest") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK(largest_magnitudes(std::vector<float>{1, -infinity, 3, -nan, 2}, 1) == Indices{3});
    CHECK(largest_magnitudes(std::vector<float>{1, -infinity, 3, -nan, 2}, 2) == Indices{1, 3});
}

// Expectation: LibTorch's own generator, beyond several blocks of 624 draws.
TEST_CASE("random mask: the numbers of torch.rand") {
    for (const std::uint64_t seed : {0ULL, 7ULL, 4'294'967'295ULL, 0x123456789abcdef0ULL}) {
        for (const double alpha : {0.1, 0.5, 1.0, 1e-7}) {
            for (const std::int64_t size : {1, 623, 624, 625, 5'000}) {
                const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
                const at::Tensor kept = at::rand({size}, generator).le(alpha).nonzero().flatten();
                const Indices mask = torch_mask(seed, static_cast<std::size_t>(size), alpha);
                CAPTURE(seed);
                CAPTURE(alpha);
                REQUIRE(kept.numel() == static_cast<std::int64_t>(mask.size()));
                const auto* const theirs = kept.data_ptr<std::int64_t>();
                CHECK(std::equal(mask.begin(), mask.end(), theirs));
            }
        }
    }
}

}  // namespace
}  // namespace murmur
