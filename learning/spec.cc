#include "learning/spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {
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

}  // namespace murmur
