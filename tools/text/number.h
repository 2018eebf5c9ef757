#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace murmur {

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

}  // namespace murmur
