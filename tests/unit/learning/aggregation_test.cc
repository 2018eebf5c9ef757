// Aggregators by themselves: what they make of whole vectors and of some entries.
#include "learning/aggregation/aggregators.h"
#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/skip.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using Vectors = std::vector<std::vector<float>>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> values_of(const Parameters& parameters) {
    return {parameters->values().begin(), parameters->values().end()};
}

/// Returns the views of all vectors but the first, which is the node's own, with equal weights.
std::vector<WeightedView> whole_views(const Vectors& own_first) {
    std::vector<WeightedView> views;
    for (std::uint32_t from = 1; from < own_first.size(); ++from) {
        views.push_back({from,
                         1.0 / static_cast<double>(own_first.size()),
                         ModelView(make_parameters(own_first[from]))});
    }
    return views;
}

std::vector<float> aggregated(const std::string& spec,
                              const std::vector<float>& own,
                              const std::vector<WeightedView>& views) {
    const auto aggregator = make_aggregator(spec);
    const Parameters start = make_parameters(own);
    const auto state = aggregator->initial_state(start);
    return values_of(
        aggregator->aggregate(*state, start, 1.0 / static_cast<double>(views.size() + 1), views));
}

std::vector<float> aggregated(const std::string& spec, const Vectors& own_first) {
    return aggregated(spec, own_first.front(), whole_views(own_first));
}

Vectors normal_vectors(std::size_t count, std::size_t size, std::uint64_t seed) {
    RandomStream stream(seed);
    Vectors vectors(count, std::vector<float>(size));
    for (std::vector<float>& vector : vectors) {
        for (float& value : vector) {
            value = static_cast<float>(stream.normal());
        }
    }
    return vectors;
}

/// The mean without the `cut` least and greatest values at each place, as one would write it.
std::vector<float> plain_trimmed_mean(const Vectors& vectors, std::size_t cut) {
    std::vector<float> means;
    for (std::size_t i = 0; i < vectors.front().size(); ++i) {
        std::vector<double> place;
        for (const std::vector<float>& vector : vectors) {
            place.push_back(vector[i]);
        }
        std::sort(place.begin(), place.end());
        double sum = 0;
        for (std::size_t rank = cut; rank < place.size() - cut; ++rank) {
            sum += place[rank];
        }
        means.push_back(static_cast<float>(sum / static_cast<double>(place.size() - 2 * cut)));
    }
    return means;
}

