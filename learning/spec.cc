#include "learning/spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace murmur {
namespace {

/// Reads the whole text, or throws with the words for `kind` and the allowed range.
template <class Number>
Number parse_whole(const std::string& where,
                   std::string_view text,
                   std::pair<Number, Number> range,
                   std::string_view kind) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    // Written so that NaN, which compares false with everything, is refused.
    const bool is_inside = value >= range.first && value <= range.second;
    if (error != std::errc{} || stop != end || !is_inside) {
        throw std::invalid_argument(fmt::format("{}: not {}, got '{}', allowed {} ... {}",
                                                where,
                                                kind,
                                                text,
                                                range.first,
                                                range.second));
    }
    return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(at + 1);
    }
}

}  // namespace

Spec parse_spec(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return {std::string(text), "", false};
    }
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), true};
}

SpecOptions::SpecOptions(std::string where,
                         const Spec& spec,
                         const std::vector<std::string>& allowed)
    : where_(std::move(where)) {
    if (!spec.has_argument) {
        return;
    }
    for (const std::string_view entry : split(spec.argument, ',')) {
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos || equals == 0 || equals + 1 == entry.size()) {
            throw std::invalid_argument(
                fmt::format("{}: an option must be key=value, got '{}', allowed keys: {}",
                            where_,
                            entry,
                            fmt::join(allowed, ", ")));
        }
        const std::string key(entry.substr(0, equals));
        if (std::find(allowed.begin(), allowed.end(), key) == allowed.end()) {
            throw std::invalid_argument(
                fmt::format("{}: unknown option, got '{}', allowed keys: {}",
                            where_,
                            key,
                            fmt::join(allowed, ", ")));
        }
        if (!values_.emplace(key, entry.substr(equals + 1)).second) {
            throw std::invalid_argument(
                fmt::format("{}: option '{}' is given twice, allowed once", where_, key));
        }
    }
}

std::int64_t SpecOptions::integer(const std::string& key,
                                  std::int64_t fallback,
                                  std::pair<std::int64_t, std::int64_t> range) const {
    const auto found = values_.find(key);
    return found == values_.end() ? fallback
                                  : parse_integer(where_ + ": " + key, found->second, range);
}

double SpecOptions::number(const std::string& key,
                           double fallback,
                           std::pair<double, double> range) const {
    const auto found = values_.find(key);
    return found == values_.end() ? fallback
                                  : parse_number(where_ + ": " + key, found->second, range);
}

double SpecOptions::fraction(const std::string& key, double fallback) const {
    const auto found = values_.find(key);
    return found == values_.end() ? fallback : parse_fraction(where_ + ": " + key, found->second);
}

std::vector<double> SpecOptions::fractions(const std::string& key,
                                           const std::vector<double>& fallback) const {
    const auto found = values_.find(key);
    if (found == values_.end()) {
        return fallback;
    }
    std::vector<double> numbers;
    for (const std::string_view text : split(found->second, '/')) {
        numbers.push_back(parse_fraction(where_ + ": " + key, text));
    }
    return numbers;
}

std::string SpecOptions::text(const std::string& key, const std::string& fallback) const {
    const auto found = values_.find(key);
    return found == values_.end() ? fallback : found->second;
}

void SpecOptions::refuse_word(const std::string& key,
                              const std::string& got,
                              const std::vector<std::string>& allowed) const {
    throw std::invalid_argument(fmt::format(
        "{}: {}: unknown, got '{}', allowed {}", where_, key, got, fmt::join(allowed, ", ")));
}

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
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    // Written so that NaN is refused.
    if (error != std::errc{} || stop != end || !(value > 0 && value <= 1)) {
        throw std::invalid_argument(fmt::format(
            "{}: not a number in range, got '{}', allowed above 0, at most 1", where, text));
    }
    return value;
}

}  // namespace murmur
