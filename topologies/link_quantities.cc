#include "topologies/link_quantities.h"

#include "topologies/text_files.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace murmur {
namespace {

/// A number with a unit behind it.
struct Quantity {
    double number;
    std::string_view unit;
};

std::optional<Quantity> split(std::string_view text) {
    text = trimmed(text);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !std::isfinite(number)) {
        return std::nullopt;
    }
    return Quantity{number, trimmed(text.substr(static_cast<std::size_t>(end - text.data())))};
}

/// Takes k, M, G or T off the front of a unit; returns its factor.
double take_prefix(std::string_view& unit) {
    constexpr std::array<std::pair<char, double>, 8> kPrefixes = {{{'k', 1e3},
                                                                   {'K', 1e3},
                                                                   {'m', 1e6},
                                                                   {'M', 1e6},
                                                                   {'g', 1e9},
                                                                   {'G', 1e9},
                                                                   {'t', 1e12},
                                                                   {'T', 1e12}}};
    for (const auto& [letter, factor] : kPrefixes) {
        if (unit.starts_with(letter)) {
            unit.remove_prefix(1);
            return factor;
        }
    }
    return 1;
}

}  // namespace

std::optional<double> rate_of_text(std::string_view text) {
    const auto quantity = split(text);
    if (!quantity || quantity->unit.empty()) {
        return std::nullopt;
    }
    std::string_view unit = quantity->unit;
    const double factor = take_prefix(unit);
    for (const std::string_view bits : {"", "bps", "b/s", "bit/s", "bits/s", "bit", "b"}) {
        if (unit == bits) {
            return quantity->number * factor;
        }
    }
    for (const std::string_view bytes : {"Bps", "B/s", "B"}) {
        if (unit == bytes) {
            return quantity->number * factor * 8;
        }
    }
    return std::nullopt;
}

std::optional<double> time_of_text(std::string_view text) {
    const auto quantity = split(text);
    if (!quantity) {
        return std::nullopt;
    }
    constexpr std::array<std::pair<std::string_view, double>, 6> kUnits = {
        {{"ns", 1e-9}, {"us", 1e-6}, {"\u00B5s", 1e-6}, {"\u03BCs", 1e-6}, {"ms", 1e-3}, {"s", 1}}};
    for (const auto& [unit, factor] : kUnits) {
        if (quantity->unit == unit) {
            return quantity->number * factor;
        }
    }
    return std::nullopt;
}

std::optional<double> plain_number(std::string_view text) {
    const auto quantity = split(text);
    return quantity && quantity->unit.empty() ? std::optional(quantity->number) : std::nullopt;
}

}  // namespace murmur
