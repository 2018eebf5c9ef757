#include "learning/parameters.h"

#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace murmur {
namespace {

TEST_CASE("parameters: storage is aligned to 64 bytes at every length") {
    for (const std::size_t size : {0, 1, 15, 16, 17, 89'834}) {
        const ParameterVector vector(size);
        CHECK(vector.size() == size);
        CHECK(reinterpret_cast<std::uintptr_t>(vector.values().data()) % 64 == 0);
    }
}

TEST_CASE("parameters: live bytes count the vectors that are alive, whole cache lines each") {
    const std::size_t before = ParameterVector::live_bytes();
    {
        const ParameterVector a(16);
        const ParameterVector b(17);
        CHECK(ParameterVector::live_bytes() == before + 64 + 128);
    }
    CHECK(ParameterVector::live_bytes() == before);
}

#ifndef __SANITIZE_ADDRESS__  // for which each vector is by itself
TEST_CASE("parameters: a new vector takes the storage of a dead one of its length") {
    const float* first = nullptr;
    {
        const ParameterVector vector(1'000);
        first = vector.values().data();
    }
    const ParameterVector other_length(2'000);
    const ParameterVector same_length(1'000);
    CHECK(other_length.values().data() != first);
    CHECK(same_length.values().data() == first);
}
#endif

// Expectation: whatever the order in which vectors of many lengths, from one value to 10 MB, are made
// and die, each keeps what was written into all of it.
TEST_CASE("parameters: vectors of many lengths that come and go keep their values") {
    struct Held {
        std::shared_ptr<ParameterVector> vector;
        float mark;
    };
    RandomStream draw(20261130);
    std::vector<Held> held;
    float mark = 0;
    const auto is_whole = [](const Held& one) {
        return std::ranges::all_of(one.vector->values(),
                                   [&one](float value) { return value == one.mark; });
    };
    for (int step = 0; step < 3'000; ++step) {
        const bool grows = draw.uniform() < (step % 1'000 < 600 ? 0.6 : 0.3);
        if (grows || held.empty()) {
            constexpr std::array<std::size_t, 7> kSizes{
                1, 16, 1'000, 30'000, 89'834, 600'000, 2'500'000};
            const std::size_t size = kSizes[draw.below(step % 50 == 0 ? kSizes.size() : 5)];
            held.push_back({std::make_shared<ParameterVector>(size), ++mark});
            std::ranges::fill(held.back().vector->values(), mark);
        } else {
            const std::size_t place = draw.below(held.size());
            CHECK(is_whole(held[place]));
            held.erase(held.begin() + static_cast<std::ptrdiff_t>(place));
        }
    }
    CHECK(std::ranges::all_of(held, is_whole));
}

TEST_CASE("parameters: vectors alive at once never share storage") {
    const Parameters a = make_parameters(std::vector<float>{1, 2, 3});
    const Parameters b = make_parameters(std::vector<float>{4, 5, 6});
    CHECK(a->values()[0] == 1.0F);
    CHECK(b->values()[2] == 6.0F);
}

TEST_CASE("parameters: threads make and drop vectors at once") {
    const std::size_t before = ParameterVector::live_bytes();
    std::vector<int> damaged(4, 0);
    {
        std::vector<std::jthread> threads;
        for (std::size_t thread = 0; thread < damaged.size(); ++thread) {
            threads.emplace_back([&damaged, thread] {
                const std::vector<float> own(100, static_cast<float>(thread));
                for (int i = 0; i < 1'000; ++i) {
                    const Parameters copy = make_parameters(own);
                    damaged[thread] += copy->values()[99] != own[99];
                }
            });
        }
    }
    CHECK(damaged == std::vector<int>(4, 0));
    CHECK(ParameterVector::live_bytes() == before);
}

TEST_CASE("parameters: a change is applied to other parameters than it began from") {
    const Parameters x = make_parameters(std::vector<float>{10, -1, 0.5F});
    const Parameters before = make_parameters(std::vector<float>{1, 2, 3});
    const Parameters after = make_parameters(std::vector<float>{1.5F, 0, 3});
    const Parameters changed = apply_change(*x, *before, *after);
    CHECK(std::vector<float>(changed->values().begin(), changed->values().end()) ==
          std::vector<float>{10.5F, -3, 0.5F});
    CHECK_THROWS_WITH_AS((void)apply_change(*x, *before, *make_parameters(std::vector<float>{1})),
                         "apply_change: vectors of different lengths, got 3, 3 and 1",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
