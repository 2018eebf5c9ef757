// What `--clock` may say.
#include "emulator/tasks/compute_clock.h"
#include "tests/support/doctest.h"

#include <stdexcept>
#include <string>

namespace murmur {
namespace {

constexpr auto* kAllowed =
    "measured, calibrated[:jitter=X], modelled:WORK[,jitter=X][,merge=TIME] with WORK a time per "
    "training sample (2ms) or a speed (50GFLOPS), or recorded:FILE";

TEST_CASE("each kind of compute clock is told by its name") {
    CHECK(parse_clock("measured").kind == ClockSpec::Kind::kMeasured);
    CHECK(parse_clock("calibrated").kind == ClockSpec::Kind::kCalibrated);
    CHECK(parse_clock("modelled:2ms").kind == ClockSpec::Kind::kModelled);
    CHECK(parse_clock("recorded:trace.csv").kind == ClockSpec::Kind::kRecorded);
}

TEST_CASE("a modelled clock takes a time per sample or a speed, with jitter and merging cost") {
    const ClockSpec by_time = parse_clock("modelled:2ms,jitter=0.1,merge=3ms");
    CHECK(by_time.seconds_per_sample == doctest::Approx(2e-3));
    CHECK(by_time.flops_per_second == 0);
    CHECK(by_time.jitter == 0.1);
    CHECK(by_time.seconds_per_value == doctest::Approx(3e-9));  // 3 ms per million values

    const ClockSpec by_work = parse_clock("modelled:50GFLOPS");
    CHECK(by_work.flops_per_second == 50e9);
    CHECK(by_work.seconds_per_sample == 0);
    CHECK(by_work.jitter == 0);
}

// Expectation: 189 us for 6 x 89,834 values, and nothing where the user says so.
TEST_CASE("merging and encoding cost what was measured unless a user makes them free") {
    CHECK(parse_clock("modelled:2ms").seconds_per_value ==
          doctest::Approx(189e-6 / (6 * 89'834)).epsilon(0.01));
    CHECK(parse_clock("modelled:2ms,jitter=0.1").seconds_per_value ==
          parse_clock("modelled:2ms").seconds_per_value);
    CHECK(parse_clock("modelled:2ms,merge=0").seconds_per_value == 0);
    CHECK(parse_clock("modelled:2ms,merge=0us").seconds_per_value == 0);
}

TEST_CASE("a calibrated clock takes jitter, a recorded one the path of its trace") {
    CHECK(parse_clock("calibrated:jitter=0.25").jitter == 0.25);
    CHECK(parse_clock("recorded:runs/a:b,c.csv").trace_path == "runs/a:b,c.csv");
}

TEST_CASE("a run without a compute clock is refused, not given zero") {
    CHECK_THROWS_WITH_AS(
        (void)parse_clock(""),
        (std::string("--clock: a run needs a compute clock; allowed ") + kAllowed).c_str(),
        std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)parse_clock("modelled:0ms"),
                         "--clock: got a time of 0 per sample; compute is not free",
                         std::invalid_argument);
}

TEST_CASE("an unknown or incomplete clock is refused") {
    for (const std::string text :
         {"free", "measured:", "measured:2ms", "modelled", "modelled:", "recorded", "recorded:"}) {
        CHECK_THROWS_WITH_AS((void)parse_clock(text),
                             ("--clock: got '" + text + "', allowed " + kAllowed).c_str(),
                             std::invalid_argument);
    }
}

TEST_CASE("an unknown part of a clock is refused by name") {
    const auto refusal = [](const std::string& part) {
        return "--clock: unknown part '" + part + "', allowed " + kAllowed;
    };
    CHECK_THROWS_WITH_AS((void)parse_clock("modelled:2ms,jiter=0.1"),
                         refusal("jiter=0.1").c_str(),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        (void)parse_clock("modelled:2ms,"), refusal("").c_str(), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)parse_clock("calibrated:merge=1ms"),
                         refusal("merge=1ms").c_str(),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        (void)parse_clock("calibrated:"), refusal("").c_str(), std::invalid_argument);
}

TEST_CASE("values of a clock out of range or without a unit are refused") {
    for (const std::string jitter : {"1", "-0.1", "2"}) {
        CHECK_THROWS_WITH_AS(
            (void)parse_clock("modelled:2ms,jitter=" + jitter),
            ("--clock: jitter: got '" + jitter + "', allowed 0 <= jitter < 1").c_str(),
            std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS((void)parse_clock("calibrated:jitter="),
                         "--clock: jitter: got '', allowed a number",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        (void)parse_clock("modelled:2"),
        "--clock: got '2', allowed a time with its unit (ns, us, ms, s, min, h), such as 5ms",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        (void)parse_clock("modelled:0GFLOPS"),
        "--clock: got '0GFLOPS', allowed a speed above 0 in FLOPS, MFLOPS, GFLOPS or TFLOPS",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)parse_clock("modelled:2ms,merge=3"),
                         "--clock: merge: got '3', allowed a time with its unit (ns, us, ms, s, "
                         "min, h), such as 5ms",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
