#include "emulator/base/quantity.h"

#include "tests/support/doctest.h"

#include <stdexcept>
#include <string>

namespace murmur {
namespace {

TEST_CASE("every unit of time is read into seconds") {
    CHECK(parse_time("--latency", "250ns") == doctest::Approx(250e-9));
    CHECK(parse_time("--latency", "40us") == doctest::Approx(40e-6));
    CHECK(parse_time("--latency", "5ms") == doctest::Approx(5e-3));
    CHECK(parse_time("--latency", "1.5s") == 1.5);
    CHECK(parse_time("--latency", "2min") == 120);
    CHECK(parse_time("--latency", "0.5h") == 1800);
    CHECK(parse_time("--latency", "0ms") == 0);
    CHECK(parse_time("--latency", "1e-3s") == 1e-3);
}

TEST_CASE("every unit of rate is read into bits per second") {
    CHECK(parse_rate("--rate", "9600bps") == 9600);
    CHECK(parse_rate("--rate", "64kbps") == 64e3);
    CHECK(parse_rate("--rate", "10Mbps") == 10e6);
    CHECK(parse_rate("--rate", "2.5Gbps") == 2.5e9);
    CHECK(parse_rate("--rate", "3Bps") == 24);
    CHECK(parse_rate("--rate", "3kBps") == 24e3);
    CHECK(parse_rate("--rate", "3MBps") == 24e6);
    CHECK(parse_rate("--rate", "3GBps") == 24e9);
}

TEST_CASE("every unit of speed is read into operations per second") {
    CHECK(parse_flops("--clock", "7FLOPS") == 7);
    CHECK(parse_flops("--clock", "7MFLOPS") == 7e6);
    CHECK(parse_flops("--clock", "7GFLOPS") == 7e9);
    CHECK(parse_flops("--clock", "0.5TFLOPS") == 5e11);
}

TEST_CASE("plain numbers are read to their last digit") {
    CHECK(parse_count("--seed", "18446744073709551615") == UINT64_MAX);
    CHECK(parse_count("--seed", "0") == 0);
    CHECK(parse_number("--lr", "-0.125") == -0.125);
    CHECK(parse_number("--lr", "1e30") == 1e30);
    CHECK(parse_speed("--speed", "0.5") == 0.5);
}

TEST_CASE("a time without a unit, of an unknown unit or out of range is refused") {
    constexpr auto* kAllowed =
        "', allowed a time with its unit (ns, us, ms, s, min, h), such as 5ms";
    for (const std::string text : {"5",
                                   "",
                                   "ms",
                                   "5 ms",
                                   "5MS",
                                   "5msec",
                                   "-1ms",
                                   "infs",
                                   "nans",
                                   "0x5ms",
                                   "1e400s",
                                   "+5ms",
                                   "5ms "}) {
        CHECK_THROWS_WITH_AS((void)parse_time("--latency", text),
                             ("--latency: got '" + text + kAllowed).c_str(),
                             std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS((void)parse_time("--latency", "1e300s"),
                         "--latency: got '1e300s', allowed a time of up to 1e9 s",
                         std::invalid_argument);
}

TEST_CASE("a rate without a unit, of an unknown unit, of zero or too large to count is refused") {
    for (const std::string text :
         {"10", "10mbps", "10MBPS", "10Mb/s", "0Mbps", "-1Mbps", "1e308Gbps", "Mbps"}) {
        CHECK_THROWS_WITH_AS((void)parse_rate("--rate", text),
                             ("--rate: got '" + text +
                              "', allowed a rate above 0 with its unit (bps, kbps, Mbps, Gbps, or "
                              "Bps, kBps, MBps, GBps), such as 10Mbps")
                                 .c_str(),
                             std::invalid_argument);
    }
}

TEST_CASE("a speed without a unit, a count with a sign and a factor of zero are refused") {
    CHECK_THROWS_WITH_AS(
        (void)parse_flops("--clock", "50"),
        "--clock: got '50', allowed a speed above 0 in FLOPS, MFLOPS, GFLOPS or TFLOPS",
        std::invalid_argument);
    for (const std::string text : {"-1", "1.5", "", "ten", "18446744073709551616", "1 "}) {
        CHECK_THROWS_WITH_AS(
            (void)parse_count("--nodes", text),
            ("--nodes: got '" + text + "', allowed a whole number from 0 up").c_str(),
            std::invalid_argument);
    }
    for (const std::string text : {"nan", "inf", "1e999", "0,1", "1x", ""}) {
        CHECK_THROWS_WITH_AS((void)parse_number("--lr", text),
                             ("--lr: got '" + text + "', allowed a number").c_str(),
                             std::invalid_argument);
    }
    for (const std::string text : {"0", "-1", "fast", "2x"}) {
        CHECK_THROWS_WITH_AS(
            (void)parse_speed("--speed", text),
            ("--speed: got '" + text + "', allowed a relative speed above 0, such as 0.5").c_str(),
            std::invalid_argument);
    }
}

}  // namespace
}  // namespace murmur
