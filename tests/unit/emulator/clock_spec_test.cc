// What `--clock` may say.
#include "emulator/tasks/clocks.h"
#include "emulator/tasks/compute_trace_table.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

using namespace std::chrono_literals;

/// Devices at the reference's speed, models of 1 MFLOP a sample, and costs that stand for measured
/// ones.
const ClockSetting kSetting{
    .speeds = {1, 1},
    .seed = 1,
    .flops_per_sample = [] { return 1e6; },
    .calibrate = [] { return ComputeCosts{.seconds_per_sample = 0.25, .seconds_per_step = 1}; }};

std::unique_ptr<const ComputeClock> clock_of(const std::string& spec) {
    return plan_clock(spec, 2)(kSetting);
}

/// Returns what a clock takes for training on samples in one step, or for merging values.
SimTime time_of(const std::string& spec, TaskKind kind, std::uint64_t count) {
    Cost cost{.kind = kind, .steps = 1};
    if (kind == TaskKind::kTrain) {
        cost.samples = static_cast<std::int64_t>(count);
    } else {
        cost.values_read = count;
    }
    return clock_of(spec)
        ->duration({.node = 0, .start = SimTime(0), .cost = cost, .sequence = 0})
        .value();
}

SimTime training(const std::string& spec, std::uint64_t samples) {
    return time_of(spec, TaskKind::kTrain, samples);
}

SimTime merging(const std::string& spec, std::uint64_t values) {
    return time_of(spec, TaskKind::kMerge, values);
}

std::string refusal(const std::string& spec) {
    try {
        (void)plan_clock(spec, 2);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

TEST_CASE("a modelled clock takes a time per sample or a speed, with jitter and merging cost") {
    CHECK(training("modelled:2ms", 3) == 6ms);
    CHECK(training("modelled:50GFLOPS", 100) == 2ms);
    CHECK(merging("modelled:2ms,merge=3ms", 2'000'000) == 6ms);
    const SimTime drawn = training("modelled:2ms,jitter=0.1,merge=3ms", 1000);
    CHECK(drawn != 2s);
    CHECK(drawn >= 1800ms);
    CHECK(drawn <= 2200ms);
}

// Expectation: 189 us for 6 x 89,834 values, and nothing where the user says so.
TEST_CASE("merging and encoding cost what was measured unless a user makes them free") {
    CHECK(to_seconds(merging("modelled:2ms", 6 * 89'834)) == doctest::Approx(189e-6).epsilon(0.01));
    CHECK(merging("modelled:2ms", 1'000'000) == from_seconds(kMergeSecondsPerValue * 1e6));
    CHECK(merging("modelled:2ms,merge=0", 1'000'000) == 0s);
    CHECK(merging("modelled:2ms,merge=0us", 1'000'000) == 0s);
    // What the help says is what holds.
    CHECK(merging("modelled:2ms,merge=350us", 1'000'000) == merging("modelled:2ms", 1'000'000));
    CHECK(clocks().help().find("merge=350us") != std::string::npos);
}

TEST_CASE("a calibrated clock takes what was measured, with jitter") {
    CHECK(training("calibrated", 4) == 2s);
    const SimTime drawn = training("calibrated:jitter=0.25", 4);
    CHECK(drawn != 2s);
    CHECK(drawn >= 1500ms);
    CHECK(drawn <= 2500ms);
}

TEST_CASE("a measured clock knows nothing at submission, a recorded one what its trace says") {
    CHECK_FALSE(clock_of("measured")
                    ->duration({.node = 0,
                                .start = SimTime(0),
                                .cost = {.kind = TaskKind::kTrain},
                                .sequence = 0}));
    const test::TemporaryFolder folder;
    std::string trace = header_of<ComputeTraceTable>();
    trace += "\n0,train,0,0,0,7\n";
    std::string spec = "recorded:";
    spec += folder.write("a:b,c.csv", trace);
    CHECK(training(spec, 1) == 7ns);
}

TEST_CASE("a run without a compute clock is refused, not given zero") {
    CHECK(refusal("") ==
          "--clock: a run needs a compute clock; allowed measured, calibrated, modelled, recorded, "
          "such as modelled:2ms (--help=clock has their options)");
    CHECK(refusal("modelled:0ms") ==
          "clock modelled: got a time of 0 per sample; compute is not free");
}

TEST_CASE("an unknown or incomplete clock is refused") {
    CHECK(refusal("free") ==
          "clock: unknown, got 'free', allowed measured, calibrated, modelled, recorded");
    CHECK(refusal("modeled:2ms").ends_with("; did you mean modelled?"));
    CHECK(refusal("measured:") == "clock measured: takes no argument, got ''");
    CHECK(refusal("measured:2ms") == "clock measured: takes no argument, got '2ms'");
    for (const char* spec : {"modelled", "modelled:"}) {
        CHECK(refusal(spec) ==
              "clock modelled: the work is missing, allowed modelled:WORK[,jitter=0,merge=350us]");
    }
    for (const char* spec : {"recorded", "recorded:"}) {
        CHECK(refusal(spec) == "clock recorded: the file is missing, allowed recorded:FILE");
    }
}

TEST_CASE("an unknown part of a clock is refused by name") {
    CHECK(refusal("modelled:2ms,jiter=0.1") ==
          "clock modelled: unknown option, got 'jiter', allowed keys: jitter, merge; did you mean "
          "jitter?");
    CHECK(refusal("modelled:2ms,").starts_with("clock modelled: work: got '2ms,', allowed a time"));
    CHECK(refusal("calibrated:merge=1ms") ==
          "clock calibrated: unknown option, got 'merge', allowed keys: jitter");
    CHECK(refusal("calibrated:") ==
          "clock calibrated: an option must be key=value, got '', allowed keys: jitter");
}

TEST_CASE("values of a clock out of range or without a unit are refused") {
    CHECK(refusal("modelled:2ms,jitter=1") ==
          "clock modelled: jitter: got '1', allowed 0 <= jitter < 1");
    CHECK(refusal("modelled:2ms,jitter=-0.1") ==
          "clock modelled: jitter: not a number in range, got '-0.1', allowed 0 ... 1");
    CHECK(refusal("modelled:2ms,jitter=2") ==
          "clock modelled: jitter: not a number in range, got '2', allowed 0 ... 1");
    CHECK(refusal("calibrated:jitter=") ==
          "clock calibrated: an option must be key=value, got 'jitter=', allowed keys: jitter");
    CHECK(refusal("modelled:2") ==
          "clock modelled: work: got '2', allowed a time with its unit (ns, us, ms, s, min, h), "
          "such as 5ms");
    CHECK(refusal("modelled:0GFLOPS") ==
          "clock modelled: work: got '0GFLOPS', allowed a speed above 0 in FLOPS, MFLOPS, GFLOPS "
          "or TFLOPS");
    CHECK(refusal("modelled:2ms,merge=3") ==
          "clock modelled: merge: got '3', allowed a time with its unit (ns, us, ms, s, min, h), "
          "such as 5ms");
}

}  // namespace
}  // namespace murmur
