#include "emulator/report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace murmur::report {

namespace {

constexpr double kLargestDrawn = 1e100;

// Widens an interval that holds nothing or one value, which has no length to divide by.
Range with_length(Range range) {
    if (range.is_empty()) {
        return {0, 1};
    }
    const double size = std::max(std::abs(range.low), std::abs(range.high));
    if (range.high - range.low <= 1e-9 * size || size == 0) {
        const double margin = size == 0 ? 1 : 0.1 * size;
        return {range.low == 0 ? 0 : range.low - margin, range.high + margin};
    }
    return range;
}

std::string title_of(const std::string& title, std::string_view unit, bool is_logarithmic) {
    if (unit.empty() && !is_logarithmic) {
        return title;
    }
    return fmt::format("{} ({}{}{})",
                       title,
                       unit,
                       !unit.empty() && is_logarithmic ? ", " : "",
                       is_logarithmic ? "logarithmic" : "");
}

int decimals_of(double step) {
    return std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 9);
}

std::string linear_label(double value, double step) {
    const double magnitude = std::max(std::abs(value), step);
    if (value != 0 && (magnitude >= 1e7 || step < 1e-5)) {
        return format_number(value);
    }
    return decimals_of(step) == 0 ? format_count(value)
                                  : fmt::format("{:.{}f}", value, decimals_of(step));
}

std::vector<Tick> linear_ticks(double low, double high, double step, double factor) {
    std::vector<Tick> ticks;
    const double last = std::floor(high / step + 1e-6);
    for (double i = std::ceil(low / step - 1e-6); i <= last; ++i) {
        // i == 0 is spelled out so that no tick reads "-0".
        const double value = i == 0 ? 0 : i * step;
        ticks.push_back({value * factor, linear_label(value, step)});
    }
    return ticks;
}

std::string decade_label(double value) {
    if (value >= 1e-3 && value < 1e4) {
        return value >= 1 ? format_count(value) : fmt::format("{:g}", value);
    }
    const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
    const double lead = value / std::pow(10.0, exponent);
    return std::abs(lead - 1) < 1e-6 ? fmt::format("10{}", superscript(exponent))
                                     : fmt::format("{:.0f}×10{}", lead, superscript(exponent));
}

// Ticks at decades, only every second, third ... where there are many, and at 2 and 5 between where
// there are few.
std::vector<Tick> logarithmic_ticks(double low, double high, double factor, int pieces) {
    const int first = static_cast<int>(std::floor(std::log10(low)));
    const int last = static_cast<int>(std::floor(std::log10(high)));
    const int stride = 1 + (last - first) / (pieces + 2);
    const bool has_between = std::log10(high / low) < 2.5;
    std::vector<Tick> ticks;
    for (int exponent = first; exponent <= last; ++exponent) {
        for (const double lead : {1.0, 2.0, 5.0}) {
            const double value = lead * std::pow(10.0, exponent);
            const bool is_wanted = lead == 1.0 ? exponent % stride == 0 : has_between;
            if (is_wanted && value >= low && value <= high) {
                ticks.push_back({value * factor, decade_label(value)});
            }
        }
    }
    return ticks;
}

}  // namespace

void Range::include(double value) {
    if (std::abs(value) <= kLargestDrawn) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
}

void Range::include(std::span<const double> values) {
    for (const double value : values) {
        include(value);
    }
}

double nice_step(double length, int pieces) {
    const double rough = length / pieces;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    const double lead = rough / power;
    // Limits are the geometric means between neighboring steps: the count stays nearest `pieces`.
    const double nice = lead < std::sqrt(2.0)    ? 1
                        : lead < std::sqrt(10.0) ? 2
                        : lead < std::sqrt(50.0) ? 5
                                                 : 10;
    return nice * power;
}

AxisScale::AxisScale(const Axis& axis, Range range, int pieces)
    : range_(range),
      is_logarithmic_(axis.scale == Scale::kLogarithmic && !range.is_empty() && range.low > 0) {
    if (axis.from_zero && !is_logarithmic_) {
        range_.include(0.0);
    }
    range_ = with_length(range_);
    const double largest = std::max(std::abs(range_.low), std::abs(range_.high));
    const UnitStep unit = readable_unit(axis.unit, largest);
    title_ = title_of(axis.title, unit.name, is_logarithmic_);
    if (is_logarithmic_) {
        fit_logarithmic(unit.factor, pieces);
    } else {
        fit_linear(axis, unit.factor, pieces);
    }
    if (!axis.has_ticks) {
        ticks_.clear();
    }
}

void AxisScale::fit_linear(const Axis& axis, double factor, int pieces) {
    // An axis that would start near zero anyway starts at zero.
    if (range_.low > 0 && range_.low < 0.4 * range_.high) {
        range_.low = 0;
    }
    const double smallest = axis.is_integer ? 1 : 0;
    const double step = std::max(smallest, nice_step((range_.high - range_.low) / factor, pieces));
    if (axis.round_outwards) {
        const double unit = step * factor;
        range_.low = std::floor(range_.low / unit + 1e-6) * unit;
        range_.high = std::ceil(range_.high / unit - 1e-6) * unit;
    }
    ticks_ = linear_ticks(range_.low / factor, range_.high / factor, step, factor);
}

void AxisScale::fit_logarithmic(double factor, int pieces) {
    const double margin = std::pow(range_.high / range_.low, 0.04);
    range_ = {range_.low / margin, range_.high * margin};
    ticks_ = logarithmic_ticks(range_.low / factor, range_.high / factor, factor, pieces);
    if (ticks_.size() < 2) {
        const double step = nice_step((range_.high - range_.low) / factor, pieces);
        ticks_ = linear_ticks(range_.low / factor, range_.high / factor, step, factor);
    }
}

double AxisScale::position(double value) const {
    if (std::abs(value) > kLargestDrawn || std::isnan(value) || (is_logarithmic_ && value <= 0)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (is_logarithmic_) {
        return std::log(value / range_.low) / std::log(range_.high / range_.low);
    }
    return (value - range_.low) / (range_.high - range_.low);
}

}  // namespace murmur::report
