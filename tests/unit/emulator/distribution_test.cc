#include "emulator/base/quantity.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

/// Draws for items 0, 1, ... with one stream of a fixed seed.
std::vector<double> draws(const std::string& text, std::size_t count) {
    const Distribution distribution("--rate", text, parse_rate);
    RandomStream stream(7);
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(distribution.draw(stream, i));
    }
    return values;
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) {
        sum += value;
    }
    return sum / static_cast<double>(values.size());
}

TEST_CASE("a plain value is drawn for every item") {
    CHECK(draws("10Mbps", 3) == std::vector<double>(3, 10e6));
    CHECK(Distribution("--rate", "10Mbps", parse_rate).is_constant());
    CHECK_FALSE(Distribution("--rate", "uniform:10Mbps:10Mbps", parse_rate).is_constant());
}

TEST_CASE("uniform stays within its bounds and has their mean") {
    // Expectation: mean (a + b) / 2 = 55e6, standard error (b - a) / sqrt(12 n) = 0.41e6.
    const std::vector<double> values = draws("uniform:10Mbps:100Mbps", 4000);
    CHECK(*std::min_element(values.begin(), values.end()) >= 10e6);
    CHECK(*std::max_element(values.begin(), values.end()) < 100e6);
    CHECK(std::abs(mean(values) - 55e6) < 4 * 0.41e6);
    CHECK(draws("uniform:10Mbps:10Mbps", 2) == std::vector<double>(2, 10e6));
}

TEST_CASE("loguniform stays within its bounds and has their geometric mean in the middle") {
    // Expectation: the logarithm is uniform, so half of the draws are below sqrt(a b) = 10e6;
    // standard error of that share: sqrt(1 / 4 n) = 0.8 %.
    const std::vector<double> values = draws("loguniform:1Mbps:100Mbps", 4000);
    CHECK(*std::min_element(values.begin(), values.end()) >= 1e6);
    CHECK(*std::max_element(values.begin(), values.end()) <= 100e6);
    const auto below =
        std::count_if(values.begin(), values.end(), [](double v) { return v < 10e6; });
    CHECK(std::abs(static_cast<double>(below) / 4000 - 0.5) < 4 * 0.008);
}

TEST_CASE("lognormal has its median in the middle and its sigma as width") {
    std::vector<double> logs = draws("lognormal:10Mbps:0.5", 4000);
    for (double& value : logs) {
        value = std::log(value / 10e6);
    }
    double squares = 0;
    for (const double value : logs) {
        squares += value * value;
    }
    // Standard errors: sigma / sqrt(n) = 0.0079 and sigma / sqrt(2 n) = 0.0056.
    CHECK(std::abs(mean(logs)) < 4 * 0.0079);
    CHECK(std::abs(std::sqrt(squares / 4000) - 0.5) < 4 * 0.0056);
    CHECK(draws("lognormal:10Mbps:0", 2) == std::vector<double>(2, 10e6));
}

TEST_CASE("choice gives each of its values, and no other") {
    const std::vector<double> values = draws("choice:1Mbps:2Mbps:4Mbps", 300);
    CHECK(std::set<double>(values.begin(), values.end()) == std::set<double>{1e6, 2e6, 4e6});
    CHECK(draws("choice:3Mbps", 2) == std::vector<double>(2, 3e6));
}

TEST_CASE("the lines of a file are taken in turn, and again from the first") {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "rates:up.txt", "1Mbps\n\n2Mbps\n3Mbps");
    CHECK(draws("file:" + (folder.path() / "rates:up.txt").string(), 5) ==
          std::vector<double>{1e6, 2e6, 3e6, 1e6, 2e6});
}

