// Rules that bear lies: closed forms, what they are without liars, and how far liars get.
#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/clipping.h"
#include "learning/aggregation/distances.h"
#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "tests/support/doctest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using Vectors = std::vector<std::vector<float>>;

std::vector<float> values_of(const Parameters& parameters) {
    return {parameters->values().begin(), parameters->values().end()};
}

/// Merges vectors, the node's own first, with equal weights.
std::vector<float> merged(const std::string& spec, const Vectors& own_first) {
    const double weight = 1.0 / static_cast<double>(own_first.size());
    std::vector<WeightedView> views;
    for (std::uint32_t from = 1; from < own_first.size(); ++from) {
        views.push_back({from, weight, ModelView(make_parameters(own_first[from]))});
    }
    const auto aggregator = make_aggregator(spec);
    const Parameters own = make_parameters(own_first.front());
    const auto state = aggregator->initial_state(own);
    return values_of(aggregator->aggregate(*state, own, weight, views));
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

double distance(const std::vector<float>& a, const std::vector<float>& b) {
    double square = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        square += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    }
    return std::sqrt(square);
}

void check_near(const std::vector<float>& got, const std::vector<float>& expected, double within) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        CHECK(std::abs(got[i] - expected[i]) <= within);
    }
}

/// Returns every rule, bearing f liars of n, as far as it has options for it.
std::vector<std::string> rules_bearing(std::size_t f, std::size_t n) {
    std::vector<std::string> rules;
    for (const std::string rule : {"clipped-gossip:tau=1",
                                   "clipped-gossip:tau=second-largest",
                                   "clipped-gossip:tau=he,b=B",
                                   "cs-plus:b=B",
                                   "gts:b=B",
                                   "ios:f=F",
                                   "krum:f=F",
                                   "krum:f=F,score=nf1",
                                   "krum:f=F,score=epfml",
                                   "multi-krum:f=F",
                                   "multi-krum:f=F,score=nf2,m=3",
                                   "geometric-median",
                                   "centered-clipping:tau=1",
                                   "centered-clipping:tau=1,center=own,iterations=3",
                                   "monna:f=F",
                                   "monna:f=F,keep=n-2f",
                                   "nnm:f=F",
                                   "nnm:f=F,then=trimmed-mean:f=F",
                                   "nnm:f=F,then=krum:f=F+score=nf1",
                                   "nnm:f=F,then=cs-plus:b=B",
                                   "trimmed-mean:f=F",
                                   "median"}) {
        std::string made;
        for (const char c : rule) {
            made += c == 'F'   ? fmt::format("{}", f)
                    : c == 'B' ? fmt::format("{}/{}", f, n)
                               : std::string(1, c);
        }
        rules.push_back(made);
    }
    return rules;
}

/// Bearing one liar of six.
const std::vector<std::string> kRules = rules_bearing(1, 6);

// Expectation: rules that may leave nobody out are the mean: those that pivot on the own vector the
// weighted mean to the bit, the others the equal one to float32's rounding.
TEST_CASE("robust rules: without liars to bear, they are the mean") {
    for (const std::size_t count : {1, 2, 3, 6, 9}) {
        const Vectors vectors = normal_vectors(count, 700, count);
        const std::vector<float> mean = merged("mean", vectors);
        for (const std::string rule : {"clipped-gossip:tau=1e30",
                                       "clipped-gossip:tau=he,b=0",
                                       "cs-plus:b=0",
                                       "gts:b=0",
                                       "ios:f=0"}) {
            CAPTURE(rule);
            CHECK(merged(rule, vectors) == mean);
        }
        for (const std::string rule : {"trimmed-mean:f=0",
                                       "multi-krum:f=0",
                                       "centered-clipping:tau=1e30",
                                       "centered-clipping:tau=1e30,center=own",
                                       "monna:f=0",
                                       "nnm:f=0"}) {
            CAPTURE(rule);
            check_near(merged(rule, vectors), mean, 1e-6);
        }
    }
}

