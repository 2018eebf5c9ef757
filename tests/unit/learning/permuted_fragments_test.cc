#include "learning/permuted_fragments.h"

#include "learning/random_stream.h"
#include "learning/value_io.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

const ParameterLayout kLayout{{.name = "weight", .shape = {5, 8}},
                              {.name = "bias", .shape = {7}},
                              {.name = "scale", .shape = {}},
                              {.name = "running_mean", .shape = {13}, .is_buffer = true}};
constexpr std::size_t kLength = 40 + 7 + 1 + 13;

Parameters random_model(std::uint64_t seed) {
    RandomStream random(seed);
    std::vector<float> values(kLength);
    for (float& value : values) {
        value = static_cast<float>(random.normal());
    }
    return make_parameters(values);
}

/// Returns in which fragment each value is.
std::vector<std::uint32_t> places(const FragmentPlan& plan) {
    std::vector<std::uint32_t> found(plan.num_parameters(), 999);
    for (std::uint32_t fragment = 0; fragment < plan.num_fragments(); ++fragment) {
        for (const std::uint32_t index : plan.indices(fragment)) {
            CHECK(found[index] == 999);
            found[index] = fragment;
        }
    }
    return found;
}

// floor(size / F) values of each tensor in each fragment, and the rest of it in the last.
TEST_CASE("fragments: each has its slice of every tensor, and the last one the rest") {
    const FragmentPlan plan = permuted_fragments(kLayout, kLength, 6, 1);
    const std::vector<std::uint32_t> found = places(plan);
    std::size_t begin = 0;
    for (const std::size_t size : {40, 7, 1, 13}) {
        for (std::uint32_t fragment = 0; fragment < 6; ++fragment) {
            const auto here = static_cast<std::size_t>(
                std::count(found.begin() + static_cast<std::ptrdiff_t>(begin),
                           found.begin() + static_cast<std::ptrdiff_t>(begin + size),
                           fragment));
            CHECK(here == (fragment < 5 ? size / 6 : size - 5 * (size / 6)));
        }
        begin += size;
    }
}

TEST_CASE("fragments: the seed decides, and each value is as likely in each of them") {
    CHECK(places(permuted_fragments(kLayout, kLength, 4, 1)) ==
          places(permuted_fragments(kLayout, kLength, 4, 1)));
    std::vector<int> in_first(kLength, 0);
    constexpr int kDraws = 2000;
    for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
        const FragmentPlan plan = permuted_fragments(kLayout, kLength, 4, seed);
        for (const std::uint32_t index : plan.indices(0)) {
            ++in_first[index];
        }
    }
    for (std::size_t index = 0; index < 40; ++index) {
        // A quarter, standard deviation 19.
        CHECK(in_first[index] == doctest::Approx(kDraws / 4).epsilon(0.2));
    }
    CHECK(in_first[47] == 0);  // one value: in the last fragment
}

TEST_CASE("fragments: one of them is the model, and a model without a layout is one tensor") {
    const Parameters model = random_model(1);
    const FragmentPlan whole = permuted_fragments(kLayout, kLength, 1, 1);
    CHECK(std::ranges::equal(cut_fragment(whole, 0, *model)->values(), model->values()));
    const FragmentPlan plain = permuted_fragments({}, 10, 3, 1);
    CHECK(plain.indices(0).size() == 3);
    CHECK(plain.indices(2).size() == 4);
}

TEST_CASE("fragments: what is no division of a model is refused") {
    using Lists = std::vector<std::vector<std::uint32_t>>;
    CHECK_THROWS_WITH_AS(FragmentPlan(3, Lists{{0}, {2}}),
                         "fragments: 1 of 3 values are in none, allowed 0",
                         std::invalid_argument);
    for (const Lists& lists : {Lists{{0, 1}, {1, 2}}, Lists{{1, 0}, {2}}, Lists{{0, 1}, {2, 3}}}) {
        CHECK_THROWS_AS(FragmentPlan(3, lists), std::invalid_argument);
    }
}

// The definition value by value, in double.
TEST_CASE("fragments: averaging is (x + sum) / (1 + count) at each place by itself") {
    const FragmentPlan plan = permuted_fragments(kLayout, kLength, 5, 3);
    const std::vector<std::uint32_t> found = places(plan);
    const Parameters own = random_model(1);
    std::vector<double> sum(own->values().begin(), own->values().end());
    std::vector<double> count(kLength, 1);
    std::vector<std::shared_ptr<const EncodedModel>> received;
    RandomStream random(7);
    for (std::uint64_t sender = 2; sender < 12; ++sender) {
        const Parameters model = random_model(sender);
        const auto fragment = static_cast<std::uint32_t>(random.below(4));  // the last: never
        received.push_back(cut_fragment(plan, fragment, *model));
        for (std::size_t i = 0; i < kLength; ++i) {
            if (found[i] == fragment) {
                sum[i] += model->values()[i];
                ++count[i];
            }
        }
    }
    const Parameters mixed = average_fragments(plan, *own, received);
    for (std::size_t i = 0; i < kLength; ++i) {
        CHECK(mixed->values()[i] == doctest::Approx(sum[i] / count[i]).epsilon(1e-5));
        if (found[i] == 4) {
            CHECK(mixed->values()[i] == own->values()[i]);
        }
    }
    CHECK(std::ranges::equal(average_fragments(plan, *own, {})->values(), own->values()));
}

TEST_CASE("fragments: messages are their values, read back, and refused where they fit nothing") {
    const FragmentPlan plan = permuted_fragments(kLayout, kLength, 5, 3);
    const Parameters model = random_model(1);
    const std::shared_ptr<const EncodedModel> sent = cut_fragment(plan, 2, *model);
    CHECK(sent->size().values == 4 * plan.indices(2).size());
    CHECK(sent->size().metadata == 0);
    const auto read = round_trip(sent);
    CHECK(std::ranges::equal(dynamic_cast<const FragmentMessage&>(*read).values(),
                             dynamic_cast<const FragmentMessage&>(*sent).values()));
    const std::vector<std::shared_ptr<const EncodedModel>> wrong{
        std::make_shared<const FragmentMessage>(5, std::vector<float>(3)),
        std::make_shared<const FragmentMessage>(1, std::vector<float>(3))};
    for (const auto& message : wrong) {
        CHECK_THROWS_WITH_AS(
            static_cast<void>(average_fragments(plan, *model, std::array{message})),
            "fragments: got a message that is no fragment of this plan",
            std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(cut_fragment(plan, 0, *make_parameters({}))),
                         "fragments: got a model of 0 values, allowed 61, those of the plan",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
