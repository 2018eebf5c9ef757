// What attackers send, by closed forms.
#include "learning/attack.h"

#include "tests/support/doctest.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

Parameters vector_of(const std::vector<float>& values) {
    return make_parameters(values);
}

std::vector<float> forged(const std::string& spec, const AttackView& view) {
    const std::vector<std::uint32_t> honest{1, 2, 4};
    const Parameters made = make_attack(spec, {.honest = honest, .num_attackers = 2})->forge(view);
    return {made->values().begin(), made->values().end()};
}

// Expectation: honest values 1, 2, 6 and 0, 0, 3: means 3 and 1, deviations sqrt(7), sqrt(3).
TEST_CASE("attacks: what is sent is what their definitions say") {
    const Parameters own = vector_of({5, -7});
    const std::vector<Parameters> honest{vector_of({1, 0}), vector_of({2, 0}), vector_of({6, 3})};
    const AttackView view{.own = own, .honest = honest, .stream_seed = 3};
    CHECK(forged("sign-flip", view) == std::vector<float>{-5, 7});
    CHECK(forged("sign-flip:scale=2", view) == std::vector<float>{-10, 14});
    CHECK(forged("label-flip", view) == std::vector<float>{5, -7});
    CHECK(forged("infinity", view)[1] == std::numeric_limits<float>::infinity());
    CHECK(std::isnan(forged("nan", view)[0]));
    const std::vector<float> alie = forged("alie", view);
    CHECK(alie[0] == doctest::Approx(3 + 1.5 * std::sqrt(7.0)).epsilon(1e-6));
    CHECK(alie[1] == doctest::Approx(1 + 1.5 * std::sqrt(3.0)).epsilon(1e-6));
    CHECK(forged("ipm:eps=2", view) == std::vector<float>{-6, -2});
    CHECK(forged("gaussian", view) == forged("gaussian", view));
    CHECK(forged("gaussian:sigma=0,mu=4", view) == std::vector<float>{4, 4});
    const std::vector<Parameters> one{vector_of({9, 9})};
    CHECK(forged("mimic:node=4", {.own = own, .honest = one}) == std::vector<float>{9, 9});
}

// Expectation: what byzfl's documentation has of `ALittleIsEnough(1.5)`, whose code divides by n -
// 1; of one vector the deviation is 0.
TEST_CASE("attacks: a little is enough, as byzfl's example") {
    const Parameters own = vector_of({0, 0, 0});
    const std::vector<Parameters> honest{
        vector_of({1, 2, 3}), vector_of({4, 5, 6}), vector_of({7, 8, 9})};
    CHECK(forged("alie:z=1.5", {.own = own, .honest = honest}) ==
          std::vector<float>{8.5, 9.5, 10.5});
    CHECK(forged("alie", {.own = own, .honest = std::span(honest).first(1)}) ==
          std::vector<float>{1, 2, 3});
}

// Expectation: n = 5 nodes, m = 2 attackers: s = floor(5/2 + 1) - 2 = 1 supporter, so that
// z = Phi^-1(2/3) = 0.4307273, and what is sent is the mean minus z deviations.
TEST_CASE("attacks: a little is enough, by the counts of nodes and attackers") {
    const std::vector<Parameters> honest{vector_of({-1}), vector_of({0}), vector_of({1})};
    const Parameters own = vector_of({0});
    CHECK(forged("alie:z=counts", {.own = own, .honest = honest})[0] ==
          doctest::Approx(-0.4307273).epsilon(1e-6));
    const std::vector<std::uint32_t> few{0, 1};
    CHECK_THROWS_AS((void)make_attack("alie:z=counts", {.honest = few, .num_attackers = 7}),
                    std::invalid_argument);
}

// Expectation: a victim at 1 with honest neighbors at 3 and 0 of weights 0.25 and 0.125 is pulled
// by 0.375; with eps = 1, attackers of weight 0.25 at 1 - 1.5 pull it back by as much.
TEST_CASE("attacks: dissensus undoes what honest neighbors do") {
    const Parameters own = vector_of({100});
    const std::vector<Parameters> honest{vector_of({3}), vector_of({0})};
    const std::vector<double> weights{0.25, 0.125};
    const AttackView view{.own = own,
                          .honest = honest,
                          .victim = vector_of({1}),
                          .weights = weights,
                          .attackers_weight = 0.25};
    CHECK(forged("dissensus:eps=1", view) == std::vector<float>{-0.5F});
    CHECK(forged("dissensus:eps=0", view) == std::vector<float>{1});
    CHECK(forged("dissensus", view) == std::vector<float>{-1.25F});
}

TEST_CASE("attacks: who is looked at, and wrong options") {
    const std::vector<std::uint32_t> honest{1, 2, 4};
    const auto attack = [&](const std::string& spec) {
        return make_attack(spec, {.honest = honest, .num_attackers = 2});
    };
    CHECK(attack("alie")->sees() == honest);
    CHECK(attack("mimic")->sees() == std::vector<std::uint32_t>{1});
    CHECK(attack("sign-flip")->sees().empty());
    CHECK(attack("dissensus")->is_per_victim());
    CHECK(attack("label-flip")->flips_labels());
    CHECK_FALSE(attack("label-flip")->forges());
    CHECK_THROWS_WITH_AS((void)attack("mimic:node=3"),
                         "attack mimic: node: got 3, allowed an honest node that learns",
                         std::invalid_argument);
    CHECK_THROWS_AS((void)attack("spam"), std::invalid_argument);
}

}  // namespace
}  // namespace murmur