// Expectation: weights that are no equal ones are heeded, and the own weight takes what is clipped.
TEST_CASE("robust rules: those that pivot mix with the weights that they are given") {
    const Parameters own = make_parameters(std::vector<float>{0, 0});
    const std::vector<WeightedView> views{
        {1, 0.5, ModelView(make_parameters(std::vector<float>{2, 0}))},
        {2, 0.25, ModelView(make_parameters(std::vector<float>{0, 4}))}};
    const auto of = [&](const std::string& spec) {
        const auto aggregator = make_aggregator(spec);
        const auto state = aggregator->initial_state(own);
        return values_of(aggregator->aggregate(*state, own, 0.25, views));
    };
    CHECK(of("clipped-gossip:tau=1e30") == std::vector<float>{1, 1});
    CHECK(of("clipped-gossip:tau=1") == std::vector<float>{0.5, 0.25});
    CHECK(of("cs-plus:b=0,rho=0.5") == std::vector<float>{0.5, 0.5});
    CHECK(of("gts:b=0.25") == std::vector<float>{1, 0});
    // A part of the farthest weight goes, the rest of it stays.
    CHECK(of("gts:b=0.125") == std::vector<float>{1, 0.5});
    CHECK(of("ios:f=1") == std::vector<float>{4.0F / 3, 0});
}

// Expectation: what a message does not hold is the node's own value, at no distance.
TEST_CASE("robust rules: entries that were not sent count as the node's own") {
    const Parameters own = make_parameters(std::vector<float>{1, 2, 3});
    const std::vector<WeightedView> sparse{{1, 0.25, ModelView({1}, {6.0F})},
                                           {2, 0.25, ModelView({0, 2}, {4.0F, -1.0F})}};
    const std::vector<WeightedView> whole{
        {1, 0.25, ModelView(make_parameters(std::vector<float>{1, 6, 3}))},
        {2, 0.25, ModelView(make_parameters(std::vector<float>{4, 2, -1}))}};
    for (const std::string& rule : kRules) {
        CAPTURE(rule);
        const auto aggregator = make_aggregator(rule);
        const auto of = [&](const std::vector<WeightedView>& views) {
            const auto state = aggregator->initial_state(own);
            return values_of(aggregator->aggregate(*state, own, 0.5, views));
        };
        check_near(of(sparse), of(whole), 1e-6);
    }
}

