#include "emulator/base/option_text.h"

#include "emulator/run/checkpoints.h"
#include "emulator/run/experiment_options.h"
#include "tests/support/doctest.h"

#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>

namespace murmur {
namespace {

/// Gives a field a value that it has not got by default.
void change(std::string& field) {
    field = "a text: with, odd=parts and \"quotes\"";
}
void change(bool& field) {
    field = !field;
}
void change(double& field) {
    field = 1.0 / 3;
}
void change(std::optional<double>& field) {
    field = 1.0 / 7;
}
template <std::integral Number>
void change(Number& field) {
    field = std::numeric_limits<Number>::max();
}

TEST_CASE("every option's text reads back as the same value, to the last bit") {
    ExperimentOptions options;
    for_each_option(options, [](const char* name, auto& field, auto...) {
        CAPTURE(name);
        change(field);
        std::decay_t<decltype(field)> read{};
        read_option(std::string("--") + name, option_text(field), read);
        CHECK(read == field);
    });
}

TEST_CASE("every option has a name of its own, a form and a help text") {
    std::set<std::string> names;
    ExperimentOptions options;
    for_each_option(options,
                    [&](const std::string& name,
                        auto&,
                        const std::string& form,
                        const std::string& help,
                        OptionGroup) {
                        CAPTURE(name);
                        CHECK(names.insert(name).second);
                        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
                              std::string::npos);
                        CHECK_FALSE(form.empty());
                        CHECK(help.size() > 10);
                    });
    CHECK(names.size() >= 28);
}

TEST_CASE("a number that is not set is auto, which is not 0") {
    std::optional<double> number = 2.5;
    read_option("--weight-decay", "auto", number);
    CHECK(number == std::nullopt);
    CHECK(option_text(number) == "auto");
    CHECK(std::get<std::string>(option_value(number)) == "auto");
    read_option("--weight-decay", "0", number);
    CHECK(number == 0.0);
    CHECK(std::get<double>(option_value(number)) == 0.0);
    CHECK_THROWS_AS(read_option("--weight-decay", "", number), std::invalid_argument);
}

TEST_CASE("a flag is true or false, in these words") {
    bool flag = false;
    read_option("--quiet", "true", flag);
    CHECK(flag);
    read_option("--quiet", "false", flag);
    CHECK_FALSE(flag);
    for (const std::string text : {"yes", "1", "True", ""}) {
        CHECK_THROWS_WITH_AS(read_option("--quiet", text, flag),
                             ("--quiet: got '" + text + "', allowed true, false").c_str(),
                             std::invalid_argument);
    }
}

TEST_CASE("a count that its field cannot hold is refused, not wrapped") {
    std::uint32_t nodes = 0;
    CHECK_THROWS_WITH_AS(read_option("--nodes", "4294967296", nodes),
                         "--nodes: got 4294967296, allowed up to 4294967295",
                         std::invalid_argument);
    std::int64_t steps = 0;
    CHECK_THROWS_WITH_AS(
        read_option("--local-steps", "9223372036854775808", steps),
        "--local-steps: got 9223372036854775808, allowed up to 9223372036854775807",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(read_option("--local-steps", "-1", steps),
                         "--local-steps: got '-1', allowed a whole number from 0 up",
                         std::invalid_argument);
}

TEST_CASE("a number that is none is refused") {
    double lr = 0;
    CHECK_THROWS_WITH_AS(read_option("--lr", "fast", lr),
                         "--lr: got 'fast', allowed a number",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(read_option("--lr", "0.1x", lr),
                         "--lr: got '0.1x', allowed a number",
                         std::invalid_argument);
}

TEST_CASE("checkpoints are made after so many rounds, or so much time; none is neither") {
    const auto parse = [](const char* text) {
        return parse_checkpoint_period("--checkpoint-every", text);
    };
    CHECK_FALSE(parse("").has_value());
    CHECK(parse("5")->rounds == 5);
    CHECK(parse("200ms")->rounds == 0);
    CHECK(parse("200ms")->seconds == 0.2);
    CHECK(parse("10min")->seconds == 600);
    CHECK_THROWS_WITH_AS((void)parse("0"),
                         "--checkpoint-every: got 0, allowed 1 or more rounds, or a time",
                         std::invalid_argument);
    for (const char* const wrong : {"0s", "x", "-1", "-1s", "5 rounds"}) {
        CAPTURE(wrong);
        CHECK_THROWS_WITH_AS((void)parse(wrong),
                             doctest::Contains("--checkpoint-every: got "),
                             std::invalid_argument);
    }
}

}  // namespace
}  // namespace murmur
