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

}  // namespace
}  // namespace murmur