// Expectation: byzfl's own examples, in its documentation.
TEST_CASE("robust rules: byzfl's examples") {
    const Vectors vectors{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
    check_near(merged("geometric-median", vectors), {3.78788764F, 4.78788764F, 5.78788764F}, 2e-6);
    CHECK(merged("krum:f=1,score=nf1", vectors) == std::vector<float>{1, 2, 3});
    check_near(merged("multi-krum:f=1", vectors), {2.5, 3.5, 4.5}, 1e-6);
}

// Expectation: the three scores choose as their definitions say.  On a line at 0, 1, 3, 3.9, 20
// with f = 1 the sums over two nearest are 10, 5, 4.81, 9.22, ...; the means over three nearest
// are 8.4, 4.5 (5 + 8.41 = 13.41 / 3), 4.6, ...
TEST_CASE("robust rules: Krum's scores differ in what they choose") {
    const Vectors line{{0}, {1}, {3}, {3.9F}, {20}};
    CHECK(merged("krum:f=1,score=nf2", line) == std::vector<float>{3});
    CHECK(merged("krum:f=1,score=nf1", line) == std::vector<float>{1});
    CHECK(merged("krum:f=1,score=epfml", line) == std::vector<float>{3});
    CHECK(merged("krum:f=1", line) == merged("krum:f=1,score=nf2", line));
}

// Expectation: three weights of 1/3, or ten of 1/10, meet a bound that they meet in exact
// arithmetic, wherever float addition would put their sum.
TEST_CASE("robust rules: cumulative weights are compared exactly") {
    for (std::size_t count = 2; count <= 40; ++count) {
        CAPTURE(count);
        const double weight = 1.0 / static_cast<double>(count);
        Pulls pulls{weight, {}, {}};
        for (std::size_t j = 1; j < count; ++j) {
            pulls.weights.push_back(weight);
            pulls.squares.push_back(static_cast<double>(j * j));
        }
        for (std::size_t f = 1; f < count; ++f) {
            const double b = static_cast<double>(f) / static_cast<double>(count);
            const auto kept = static_cast<double>(count - 1 - f);
            const std::vector<double> shares = kept_shares(pulls, b);
            for (std::size_t j = 1; j < count; ++j) {
                CHECK(shares[j - 1] == (static_cast<double>(j) <= kept ? 1.0 : 0.0));
            }
            CHECK(cs_plus_length(pulls, b) ==
                  std::max(0.0, static_cast<double>(count) - 1 - 2 * static_cast<double>(f)));
            double squares = 0;  // strictly below: one neighbor fewer than kept
            for (std::size_t j = 1; static_cast<double>(j) < kept; ++j) {
                squares += weight * static_cast<double>(j * j);
            }
            CHECK(he_length(pulls, b) == doctest::Approx(std::sqrt(squares / b)).epsilon(1e-12));
        }
    }
}

TEST_CASE("robust rules: who sent which vector does not matter") {
    Vectors vectors = normal_vectors(7, 300, 5);
    Vectors turned = vectors;
    std::rotate(turned.begin() + 1, turned.begin() + 3, turned.end());
    for (const std::string& rule : kRules) {
        CAPTURE(rule);
        check_near(merged(rule, turned), merged(rule, vectors), 1e-6);
    }
}

/// Honest vectors of a run of tests, and liars behind them.
struct Lied {
    Vectors vectors;
    std::size_t honest;
};

Lied with_liars(std::size_t f, std::size_t n, std::uint64_t seed, double length) {
    Lied lied{normal_vectors(n, 50, seed), n - f};
    for (std::size_t liar = lied.honest; liar < n; ++liar) {
        std::ranges::fill(lied.vectors[liar], static_cast<float>(length));
    }
    return lied;
}

double radius_of(const Lied& lied) {
    double radius = 0;
    for (std::size_t i = 0; i < lied.honest; ++i) {
        radius = std::max(radius, distance(lied.vectors[i], std::vector<float>(50)));
    }
    return radius;
}

// Expectation: honest vectors within a ball of radius r around 0 and f liars at one place, at any
// distance: what is merged stays within 3 r, where the mean goes with the liars.
TEST_CASE("robust rules: f liars of n move nobody far") {
    for (const auto& [f, n] :
         {std::pair<std::size_t, std::size_t>{1, 6}, {2, 9}, {3, 11}, {5, 16}}) {
        for (const std::uint64_t seed : {11, 12, 13}) {
            for (const double length : {1.0, 3.0, 10.0, 1e3, 1e6, 1e18, 1e30}) {
                const Lied lied = with_liars(f, n, seed, length);
                const double bound = 3 * radius_of(lied);
                for (const std::string& rule : rules_bearing(f, n)) {
                    CAPTURE(rule);
                    CAPTURE(n);
                    CAPTURE(seed);
                    CAPTURE(length);
                    const double moved =
                        distance(merged(rule, lied.vectors), std::vector<float>(50));
                    // A mean of vectors, f of which are the liars'; a second largest distance that
                    // is a liar's, too.
                    if (rule == fmt::format("nnm:f={}", f) ||
                        (rule == "clipped-gossip:tau=second-largest" && f > 1)) {
                        CHECK((moved < bound || length >= 10));
                        CHECK((moved > bound || length < 1e3));
                    } else {
                        CHECK(moved < bound);
                    }
                }
            }
        }
    }
}

/// A rule F with its kappa: |F(x) - mean of S|^2 <= kappa / |S| sum over S of |x_i - mean of S|^2,
/// whatever the f vectors outside S are.
struct Bounded {
    std::string rule;
    double kappa;
};

/// [Allouah et al., 2023, Fixing by Mixing, table 1 and lemma 1].
std::vector<Bounded> bounded_rules(std::size_t f, std::size_t n) {
    const auto liars = static_cast<double>(f);
    const auto all = static_cast<double>(n);
    const double ratio = 1 + liars / (all - 2 * liars);
    std::vector<Bounded> rules{
        {fmt::format("trimmed-mean:f={}", f), 6 * liars / (all - 2 * liars) * ratio},
        {fmt::format("krum:f={},score=nf1", f), 6 * ratio},
        {"geometric-median", 4 * ratio * ratio},
        {"median", 4 * ratio * ratio},
    };
    for (const Bounded& inner : std::vector<Bounded>(rules)) {
        std::string then = inner.rule;
        std::ranges::replace(then, ',', '+');
        rules.push_back({fmt::format("nnm:f={},then={}", f, then),
                         8 * liars / (all - liars) * (1 + inner.kappa)});
    }
    return rules;
}

/// Returns the least kappa that holds of this merge.
double kappa_of(const std::string& rule, const Lied& lied) {
    const std::size_t size = lied.vectors[0].size();
    std::vector<float> mean(size);
    for (std::size_t i = 0; i < size; ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < lied.honest; ++k) {
            sum += lied.vectors[k][i];
        }
        mean[i] = static_cast<float>(sum / static_cast<double>(lied.honest));
    }
    double variance = 0;
    for (std::size_t k = 0; k < lied.honest; ++k) {
        variance += std::pow(distance(lied.vectors[k], mean), 2) / static_cast<double>(lied.honest);
    }
    return std::pow(distance(merged(rule, lied.vectors), mean), 2) / variance;
}

