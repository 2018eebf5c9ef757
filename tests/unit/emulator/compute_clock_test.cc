#include "emulator/tasks/compute_clock.h"

#include "tests/support/doctest.h"

#include <chrono>
#include <set>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;

constexpr ComputeCosts kCosts{
    .seconds_per_sample = 2e-3, .seconds_per_step = 5e-3, .seconds_per_value = 1e-8};

TaskDescription training(std::uint32_t node, std::uint64_t sequence) {
    return {.node = node,
            .cost = {.kind = TaskKind::kTrain, .round = sequence, .samples = 16, .steps = 2},
            .sequence = sequence};
}

TEST_CASE("modelled training costs its samples and its steps") {
    const ModelledClock clock(kCosts, 0, {1, 1}, 1);
    // 16 samples x 2 ms + 2 steps x 5 ms
    CHECK(clock.duration(training(0, 0)) == SimTime(42ms));
    CHECK(clock.duration({.cost = {.kind = TaskKind::kTrain}}) == SimTime(0));
}

TEST_CASE("modelled merging and encoding cost the values that they read") {
    const ModelledClock clock(kCosts, 0, {1}, 1);
    CHECK(clock.duration({.cost = {.kind = TaskKind::kMerge, .values_read = 600'000}}) ==
          SimTime(6ms));
    CHECK(clock.duration({.cost = {.kind = TaskKind::kEncode, .values_read = 100'000}}) ==
          SimTime(1ms));
}

TEST_CASE("a node twice as slow takes twice the time") {
    const ModelledClock clock(kCosts, 0, {1, 0.5, 4}, 1);
    CHECK(clock.duration(training(1, 0)) == SimTime(84ms));
    CHECK(clock.duration(training(2, 0)) == SimTime(10'500us));
}

TEST_CASE("jitter stays within its bounds and averages out") {
    const ModelledClock clock(kCosts, 0.25, {1}, 3);
    double sum = 0;
    for (std::uint64_t sequence = 0; sequence < 2000; ++sequence) {
        const SimTime duration = clock.duration(training(0, sequence)).value();
        CHECK(duration >= 31'500us);
        CHECK(duration <= 52'500us);
        sum += to_seconds(duration);
    }
    // Standard error: 42 ms x 0.25 / sqrt(3 x 2000) = 0.14 ms.
    CHECK(std::abs(sum / 2000 - 42e-3) < 4 * 0.14e-3);
}

TEST_CASE("jitter is a function of seed, node, kind and sequence alone") {
    const ModelledClock clock(kCosts, 0.25, {1, 1}, 3);
    const ModelledClock again(kCosts, 0.25, {1, 1}, 3);
    const ModelledClock other(kCosts, 0.25, {1, 1}, 4);
    (void)again.duration(training(1, 9));  // an earlier question changes no later answer
    CHECK(clock.duration(training(0, 5)) == again.duration(training(0, 5)));
    CHECK(std::set<SimTime>{clock.duration(training(0, 5)).value(),
                            clock.duration(training(1, 5)).value(),
                            clock.duration(training(0, 6)).value(),
                            other.duration(training(0, 5)).value()}
              .size() == 4);
}

TEST_CASE("a duration beyond what a run can hold is an error, not a wrapped number") {
    const ModelledClock clock({.seconds_per_sample = 1e9}, 0, {1}, 1);
    CHECK_THROWS_AS((void)clock.duration(training(0, 0)), std::range_error);
    const ModelledClock stopped(kCosts, 0, {1e-320}, 1);
    CHECK_THROWS_AS((void)stopped.duration(training(0, 0)), std::range_error);
    CHECK_THROWS_AS((void)MeasuredClock({1e-320}).from_cpu_time(0, 1ms), std::range_error);
}

TEST_CASE("the measured clock knows no duration before the task has run") {
    const MeasuredClock clock({1, 0.5, 3});
    CHECK_FALSE(clock.duration(training(0, 0)).has_value());
    CHECK(clock.from_cpu_time(0, 6ms) == SimTime(6ms));
    CHECK(clock.from_cpu_time(1, 6ms) == SimTime(12ms));
    CHECK(clock.from_cpu_time(2, 6ms) == SimTime(2ms));
}

TEST_CASE("the measured bound grows with CPU time and never passes the final figure") {
    const MeasuredClock clock({0.7});
    SimTime before{0};
    for (std::int64_t cpu = 0; cpu < 1000; cpu += 7) {
        const SimTime bound = clock.from_cpu_time(0, std::chrono::nanoseconds(cpu));
        CHECK(bound >= before);
        CHECK(to_seconds(bound) <= 1e-9 * static_cast<double>(cpu) / 0.7);
        before = bound;
    }
}

TEST_CASE("a clock that knows durations has no use for CPU time") {
    const ModelledClock clock(kCosts, 0, {1}, 1);
    CHECK_THROWS_AS((void)clock.from_cpu_time(0, 1ms), std::logic_error);
}

}  // namespace
}  // namespace murmur
