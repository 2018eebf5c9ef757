#include "emulator/record/target_watch.h"

#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <vector>

namespace murmur {
namespace {

constexpr std::uint32_t kNodes = 40;

bool is_reached_by_walk(const std::vector<Target>& targets,
                        const std::map<std::uint32_t, EvaluationResult>& latest) {
    std::vector<EvaluationResult> tests;
    for (const auto& [node, test] : latest) {
        tests.push_back(test);
    }
    bool is_reached = false;
    for (const Target& target : targets) {
        is_reached = is_reached || (!tests.empty() && target.is_reached(tests));
    }
    return is_reached;
}

/// Compares with a walk after each test; returns how often a target was reached.
int reached_in(const std::vector<Target>& targets,
               std::uint64_t seed,
               const std::function<double(RandomStream&)>& figure) {
    TargetWatch watch(targets, kNodes);
    std::map<std::uint32_t, EvaluationResult> latest;
    RandomStream stream(seed);
    CHECK_FALSE(watch.is_reached());
    int count = 0;
    for (int i = 0; i < 3000; ++i) {
        const auto node = static_cast<std::uint32_t>(stream.below(kNodes));
        const EvaluationResult test{figure(stream), figure(stream), 10};
        latest[node] = test;
        watch.note(node, test);
        const bool expected = is_reached_by_walk(targets, latest);
        REQUIRE(watch.is_reached() == expected);
        count += expected ? 1 : 0;
    }
    return count;
}

TEST_CASE("targets are watched as a walk over all nodes says, also within rounding of them") {
    const auto target = [](Target::Figure figure, Target::Nodes nodes, double value) {
        return Target{.figure = figure, .nodes = nodes, .value = value};
    };
    using enum Target::Figure;
    using enum Target::Nodes;
    // Means that are 0.1 but for rounding, which no sum but the walk's own decides.
    const auto tenth = [](RandomStream&) { return 0.1; };
    reached_in({target(kAccuracy, kMean, 0.1)}, 1, tenth);
    reached_in({target(kLoss, kMean, 0.1)}, 2, tenth);
    const auto tenths = [](RandomStream& stream) {
        return 0.1 * static_cast<double>(stream.below(11));
    };
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        const int mean = reached_in({target(kAccuracy, kMean, 0.5)}, seed, tenths);
        CHECK(mean > 0);
        CHECK(mean < 3000);
        reached_in({target(kLoss, kMean, 0.5), target(kAccuracy, kMean, 0.55)}, seed, tenths);
    }
    const auto high = [](RandomStream& stream) { return stream.below(30) == 0 ? 0.2 : 0.9; };
    const int all = reached_in({target(kAccuracy, kAll, 0.5)}, 3, high);
    CHECK(all > 0);
    CHECK(all < 3000);
}

TEST_CASE("large figures that are gone, and what is no number, leave nothing in the watch") {
    const std::vector<Target> targets{
        {.figure = Target::Figure::kLoss, .nodes = Target::Nodes::kMean, .value = 0.5}};
    const auto odd = [](RandomStream& stream) {
        switch (stream.below(200)) {
            case 0:
                return std::numeric_limits<double>::quiet_NaN();
            case 1:
                return std::numeric_limits<double>::infinity();
            case 2:
                return 1e30;
            default:
                return 0.02 * static_cast<double>(stream.below(40));
        }
    };
    for (std::uint64_t seed = 1; seed < 10; ++seed) {
        const int count = reached_in(targets, seed, odd);
        CHECK(count > 0);
        CHECK(count < 3000);
    }
}

}  // namespace
}  // namespace murmur