// Expectation: whether liars are far away, hide at a deviation and a half from the mean, or mirror
// what is honest.
TEST_CASE("robust rules: kappa of f liars of n holds, and not where a rule bears fewer") {
    for (const auto& [f, n] :
         {std::pair<std::size_t, std::size_t>{1, 6}, {3, 11}, {5, 16}, {7, 16}}) {
        for (std::uint64_t seed = 1; seed <= 5; ++seed) {
            std::vector<Lied> all;
            for (const double length : {0.5, 1.5, 5.0, 1e6}) {
                all.push_back(with_liars(f, n, seed, length));
            }
            all.push_back({normal_vectors(n, 50, seed), n - f});
            for (std::size_t liar = n - f; liar < n; ++liar) {
                for (std::size_t i = 0; i < 50; ++i) {
                    all.back().vectors[liar][i] = -3 * all.back().vectors[liar - (n - f)][i];
                }
            }
            for (const Lied& lied : all) {
                for (const auto& [rule, kappa] : bounded_rules(f, n)) {
                    CAPTURE(rule);
                    CAPTURE(n);
                    CAPTURE(seed);
                    CHECK(kappa_of(rule, lied) <= kappa);
                }
            }
            if (f > 1) {
                const Lied far = with_liars(f, n, seed, 1e6);
                CHECK(kappa_of(fmt::format("trimmed-mean:f={}", f - 1), far) > 1e3);
                CHECK(kappa_of("mean", far) > 1e3);
            }
        }
    }
}

TEST_CASE("robust rules: too few vectors for f leave a node something") {
    for (const std::size_t count : {1, 2, 3}) {
        const Vectors vectors = normal_vectors(count, 4, count);
        for (const std::string rule : {"krum:f=5",
                                       "krum:f=5,score=nf1",
                                       "multi-krum:f=5",
                                       "monna:f=5,keep=n-2f",
                                       "ios:f=5",
                                       "gts:b=1",
                                       "cs-plus:b=1",
                                       "clipped-gossip:tau=he,b=1",
                                       "clipped-gossip:tau=second-largest",
                                       "trimmed-mean:f=5",
                                       "nnm:f=5,then=median"}) {
            CAPTURE(rule);
            CAPTURE(count);
            const std::vector<float> result = merged(rule, vectors);
            CHECK(result.size() == 4);
            CHECK(std::ranges::all_of(result, [](float value) { return std::isfinite(value); }));
        }
    }
}

// Expectation: the center is what the last merge gave, from the start vector on, and is written.
TEST_CASE("centered clipping remembers where the last merge ended") {
    const auto aggregator = make_aggregator("centered-clipping:tau=1");
    const Parameters start = make_parameters(std::vector<float>{0});
    auto state = aggregator->initial_state(start);
    const std::vector<WeightedView> views{
        {1, 0.5, ModelView(make_parameters(std::vector<float>{10}))}};
    const Parameters own = make_parameters(std::vector<float>{5});
    const auto merge = [&] { return values_of(aggregator->aggregate(*state, own, 0.5, views)); };
    CHECK(merge() == std::vector<float>{1});
    ByteSink sink;
    state->write(sink);
    ByteSource source(sink.written());
    state = aggregator->read_state(source);
    CHECK(merge() == std::vector<float>{2});
    CHECK(merge() == std::vector<float>{3});
}

