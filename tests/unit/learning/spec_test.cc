#include "learning/spec.h"

#include "tests/support/doctest.h"

#include <stdexcept>

namespace murmur {
namespace {

SpecOptions options_of(std::string_view text) {
    return SpecOptions("dataset demo", parse_spec(text), {"noise", "train"});
}

TEST_CASE("a spec is cut at its first colon") {
    CHECK(parse_spec("iid").name == "iid");
    CHECK_FALSE(parse_spec("iid").has_argument);
    CHECK(parse_spec("shards:").has_argument);
    const Spec file = parse_spec("file:C:/a,b=c");
    CHECK(file.name == "file");
    CHECK(file.argument == "C:/a,b=c");
}

TEST_CASE("options are read by type and fall back to their defaults") {
    const SpecOptions options = options_of("demo:train=12,noise=0.5");
    CHECK(options.integer("train", 7, {1, 100}) == 12);
    CHECK(options.number("noise", 7, {0, 1}) == 0.5);
    CHECK(options_of("demo").integer("train", 7, {1, 100}) == 7);
    CHECK(options_of("demo").number("noise", 0.25, {0, 1}) == 0.25);
}

TEST_CASE("malformed options are refused with what is allowed") {
    CHECK_THROWS_WITH_AS(options_of("demo:size=3"),
                         "dataset demo: unknown option, got 'size', allowed keys: noise, train",
                         std::invalid_argument);
    CHECK_THROWS_WITH(options_of("demo:train=1,train=2"),
                      "dataset demo: option 'train' is given twice, allowed once");
    for (const char* entry : {"train", "train=", "=3", ""}) {
        CHECK_THROWS_WITH(options_of("demo:" + std::string(entry)),
                          ("dataset demo: an option must be key=value, got '" + std::string(entry) +
                           "', allowed keys: noise, train")
                              .c_str());
    }
}

TEST_CASE("values out of range or not numbers are refused") {
    const auto integer = [](std::string_view text) { return parse_integer("k", text, {1, 9}); };
    CHECK(integer("9") == 9);
    CHECK_THROWS_WITH_AS(integer("10"),
                         "k: not a whole number in range, got '10', allowed 1 ... 9",
                         std::invalid_argument);
    for (const char* text : {"", "0", "-1", "2.5", "3x", " 3", "99999999999999999999"}) {
        CHECK_THROWS_AS(static_cast<void>(integer(text)), std::invalid_argument);
    }
    const auto number = [](std::string_view text) { return parse_number("x", text, {0, 1}); };
    CHECK(number("1e-3") == 0.001);
    CHECK_THROWS_WITH_AS(number("nan"),
                         "x: not a number in range, got 'nan', allowed 0 ... 1",
                         std::invalid_argument);
    for (const char* text : {"", "inf", "-0.1", "1.1", "0.5 ", "1e999"}) {
        CHECK_THROWS_AS(static_cast<void>(number(text)), std::invalid_argument);
    }
}

TEST_CASE("fractions are above 0 and at most 1") {
    const auto fraction = [](std::string_view text) { return parse_fraction("k", text); };
    CHECK(fraction("1") == 1.0);
    CHECK(fraction("1e-9") == 1e-9);
    CHECK_THROWS_WITH_AS(fraction("0"),
                         "k: not a number in range, got '0', allowed above 0, at most 1",
                         std::invalid_argument);
    for (const char* text : {"", "1.01", "-0.5", "nan", "inf", "0.5x"}) {
        CHECK_THROWS_AS(static_cast<void>(fraction(text)), std::invalid_argument);
    }
    CHECK(options_of("demo:noise=0.5").fraction("noise", 1) == 0.5);
    CHECK(options_of("demo").fraction("noise", 0.25) == 0.25);
}

TEST_CASE("lists of fractions are written with slashes") {
    CHECK(options_of("demo:noise=.1/.25/1").fractions("noise", {}) ==
          std::vector<double>{0.1, 0.25, 1.0});
    CHECK(options_of("demo").fractions("noise", {0.5}) == std::vector<double>{0.5});
    CHECK_THROWS_WITH(static_cast<void>(options_of("demo:noise=.1//1").fractions("noise", {})),
                      "dataset demo: noise: not a number in range, got '', allowed above 0, at "
                      "most 1");
}

TEST_CASE("words stand for what the reader says") {
    const std::vector<std::pair<std::string, int>> words{{"low", 1}, {"high", 2}};
    CHECK(options_of("demo:noise=high").choice("noise", 1, words) == 2);
    CHECK(options_of("demo").choice("noise", 1, words) == 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(options_of("demo:noise=max").choice("noise", 1, words)),
                         "dataset demo: noise: unknown, got 'max', allowed low, high",
                         std::invalid_argument);
    CHECK(options_of("demo:noise=max").text("noise", "min") == "max");
    CHECK(options_of("demo").text("noise", "min") == "min");
}

}  // namespace
}  // namespace murmur
