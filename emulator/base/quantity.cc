#include "emulator/base/quantity.h"

#include "emulator/base/naming.h"
#include "emulator/base/sim_time.h"
#include "tools/text/number.h"
#include "tools/text/words.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <stdexcept>

namespace murmur {

namespace {

struct Unit {
    std::string_view name;
    double factor;
};

constexpr std::array<Unit, 6> kTimeUnits{
    {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}}};
constexpr std::array<Unit, 8> kRateUnits{{{"bps", 1},
                                          {"kbps", 1e3},
                                          {"Mbps", 1e6},
                                          {"Gbps", 1e9},
                                          {"Bps", 8},
                                          {"kBps", 8e3},
                                          {"MBps", 8e6},
                                          {"GBps", 8e9}}};
constexpr std::array<Unit, 6> kPowerUnits{
    {{"kW", 1e3}, {"W", 1}, {"mW", 1e-3}, {"uW", 1e-6}, {"nW", 1e-9}, {"pW", 1e-12}}};
constexpr std::array<Unit, 6> kEnergyUnits{
    {{"kJ", 1e3}, {"J", 1}, {"mJ", 1e-3}, {"uJ", 1e-6}, {"nJ", 1e-9}, {"pJ", 1e-12}}};
constexpr std::array<Unit, 4> kFlopsUnits{
    {{"FLOPS", 1}, {"MFLOPS", 1e6}, {"GFLOPS", 1e9}, {"TFLOPS", 1e12}}};

constexpr std::uint64_t kMostItems = 100'000'000;

std::invalid_argument refusal(std::string_view where,
                              std::string_view text,
                              std::string_view allowed) {
    return std::invalid_argument(
        fmt::format("{}: got '{}', allowed {}", where, shown(text), allowed));
}

/// Reads a number at the start of `text` and removes it; nothing finite there is a refusal.
double take_number(std::string_view where, std::string_view& text, std::string_view allowed) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || !std::isfinite(value)) {
        throw refusal(where, text, allowed);
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

double parse_with_unit(std::string_view where,
                       std::string_view text,
                       std::span<const Unit> units,
                       bool zero_allowed,
                       std::string_view allowed) {
    std::string_view rest = text;
    const double value = take_number(where, rest, allowed);
    for (const Unit& unit : units) {
        if (rest == unit.name) {
            const double product = value * unit.factor;
            if (value < 0 || (value == 0 && !zero_allowed) || !std::isfinite(product)) {
                throw refusal(where, text, allowed);
            }
            return product;
        }
    }
    throw refusal(where, text, allowed);
}

/// Reads what sums over a whole run are made of, which must stay numbers.
double parse_up_to_most(std::string_view where,
                        std::string_view text,
                        std::span<const Unit> units,
                        std::string_view allowed) {
    constexpr double kMost = 1e15;
    const double value = parse_with_unit(where, text, units, true, allowed);
    if (value > kMost) {
        throw refusal(where, text, allowed);
    }
    return value;
}

std::vector<double> read_values(std::string_view where,
                                const std::string& path,
                                QuantityParser parser) {
    std::vector<double> values;
    naming(where, [&] {
        for (LineReader lines(path); lines.next();) {
            const std::string_view text = trimmed(lines.line());
            if (!text.empty() && !text.starts_with('#')) {
                values.push_back(
                    parser(fmt::format("{}:{}", shown(path, 200), lines.line_number()), text));
            }
        }
    });
    if (values.empty()) {
        throw std::invalid_argument(fmt::format("{}: {} holds no value", where, shown(path, 200)));
    }
    return values;
}

}  // namespace

std::uint64_t parse_count(std::string_view where, std::string_view text) {
    const auto value = parse_number<std::uint64_t>(text);
    if (!value) {
        throw refusal(where, text, "a whole number from 0 up");
    }
    return *value;
}

double parse_number(std::string_view where, std::string_view text) {
    const auto value = parse_number<double>(text);
    if (!value || !std::isfinite(*value)) {
        throw refusal(where, text, "a number");
    }
    return *value;
}

double parse_time(std::string_view where, std::string_view text) {
    const double seconds = parse_with_unit(
        where, text, kTimeUnits, true, "a time with its unit (ns, us, ms, s, min, h), such as 5ms");
    if (seconds > kLongestSeconds) {
        throw refusal(where, text, "a time of up to 1e9 s");
    }
    return seconds;
}

double parse_positive_time(std::string_view where, std::string_view text) {
    const double seconds = parse_time(where, text);
    if (seconds == 0) {
        throw refusal(where, text, "a time above 0, such as 500ms");
    }
    return seconds;
}

double parse_rate(std::string_view where, std::string_view text) {
    return parse_with_unit(where,
                           text,
                           kRateUnits,
                           false,
                           "a rate above 0 with its unit (bps, kbps, Mbps, Gbps, or Bps, kBps, "
                           "MBps, GBps), such as 10Mbps");
}