// Expectation: of the nearest half, those whose loss is not above the own; without any the best.
TEST_CASE("ubar keeps near neighbors with a low loss") {
    const auto aggregator = make_aggregator("ubar:rho=0.5,alpha=0.5");
    const auto& testing = dynamic_cast<const TestingAggregator&>(*aggregator);
    CHECK(testing.test_samples() == 8);
    CHECK(testing.tests_of(4) == 3);
    CHECK(testing.tests_of(1) == 2);
    CHECK(testing.tests_of(0) == 0);
    const Parameters own = make_parameters(std::vector<float>{0});
    std::vector<WeightedView> views;
    for (const float value : {1.0F, -2.0F, 8.0F, 9.0F}) {
        views.push_back({static_cast<std::uint32_t>(views.size() + 1),
                         0.2,
                         ModelView(make_parameters(std::vector<float>{value}))});
    }
    const auto state = aggregator->initial_state(own);
    std::vector<float> tested;
    const auto merge = [&](const std::function<double(float)>& loss) {
        tested.clear();
        return values_of(testing.aggregate_tested(*state, own, views, [&](const Parameters& model) {
            tested.push_back(model->values()[0]);
            return loss(tested.back());
        }));
    };
    CHECK(merge([](float x) { return x; }) == std::vector<float>{-1});
    CHECK(tested == std::vector<float>{0, 1, -2});
    CHECK(merge([](float x) { return -x * x; }) == std::vector<float>{-0.25F});
    CHECK(merge([](float x) { return x * x; }) == std::vector<float>{0.5F});
    CHECK(merge([](float x) { return x == -2 ? std::nan("") : x * x; }) ==
          std::vector<float>{0.5F});
    CHECK_THROWS_AS((void)aggregator->aggregate(*state, own, 0.2, views), std::logic_error);
}

// Expectation: as if it had sent the node's own model, and counted, for every rule.
TEST_CASE("sharing leaves out messages that are not finite, with their weight") {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (std::vector<std::string> rules = kRules;
         const std::string& rule : (rules.push_back("mean"), rules.push_back("equal"), rules)) {
        for (const float bad : {std::nanf(""), kInfinity, -kInfinity}) {
            CAPTURE(rule);
            const auto sharing = make_sharing("full", "", rule);
            const Vectors vectors = normal_vectors(5, 9'000, 3);
            const Parameters own = make_parameters(vectors[0]);
            const auto merge = [&](const std::vector<std::vector<float>>& neighbors) {
                const auto state = sharing->initial_state(own, SharingRole::kPeer);
                std::vector<WeightedMessage> messages;
                for (const std::vector<float>& neighbor : neighbors) {
                    const auto sender = sharing->initial_state(own, SharingRole::kPeer);
                    messages.push_back({static_cast<std::uint32_t>(messages.size() + 1),
                                        0.2,
                                        sharing->encode(*sender, make_parameters(neighbor), {})});
                }
                const double self_weight = 1 - 0.2 * static_cast<double>(neighbors.size());
                const Parameters result = sharing->merge(*state, own, self_weight, messages);
                CHECK(state->messages_not_finite() == (neighbors.size() == 4 ? 1 : 0));
                return values_of(result);
            };
            std::vector<float> damaged = vectors[4];
            damaged[8'000] = bad;
            check_near(merge({vectors[1], vectors[2], vectors[3], damaged}),
                       merge({vectors[1], vectors[2], vectors[3]}),
                       1e-6);
        }
    }
}

TEST_CASE("robust rules: wrong options are refused") {
    const auto refusal = [](const std::string& spec) {
        try {
            (void)make_aggregator(spec);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("it was taken");
    };
    CHECK(refusal("clipped-gossip:tau=he") ==
          "aggregation clipped-gossip: b: missing, allowed tau=he,b=WEIGHT");
    CHECK(refusal("clipped-gossip:tau=1,b=0.1") ==
          "aggregation clipped-gossip: b: allowed with tau=he alone, got tau=1");
    CHECK(refusal("cs-plus:b=7/6").starts_with("aggregation cs-plus: b: "));
    CHECK(refusal("cs-plus:b=1/0").starts_with("aggregation cs-plus: b: "));
    CHECK(refusal("cs-plus:b=1/").starts_with("aggregation cs-plus: b: "));
    CHECK(refusal("cs-plus").starts_with("aggregation cs-plus: the b is missing"));
    CHECK(refusal("krum:f=1,score=nf3").starts_with("aggregation krum: score: "));
    CHECK(refusal("trimmed-mean:f=1,beta=0.1") ==
          "aggregation trimmed-mean: got beta and f, allowed one of them");
    CHECK(refusal("nnm:f=1,then=krums").starts_with("aggregation: unknown, got 'krums'"));
    CHECK(refusal("nnm:f=1,then=ubar") ==
          "aggregation nnm: then: got 'ubar', allowed an aggregator that does not test models");
    CHECK_THROWS_WITH_AS((void)make_sharing("top-k", "", "ubar"),
                         "aggregation: ubar tests whole models, got --sharing=top-k, allowed full "
                         "without a codec",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
