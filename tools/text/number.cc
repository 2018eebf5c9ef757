#include "tools/text/number.h"

#include "tools/text/words.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace murmur {
namespace {

/// Reads the whole text, or throws with the words for `kind` and the allowed range.
template <class Number>
Number parse_whole(const std::string& where,
                   std::string_view text,
                   std::pair<Number, Number> range,
                   std::string_view kind) {
    const std::optional<Number> value = parse_number<Number>(text);
    // Written so that NaN, which compares false with everything, is refused.
    const bool is_inside = value && *value >= range.first && *value <= range.second;
    if (!is_inside) {
        throw std::invalid_argument(fmt::format("{}: not {}, got '{}', allowed {} ... {}",
                                                where,
                                                kind,
                                                shown(text),
                                                range.first,
                                                range.second));
    }
    return *value;
}

}  // namespace

std::int64_t parse_integer(const std::string& where,
                           std::string_view text,
                           std::pair<std::int64_t, std::int64_t> range) {
    return parse_whole(where, text, range, "a whole number in range");
}

double parse_number(const std::string& where,
                    std::string_view text,
                    std::pair<double, double> range) {
    return parse_whole(where, text, range, "a number in range");
}

double parse_fraction(const std::string& where, std::string_view text) {
    const std::optional<double> value = parse_number<double>(text);
    // Written so that NaN is refused.
    if (!(value && *value > 0 && *value <= 1)) {
        throw std::invalid_argument(fmt::format(
            "{}: not a number in range, got '{}', allowed above 0, at most 1", where, shown(text)));
    }
    return *value;
}

double hundredths_at_most(double value) {
    constexpr double kMost = 1e15;  // of which a double still tells neighbors apart
    double hundredths = std::floor(100 * value);
    if (!(std::abs(hundredths) < kMost)) {
        return value;
    }
    // The product was rounded, so that it may be on the other side of a whole number.
    if (hundredths / 100 > value) {
        --hundredths;
    } else if ((hundredths + 1) / 100 <= value) {
        ++hundredths;
    }
    return hundredths / 100;
}

double hundredths_at_least(double value) {
    return -hundredths_at_most(-value);
}

}  // namespace murmur