TEST_CASE("the first items get what is said of them, the rest the rest") {
    CHECK(draws("first:2:1Mbps,rest:5Mbps", 4) == std::vector<double>{1e6, 1e6, 5e6, 5e6});
    CHECK(draws("first:1:1Mbps,next:2:2Mbps,rest:5Mbps", 5) ==
          std::vector<double>{1e6, 2e6, 2e6, 5e6, 5e6});
    const std::vector<double> mixed = draws("first:3:9Mbps,rest:uniform:1Mbps:2Mbps", 100);
    CHECK(std::count(mixed.begin(), mixed.end(), 9e6) == 3);
    CHECK(std::count_if(mixed.begin() + 3, mixed.end(), [](double rate) {
              return rate >= 1e6 && rate <= 2e6;
          }) == 97);
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "up.txt", "1Mbps\n2Mbps\n");
    CHECK(draws("first:1:9Mbps,rest:file:" + (folder.path() / "up.txt").string(), 4) ==
          std::vector<double>{9e6, 1e6, 2e6, 1e6});
    for (const std::string text : {"first:2:1Mbps",
                                   "first:0:1Mbps,rest:2Mbps",
                                   "first:-1:1Mbps,rest:2Mbps",
                                   "first:2:1Mbps,rest:2Mbps,rest:3Mbps",
                                   "first:2:1Mbps,rest:2Mbps,next:1:3Mbps",
                                   "first:2:1Mbps,first:1:1Mbps,rest:3Mbps",
                                   "first:2:1Mbps,rest:first:1:2Mbps",
                                   "first:2,rest:1Mbps",
                                   "first:2:1,rest:1Mbps",
                                   "rest:1Mbps",
                                   "first:99999999999999999999:1Mbps,rest:1Mbps"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(Distribution("--rate", text, parse_rate), std::invalid_argument);
    }
}

TEST_CASE("the same stream gives the same draws") {
    CHECK(draws("uniform:1Mbps:2Mbps", 5) == draws("uniform:1Mbps:2Mbps", 5));
}

TEST_CASE("a form that is unknown, incomplete or upside down is refused") {
    for (const std::string text : {"uniform:1Mbps",
                                   "uniform:2Mbps:1Mbps",
                                   "uniform:1Mbps:2Mbps:3Mbps",
                                   "loguniform:2Mbps:1Mbps",
                                   "lognormal:1Mbps",
                                   "lognormal:1Mbps:-0.5",
                                   "normal:1Mbps:2Mbps"}) {
        CHECK_THROWS_WITH_AS(Distribution("--rate", text, parse_rate),
                             ("--rate: got '" + text +
                              "', allowed VALUE, uniform:LOW:HIGH, loguniform:LOW:HIGH (LOW <= "
                              "HIGH), lognormal:MEDIAN:SIGMA, choice:A:B[:...], file:PATH or "
                              "first:COUNT:WHAT,rest:WHAT")
                                 .c_str(),
                             std::invalid_argument);
    }
    // Zero is a latency, but has no logarithm.
    CHECK_THROWS_AS(Distribution("--latency", "loguniform:0ms:1ms", parse_time),
                    std::invalid_argument);
    CHECK_THROWS_AS(Distribution("--latency", "lognormal:0ms:1", parse_time),
                    std::invalid_argument);
}

TEST_CASE("a value without its unit is refused wherever it stands") {
    for (const std::string text : {"10", "uniform:1:2Mbps", "choice:1Mbps:", "choice:", "file"}) {
        CHECK_THROWS_AS(Distribution("--rate", text, parse_rate), std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS(Distribution("--rate", "lognormal:1Mbps:wide", parse_rate),
                         "--rate: got 'wide', allowed a number",
                         std::invalid_argument);
}

TEST_CASE("a file that is missing, empty or holds a bad value is refused by name and line") {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "speeds").string();
    CHECK_THROWS_WITH_AS(
        Distribution("--speed", "file:" + path, parse_speed),
        ("--speed: " + path + ": cannot be read (No such file or directory)").c_str(),
        std::invalid_argument);
    test::write_text(folder.path() / "speeds", "\xEF\xBB\xBF# of each\r\n1 \r\n\r\n0.5\r\n");
    const Distribution distribution("--speed", "file:" + path, parse_speed);
    RandomStream stream(1);
    CHECK(distribution.draw(stream, 0) == 1);
    CHECK(distribution.draw(stream, 1) == 0.5);
    CHECK(distribution.draw(stream, 2) == 1);
    test::write_text(folder.path() / "speeds", "\n\n");
    CHECK_THROWS_WITH_AS(Distribution("--speed", "file:" + path, parse_speed),
                         ("--speed: " + path + " holds no value").c_str(),
                         std::invalid_argument);
    test::write_text(folder.path() / "speeds", "1\n0.5\nfast\n");
    CHECK_THROWS_WITH_AS(
        Distribution("--speed", "file:" + path, parse_speed),
        ("--speed: " + path + ":3: got 'fast', allowed a relative speed above 0, such as 0.5")
            .c_str(),
        std::invalid_argument);
}

}  // namespace
}  // namespace murmur
