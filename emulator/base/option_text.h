#pragma once

#include "emulator/base/quantity.h"

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace murmur {

/// Options that belong together, in the order of the help.
enum class OptionGroup { kExperiment, kOverlay, kLearning, kSharing, kNetwork, kClock, kLife, kOutput };

/// The value of an option, of the kind that it is.
using OptionValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;
/// Options with their values, in the order of the help text.
using OptionValues = std::vector<std::pair<std::string, OptionValue>>;

/// What stands for a number that is not set.
inline constexpr std::string_view kNotSet = "auto";

[[nodiscard]] inline OptionValue option_value(const std::optional<double>& field) {
    return field ? OptionValue(*field) : OptionValue(std::string(kNotSet));
}
template <class Field>
[[nodiscard]] OptionValue option_value(const Field& field) {
    if constexpr (std::is_same_v<Field, bool>) {
        return field;
    } else if constexpr (std::is_integral_v<Field>) {
        return static_cast<
            std::conditional_t<std::is_signed_v<Field>, std::int64_t, std::uint64_t>>(field);
    } else {
        return field;
    }
}

/// Returns an option's value as a user would write it.
[[nodiscard]] inline std::string option_text(const std::string& value) {
    return value;
}
[[nodiscard]] inline std::string option_text(bool value) {
    return value ? "true" : "false";
}
template <class Number>
[[nodiscard]] std::string option_text(Number value) {
    return fmt::format("{}", value);
}
[[nodiscard]] inline std::string option_text(const std::optional<double>& value) {
    return value ? option_text(*value) : std::string(kNotSet);
}

/// Reads an option's value, all of the text.
/// @throws std::invalid_argument  `--name: got 'TEXT', allowed ...`
inline void read_option(std::string_view /*where*/, std::string_view text, std::string& value) {
    value = text;
}
inline void read_option(std::string_view where, std::string_view text, bool& value) {
    if (text != "true" && text != "false") {
        throw std::invalid_argument(fmt::format("{}: got '{}', allowed true, false", where, text));
    }
    value = text == "true";
}
inline void read_option(std::string_view where, std::string_view text, double& value) {
    value = parse_number(where, text);
}
inline void read_option(std::string_view where,
                        std::string_view text,
                        std::optional<double>& value) {
    value = text == kNotSet ? std::nullopt : std::optional(parse_number(where, text));
}
template <std::integral Number>
void read_option(std::string_view where, std::string_view text, Number& value) {
    const std::uint64_t number = parse_count(where, text);
    if (number > static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) {
        throw std::invalid_argument(fmt::format(
            "{}: got {}, allowed up to {}", where, text, std::numeric_limits<Number>::max()));
    }
    value = static_cast<Number>(number);
}

}  // namespace murmur
