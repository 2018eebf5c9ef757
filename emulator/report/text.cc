#include "emulator/report/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace murmur::report {

namespace {

// A unit is used from `from` of the base unit upwards, in ascending order.
struct UnitRange {
    double from;
    UnitStep step;
};

constexpr std::array<UnitRange, 6> kSecondsUnits{{{0, {1e-6, "µs"}},
                                                  {1e-3, {1e-3, "ms"}},
                                                  {1, {1, "s"}},
                                                  {120, {60, "min"}},
                                                  {7200, {3600, "h"}},
                                                  {3 * 86400.0, {86400, "d"}}}};
constexpr std::array<UnitRange, 6> kBytesUnits{{{0, {1, "B"}},
                                                {1e3, {1e3, "kB"}},
                                                {1e6, {1e6, "MB"}},
                                                {1e9, {1e9, "GB"}},
                                                {1e12, {1e12, "TB"}},
                                                {1e15, {1e15, "PB"}}}};

constexpr std::array<UnitRange, 5> kJoulesUnits{
    {{0, {1e-3, "mJ"}}, {1, {1, "J"}}, {1e3, {1e3, "kJ"}}, {1e6, {1e6, "MJ"}}, {1e9, {1e9, "GJ"}}}};

UnitStep pick(std::span<const UnitRange> units, double magnitude) {
    UnitStep step = units.front().step;
    for (const UnitRange& range : units) {
        if (magnitude >= range.from) {
            step = range.step;
        }
    }
    return step;
}

// JSON's writer already knows UTF-8: broken sequences leave it as U+FFFD.
std::string valid_utf8(std::string_view text) {
    using nlohmann::json;
    return json::parse(json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace))
        .get<std::string>();
}

void append_allowed(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
    if (is_control) {
        out += "\uFFFD";
    } else {
        out.push_back(c);
    }
}

}  // namespace

UnitStep readable_unit(Unit unit, double magnitude) {
    switch (unit) {
        case Unit::kSeconds:
            // Zero is "0 s", not "0 µs".
            return magnitude == 0 ? UnitStep{1, "s"} : pick(kSecondsUnits, std::abs(magnitude));
        case Unit::kBytes:
            return pick(kBytesUnits, std::abs(magnitude));
        case Unit::kPercent:
            return {0.01, "%"};
        case Unit::kJoules:
            return magnitude == 0 ? UnitStep{1, "J"} : pick(kJoulesUnits, std::abs(magnitude));
        case Unit::kNumber:
            break;
    }
    return {1, ""};
}

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : valid_utf8(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                append_allowed(out, c);
        }
    }
    return out;
}

std::string superscript(int exponent) {
    static constexpr std::array<std::string_view, 10> kDigits{
        "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    std::string out;
    for (const char c : fmt::format("{}", exponent)) {
        out += c == '-' ? std::string_view("⁻") : kDigits[static_cast<std::size_t>(c - '0')];
    }
    return out;
}

std::string format_count(double value) {
    const std::string digits = fmt::format("{:.0f}", std::abs(value));
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const bool starts_group = i > 0 && (digits.size() - i) % 3 == 0;
        if (starts_group) {
            out.push_back(',');
        }
        out.push_back(digits[i]);
    }
    return value < 0 ? fmt::format("-{}", out) : out;
}

std::string cut_to(std::string_view text, std::size_t size) {
    constexpr auto continues = [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
    };
    while (size > 0 && size < text.size() && continues(text[size])) {
        --size;
    }
    return std::string(text.substr(0, size));
}

std::string format_number(double value) {
    if (!std::isfinite(value)) {
        return "n/a";
    }
    const double magnitude = std::abs(value);
    // 25e-6 / 1e-6 is not quite 25.
    const bool is_whole = std::abs(value - std::round(value)) <= 1e-12 * magnitude;
    if (magnitude < 1e7 && is_whole) {
        return format_count(value);
    }
    if (magnitude < 1e-4 || magnitude >= 1e7) {
        const int exponent = static_cast<int>(std::floor(std::log10(magnitude)));
        return fmt::format("{:.2f}×10{}", value / std::pow(10.0, exponent), superscript(exponent));
    }
    if (magnitude >= 1000) {
        return format_count(value);
    }
    const int decimals = 2 - static_cast<int>(std::floor(std::log10(magnitude)));
    return fmt::format("{:.{}f}", value, std::max(0, decimals));
}

std::string format_quantity(Unit unit, double value) {
    if (!std::isfinite(value)) {
        return "n/a";
    }
    if (unit == Unit::kPercent) {
        return fmt::format("{:.1f} %", 100 * value);
    }
    const UnitStep step = readable_unit(unit, value);
    const std::string number = format_number(value / step.factor);
    return step.name.empty() ? number : fmt::format("{} {}", number, step.name);
}

}  // namespace murmur::report