// Expectation: the definitions, sorted place by place; fewer and more rows than are sorted at once,
// and lengths that end within a block.
TEST_CASE("aggregation: median and trimmed mean are those of sorted values") {
    for (const std::size_t count : {1, 2, 3, 4, 5, 6, 7, 31, 32, 33, 40}) {
        for (const std::size_t size : {1, 511, 512, 1'300}) {
            CAPTURE(count);
            CAPTURE(size);
            const Vectors vectors = normal_vectors(count, size, 100 * count + size);
            CHECK(aggregated("median", vectors) == plain_trimmed_mean(vectors, (count - 1) / 2));
            CHECK(aggregated("trimmed-mean:beta=0", vectors) == plain_trimmed_mean(vectors, 0));
            CHECK(aggregated("trimmed-mean:beta=0.5", vectors) == aggregated("median", vectors));
        }
    }
}

// Expectation: of n values ceil(beta n) go at either end.
TEST_CASE("aggregation: the share that is trimmed is rounded up") {
    const auto cut_of = [](const std::string& beta, std::size_t count) {
        const Vectors vectors = normal_vectors(count, 5, count);
        const std::vector<float> means = aggregated("trimmed-mean:beta=" + beta, vectors);
        std::size_t cut = 0;
        while (2 * cut < count && means != plain_trimmed_mean(vectors, cut)) {
            ++cut;
        }
        return cut;
    };
    CHECK(cut_of("0.1", 6) == 1);
    CHECK(cut_of("0.1", 10) == 1);
    CHECK(cut_of("0.1", 11) == 2);
    CHECK(cut_of("0.07", 100) == 7);
    CHECK(cut_of("0.2", 15) == 3);
    CHECK(cut_of("0.4", 3) == 1);
    CHECK(cut_of("0.4", 2) == 0);
    CHECK(cut_of("0.001", 4) == 1);
}

// Expectation: one value in each place may be anything, and the result stays among the others.
TEST_CASE("aggregation: one liar moves no value out of the range of the honest") {
    const Vectors honest = normal_vectors(5, 700, 1);
    for (const float lie : {1e30F, -1e30F, kInfinity, -kInfinity, kNaN, -kNaN}) {
        Vectors vectors = honest;
        vectors.emplace_back(700, lie);
        for (const char* spec : {"median", "trimmed-mean", "trimmed-mean:beta=0.3"}) {
            CAPTURE(spec);
            CAPTURE(lie);
            const std::vector<float> merged = aggregated(spec, vectors);
            for (std::size_t i = 0; i < merged.size(); ++i) {
                const auto [least, greatest] =
                    std::ranges::minmax(honest, {}, [i](const auto& vector) { return vector[i]; });
                REQUIRE(merged[i] >= least[i]);
                REQUIRE(merged[i] <= greatest[i]);
            }
        }
        for (const char* spec : {"mean", "equal", "trimmed-mean:beta=0"}) {
            CHECK_FALSE(std::abs(aggregated(spec, vectors)[0]) < 1e20F);
        }
    }
}

TEST_CASE("aggregation: who sent which does not matter to robust rules, to the bit") {
    for (const std::size_t count : {6, 37}) {
        const Vectors vectors = normal_vectors(count, 600, 2);
        Vectors others(vectors.rbegin(), vectors.rend());
        std::swap(others[1], others[2]);
        for (const char* spec : {"median", "trimmed-mean:beta=0.2", "trimmed-mean:beta=0"}) {
            CAPTURE(spec);
            CHECK(aggregated(spec, vectors) == aggregated(spec, others));
        }
    }
}

// Expectation: robust rules ignore weights, mean heeds them; what it makes of 0.5, 0.125 and 0.375
// is exact in float32.
TEST_CASE("aggregation: weights") {
    const std::vector<float> own{1, 2};
    const std::vector<WeightedView> views{
        {3, 0.125, ModelView(make_parameters(std::vector<float>{8, -8}))},
        {7, 0.375, ModelView(make_parameters(std::vector<float>{16, 0}))}};
    const auto merged = [&](const std::string& spec) {
        const auto aggregator = make_aggregator(spec);
        const auto state = aggregator->initial_state(make_parameters(own));
        return values_of(aggregator->aggregate(*state, make_parameters(own), 0.5, views));
    };
    CHECK(make_aggregator("mean")->uses_weights());
    CHECK(merged("mean") == std::vector<float>{0.5F + 1 + 6, 1 - 1});
    CHECK_FALSE(make_aggregator("median")->uses_weights());
    CHECK(merged("median") == std::vector<float>{8, 0});
    CHECK_FALSE(make_aggregator("trimmed-mean")->uses_weights());
    CHECK(merged("trimmed-mean") == std::vector<float>{8, 0});
    CHECK_FALSE(make_aggregator("equal")->uses_weights());
    CHECK(merged("equal")[1] == doctest::Approx(-2));
}

// Expectation: by hand, in powers of two; entry 1 of width 2 is the values 2 and 3.
TEST_CASE("aggregation: what was not sent counts as the node's own") {
    const std::vector<float> own{1, 2, 3, 4};
    const ModelView pair({1}, {8, 16}, 2);
    CHECK(values_of(pair.completed(*make_parameters(own))) == std::vector<float>{1, 2, 8, 16});
    CHECK_FALSE(pair.is_whole());
    const ModelView nothing({}, {});
    CHECK(values_of(nothing.completed(*make_parameters(own))) == own);
    CHECK_FALSE(nothing.is_whole());
    const ModelView three({0, 1, 3}, {5, 6, 7});
    CHECK(values_of(three.completed(*make_parameters(own))) == std::vector<float>{5, 6, 3, 7});

    const std::vector<WeightedView> views{{1, 0.25, pair}, {2, 0.25, three}};
    const auto aggregator = make_aggregator("mean");
    const auto state = aggregator->initial_state(make_parameters(own));
    const auto merged = aggregator->aggregate(*state, make_parameters(own), 0.5, views);
    CHECK(values_of(merged) ==
          std::vector<float>{
              1 + 0.25F * 4, 2 + 0.25F * 4, 3 + 0.25F * 5, 4 + 0.25F * 12 + 0.25F * 3});
    // Of own 1 2 3 4, 1 2 8 16 and 5 6 3 7.
    CHECK(aggregated("median", own, views) == std::vector<float>{1, 2, 3, 7});
}

TEST_CASE("aggregation: a node without neighbors keeps its model") {
    for (const char* spec : {"mean", "equal", "median", "trimmed-mean"}) {
        CHECK(aggregated(spec, {{1.5F, -2.0F}}) == std::vector<float>{1.5F, -2.0F});
    }
}

TEST_CASE("aggregation: wrong names and options are refused with what is allowed") {
    const auto refused = [](const char* spec, const char* message) {
        CHECK_THROWS_WITH_AS((void)make_aggregator(spec), message, std::invalid_argument);
    };
    refused("mode",
            "aggregation: unknown, got 'mode', allowed mean, equal, median, trimmed-mean, "
            "clipped-gossip, cs-plus, gts, ios, krum, multi-krum, geometric-median, "
            "centered-clipping, monna, nnm, ubar");
    refused("median:0.5", "aggregation median: takes no argument, got '0.5'");
    refused("trimmed-mean:beta=0.6",
            "aggregation trimmed-mean: beta: not a number in range, got '0.6', allowed 0 ... 0.5");
}

// Expectation: computed by an independent program in float64.
TEST_CASE("real data: robust rules make of the shared vectors what is noted there") {
    const auto path = test::shared_file("vectors/rounds.json");
    if (!std::filesystem::exists(path)) {
        test::skip(path.string() +
                   " is absent; set MURMUR_SHARED to the folder that holds vectors/rounds.json");
        return;
    }
    std::ifstream file(path);
    const auto robust = nlohmann::json::parse(file)["robust"];
    const auto vectors = robust["vectors_own_first"].get<Vectors>();
    const auto expected = [&](const char* key) { return robust[key].get<std::vector<float>>(); };
    // One of six is the tenth, rounded up.
    CHECK(robust["f"] == 1);
    CHECK(aggregated("trimmed-mean", vectors) == expected("trimmed_mean_f1"));
    CHECK(aggregated("median", vectors) == expected("median_mean_of_middle_two"));
    const std::vector<float> mean = expected("mean");
    for (const char* spec : {"mean", "equal"}) {
        for (std::size_t i = 0; i < mean.size(); ++i) {
            CHECK(aggregated(spec, vectors)[i] == doctest::Approx(mean[i]).epsilon(1e-6));
        }
    }
}

}  // namespace
}  // namespace murmur