double parse_flops(std::string_view where, std::string_view text) {
    return parse_with_unit(
        where, text, kFlopsUnits, false, "a speed above 0 in FLOPS, MFLOPS, GFLOPS or TFLOPS");
}

double parse_power(std::string_view where, std::string_view text) {
    return parse_up_to_most(
        where,
        text,
        kPowerUnits,
        "a power of up to 1e15 W with its unit (kW, W, mW, uW, nW, pW), such as 5W");
}

double parse_energy(std::string_view where, std::string_view text) {
    return parse_up_to_most(
        where,
        text,
        kEnergyUnits,
        "an energy of up to 1e15 J with its unit (kJ, J, mJ, uJ, nJ, pJ), such as 5mJ");
}

double parse_speed(std::string_view where, std::string_view text) {
    const auto value = parse_number<double>(text);
    if (!value || !std::isfinite(*value) || *value <= 0) {
        throw refusal(where, text, "a relative speed above 0, such as 0.5");
    }
    return *value;
}

Distribution::Distribution(std::string_view where, std::string_view text, QuantityParser parser) {
    const std::vector<std::string_view> parts = split(text, ':');
    const std::string_view name = parts.front();
    if (parts.size() == 1) {
        values_ = {parser(where, text)};
        return;
    }
    if (name == "first") {
        form_ = Form::kInTurn;
        read_parts(where, text, parser);
        return;
    }
    if (name == "file") {
        values_ = read_values(where, std::string(text.substr(text.find(':') + 1)), parser);
        form_ = Form::kChoice;
        in_order_ = true;
        return;
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const bool is_sigma = name == "lognormal" && i == 2;
        values_.push_back(is_sigma ? parse_number(where, parts[i]) : parser(where, parts[i]));
    }
    const bool is_pair = values_.size() == 2;
    if (name == "uniform" && is_pair && values_[0] <= values_[1]) {
        form_ = Form::kUniform;
    } else if (name == "loguniform" && is_pair && 0 < values_[0] && values_[0] <= values_[1]) {
        form_ = Form::kLogUniform;
    } else if (name == "lognormal" && is_pair && values_[0] > 0 && values_[1] >= 0) {
        form_ = Form::kLogNormal;
    } else if (name == "choice" && !values_.empty()) {
        form_ = Form::kChoice;
    } else {
        throw refusal(where,
                      text,
                      "VALUE, uniform:LOW:HIGH, loguniform:LOW:HIGH (LOW <= HIGH), "
                      "lognormal:MEDIAN:SIGMA, choice:A:B[:...], file:PATH or "
                      "first:COUNT:WHAT,rest:WHAT");
    }
}

void Distribution::read_parts(std::string_view where,
                              std::string_view text,
                              QuantityParser parser) {
    constexpr std::string_view kRest = "rest:";
    const auto fail = [&] {
        return refusal(
            where, text, "first:COUNT:WHAT[,next:COUNT:WHAT...],rest:WHAT, as first:3:0.2,rest:1");
    };
    std::size_t end = 0;
    bool has_rest = false;
    for (const std::string_view part : split(text, ',')) {
        const bool is_rest = part.starts_with(kRest);
        const std::vector<std::string_view> words = split(part, ':');
        const std::string_view wanted = parts_.empty() ? "first" : "next";
        if (has_rest || (!is_rest && (words.size() < 3 || words[0] != wanted)) ||
            (is_rest && parts_.empty())) {
            throw fail();
        }
        std::string_view what = part.substr(kRest.size());
        if (is_rest) {
            has_rest = true;
        } else {
            const std::uint64_t count = parse_count(where, words[1]);
            if (count == 0 || count > kMostItems) {
                throw fail();
            }
            end += count;
            what = part.substr(static_cast<std::size_t>(words[2].data() - part.data()));
        }
        if (what.starts_with("first:")) {
            throw fail();
        }
        parts_.push_back({is_rest ? SIZE_MAX : end, Distribution(where, what, parser)});
    }
    if (!has_rest) {
        throw fail();
    }
}

double Distribution::draw(RandomStream& stream, std::size_t index) const {
    switch (form_) {
        case Form::kValue:
            break;
        case Form::kUniform:
            return stream.uniform(values_[0], values_[1]);
        case Form::kLogUniform:
            return values_[0] * std::pow(values_[1] / values_[0], stream.uniform());
        case Form::kLogNormal:
            return values_[0] * std::exp(values_[1] * stream.normal());
        case Form::kChoice:
            return values_[in_order_ ? index % values_.size() : stream.below(values_.size())];
        case Form::kInTurn: {
            std::size_t begin = 0;
            for (const Part& part : parts_) {
                if (index < part.end) {
                    return part.what.draw(stream, index - begin);
                }
                begin = part.end;
            }
            break;  // the last part has no end
        }
    }
    return values_[0];
}

}  // namespace murmur
