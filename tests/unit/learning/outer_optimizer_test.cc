// The outer step against torch.optim.SGD's formulas in double precision, fragments, buffers.

#include "learning/outer_optimizer.h"

#include "learning/fragments.h"
#include "tests/support/doctest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace {

using murmur::FragmentOrder;
using murmur::OuterOptimizer;
using murmur::ParameterLayout;
using Form = OuterOptimizer::Form;
using Values = std::vector<float>;

Values values_of(const murmur::Parameters& parameters) {
    return {parameters->values().begin(), parameters->values().end()};
}

/// theta after steps along these drifts, as the docstring has the forms, in double.
double expected(const OuterOptimizer& outer, double theta, const std::vector<double>& drifts) {
    double velocity = 0;
    for (const double drift : drifts) {
        velocity = outer.momentum * velocity + drift;
        switch (outer.form) {
            case Form::kPlain:
                theta -= outer.lr * drift;
                break;
            case Form::kHeavyBall:
                theta -= outer.lr * velocity;
                break;
            case Form::kNesterov:
                theta -= outer.lr * (drift + outer.momentum * velocity);
                break;
        }
    }
    return theta;
}

}  // namespace

TEST_CASE("an outer optimizer's three forms are those of torch.optim.SGD") {
    const std::vector<double> drifts{0.5, -1.25, 2, 0.125, 3};
    for (const Form form : {Form::kNesterov, Form::kHeavyBall, Form::kPlain}) {
        const OuterOptimizer outer{.form = form, .lr = 0.7, .momentum = 0.9};
        std::vector<float> velocity;
        murmur::Parameters theta = murmur::make_parameters(Values{4, -1});
        for (const double drift : drifts) {
            const auto both = murmur::make_parameters(
                Values{static_cast<float>(drift), static_cast<float>(2 * drift)});
            theta = outer.step(*theta, *both, velocity, {});
        }
        CHECK(theta->values()[0] == doctest::Approx(expected(outer, 4, drifts)).epsilon(1e-6));
        std::vector<double> doubled;
        for (const double drift : drifts) {
            doubled.push_back(2 * drift);
        }
        CHECK(theta->values()[1] == doctest::Approx(expected(outer, -1, doubled)).epsilon(1e-6));
        CHECK(velocity.empty() == (form == Form::kPlain));
    }
}

TEST_CASE("an outer step averages buffers, whatever its rate") {
    const ParameterLayout layout{
        {.name = "w", .shape = {2}}, {.name = "mean", .shape = {1}, .is_buffer = true}};
    const OuterOptimizer outer{.lr = 0.5, .momentum = 0.9};
    std::vector<float> velocity;
    const auto stepped = outer.step(*murmur::make_parameters(Values{1, 2, 10}),
                                    *murmur::make_parameters(Values{1, 0, 4}),
                                    velocity,
                                    layout);
    CHECK(values_of(stepped)[0] == doctest::Approx(1 - 0.5 * 1.9));
    CHECK(values_of(stepped)[2] == 6);
}

TEST_CASE("an outer step without momentum takes no momentum") {
    const auto read = [](const std::string& text) {
        return murmur::outer_optimizer(
            murmur::Options::of_list("protocol diloco", text, murmur::outer_optimizer_options()));
    };
    CHECK_THROWS_WITH(
        (void)read("outer=plain,momentum=0.5"),
        "protocol diloco: momentum: got 0.5 with outer=plain, which has none, allowed with "
        "nesterov and heavy-ball");
    CHECK(read("outer=plain").form == Form::kPlain);
    CHECK(read("outer=plain,momentum=0").form == Form::kPlain);
    CHECK(read("outer=heavy-ball,momentum=0.5").momentum == 0.5);
    CHECK_THROWS_WITH((void)read("momentum=1"),
                      doctest::Contains("protocol diloco: momentum: got 1, allowed 0"));
}

TEST_CASE("an outer step refuses a drift of another length") {
    std::vector<float> velocity;
    CHECK_THROWS_WITH(OuterOptimizer{}.step(*murmur::make_parameters(Values{1, 2}),
                                            *murmur::make_parameters(Values{1}),
                                            velocity,
                                            {}),
                      "outer step: a drift of another length, got 1, allowed 2");
}

// Expectation: an embedding of 50,257 tokens is eight ninths of a small transformer.  It is one
// fragment, and the others share what is left; no fragment is empty.
TEST_CASE("sequential fragments have a layer each, however large one of them is") {
    const std::vector<std::size_t> sizes{6'432'896, 8'192, 198'272, 198'272, 198'272, 198'272, 256};
    ParameterLayout layout;
    std::size_t total = 0;
    for (const std::size_t size : sizes) {
        layout.push_back({.name = fmt::format("{}.weight", layout.size()),
                          .shape = {static_cast<std::int64_t>(size)}});
        total += size;
    }
    const auto sizes_of = [&](std::size_t count) {
        std::vector<std::size_t> result;
        for (const auto& part : fragments_of(layout, total, count, FragmentOrder::kSequential)) {
            CHECK(part.size() == 1);
            result.push_back(size_of(part));
        }
        CHECK(std::accumulate(result.begin(), result.end(), std::size_t{0}) == total);
        return result;
    };
    CHECK(sizes_of(4) == std::vector<std::size_t>{6'432'896, 206'464, 396'544, 198'528});
    CHECK(sizes_of(7) == sizes);
    CHECK(sizes_of(1) == std::vector<std::size_t>{total});
    std::ranges::reverse(layout);
    CHECK(sizes_of(4) == std::vector<std::size_t>{595'072, 198'272, 8'192, 6'432'896});
}

TEST_CASE("fragments hold whole layers, strided or one after the other, and every value once") {
    ParameterLayout layout;
    for (const char* name : {"a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "d.weight"}) {
        layout.push_back({.name = name, .shape = {3}});
    }
    const auto strided = fragments_of(layout, 18, 2, FragmentOrder::kStrided);
    CHECK((strided[0] == murmur::Fragment{{0, 6}, {12, 3}}));
    CHECK((strided[1] == murmur::Fragment{{6, 6}, {15, 3}}));
    const auto sequential = fragments_of(layout, 18, 2, FragmentOrder::kSequential);
    CHECK((sequential[0] == murmur::Fragment{{0, 6}}));
    CHECK((sequential[1] == murmur::Fragment{{6, 12}}));
    // Fewer layers than fragments: equal parts of the values.
    const auto parts = fragments_of(layout, 18, 5, FragmentOrder::kStrided);
    std::size_t sum = 0;
    for (const murmur::Fragment& part : parts) {
        CHECK(size_of(part) >= 3);
        sum += size_of(part);
    }
    CHECK(sum == 18);
    Values whole(18);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        whole[i] = static_cast<float>(i);
    }
    Values back(18, -1);
    for (const murmur::Fragment& fragment : strided) {
        const auto gathered = gather(*murmur::make_parameters(whole), fragment);
        murmur::scatter(gathered->values(), fragment, back);
    }
    CHECK(back == whole);
}
