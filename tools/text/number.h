#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace murmur {

/// Returns the number that the whole of `text` spells; none where anything is left over, where the
/// value does not fit, or (for unsigned types) where there is a sign.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

/// Reads all of `text` as a whole number in [low, high].
/// @throws std::invalid_argument  "where: ..." with the text and the range
[[nodiscard]] std::int64_t parse_integer(const std::string& where,
                                         std::string_view text,
                                         std::pair<std::int64_t, std::int64_t> range);

/// Reads all of `text` as a finite decimal number in [low, high].
/// @throws std::invalid_argument  "where: ..." with the text and the range
[[nodiscard]] double parse_number(const std::string& where,
                                  std::string_view text,
                                  std::pair<double, double> range);

/// Reads all of `text` as a decimal number in (0, 1].
/// @throws std::invalid_argument  "where: ..." with the text and the range
[[nodiscard]] double parse_fraction(const std::string& where, std::string_view text);

/// Returns the largest double of whole hundredths, k / 100, that is at most `value`, as
/// comparisons of doubles have it: `floor(100 * value) / 100` is beyond some values, as it is
/// beyond the double below 0.1.  A value too large for hundredths, or none, is returned itself.
[[nodiscard]] double hundredths_at_most(double value);
/// Returns the smallest one that is at least `value`.
[[nodiscard]] double hundredths_at_least(double value);

}  // namespace murmur
