#include "emulator/report/svg_chart.h"
#include "emulator/report/svg_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace murmur::report {

namespace {

constexpr std::size_t kSeparateBars = 64;  // fewer bars have a gap between them
constexpr double kRoomForName = 20;        // three digits and a mark

std::string bar_tooltip(const BarChart& chart, std::size_t bar) {
    std::string text = chart.headings[bar];
    for (const Layer& layer : chart.layers) {
        text += fmt::format(
            "\n{}: {}", layer.name, format_quantity(chart.y_axis.unit, layer.heights[bar]));
    }
    return escape(text);
}

std::string draw_bar(const SvgFrame& frame, const BarChart& chart, std::size_t bar) {
    const double left = frame.x(chart.edges[bar]);
    const double width = frame.x(chart.edges[bar + 1]) - left;
    const double gap = chart.edges.size() <= kSeparateBars + 1 ? std::min(2.0, 0.2 * width) : 0;
    std::string out = fmt::format("<g class=\"bar\"><title>{}</title>", bar_tooltip(chart, bar));
    double base = 0;
    for (const Layer& layer : chart.layers) {
        const double height = layer.heights[bar];
        if (std::isfinite(height) && height > 0) {
            fmt::format_to(std::back_inserter(out),
                           "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" "
                           "height=\"{:.1f}\"/>",
                           color_class(layer.color),
                           left + gap / 2,
                           frame.y(base + height),
                           width - gap,
                           frame.y(base) - frame.y(base + height));
            base += height;
        }
    }
    return out + "</g>";
}

// Upright where there is room for three digits, else along the bar.
std::string bar_names(const SvgFrame& frame, const BarChart& chart) {
    std::string out = "<g class=\"names\">";
    for (std::size_t bar = 0; bar < chart.names.size(); ++bar) {
        const double left = frame.x(chart.edges[bar]);
        const double right = frame.x(chart.edges[bar + 1]);
        const double middle = (left + right) / 2;
        const bool is_marked = !chart.is_marked.empty() && chart.is_marked[bar];
        const bool is_upright = right - left >= kRoomForName;
        const double y = frame.bottom() + (is_upright ? 13 : 5);
        fmt::format_to(
            std::back_inserter(out),
            "<text class=\"{}{}\" x=\"{:.1f}\" y=\"{:.1f}\"{}>{}</text>",
            is_upright ? "middle" : "end",
            is_marked ? " marked" : "",
            is_upright ? middle : middle + 2.5,
            y,
            is_upright ? ""
                       : fmt::format(" transform=\"rotate(-90 {:.1f} {:.1f})\"", middle + 2.5, y),
            escape(chart.names[bar]));
    }
    return out + "</g>";
}

}  // namespace

std::string draw(const BarChart& chart) {
    Range x;
    x.include(chart.edges);
    Range y;
    y.include(0.0);
    const std::size_t bars = chart.headings.size();
    for (std::size_t bar = 0; bar < bars; ++bar) {
        double height = 0;
        for (const Layer& layer : chart.layers) {
            height += std::isfinite(layer.heights[bar]) ? layer.heights[bar] : 0;
        }
        y.include(height);
    }
    Axis x_axis = chart.x_axis;
    x_axis.has_ticks = chart.names.empty();
    const SvgFrame frame(x_axis, x, chart.y_axis, y);
    std::vector<LegendEntry> legend;
    for (const Layer& layer : chart.layers) {
        legend.push_back({layer.name, layer.color, "area"});
    }
    // One layer needs no legend: the y axis says what it is.
    std::string out =
        frame.open(chart.description, legend.size() > 1 ? legend : std::vector<LegendEntry>{});
    for (std::size_t bar = 0; bar < bars; ++bar) {
        out += draw_bar(frame, chart, bar);
    }
    return out + bar_names(frame, chart) + "</svg>";
}

BarChart histogram(std::span<const double> values,
                   const Axis& x_axis,
                   const std::string& description,
                   const HistogramOptions& options) {
    Range range;
    range.include(values);
    if (range.is_empty()) {
        range = {0, 0};
    }
    const double length = range.high > range.low ? range.high - range.low : 1;
    const double step = options.is_integer ? std::max(1.0, nice_step(length, options.bins))
                                           : nice_step(length, options.bins);
    const double shift = options.is_integer ? 0.5 : 0;
    const double first = std::floor((range.low + shift) / step);
    const auto bin_of = [&](double value) {
        return static_cast<std::size_t>(std::floor((value + shift) / step) - first);
    };
    std::vector<double> counts(bin_of(range.high) + 1, 0.0);
    for (const double value : values) {
        if (value >= range.low && value <= range.high) {
            ++counts[bin_of(value)];
        }
    }
    BarChart chart;
    chart.description = description;
    chart.x_axis = x_axis;
    chart.x_axis.round_outwards = false;
    chart.y_axis = {.title = options.counted, .is_integer = true};
    chart.edges = {first * step - shift};
    chart.layers.push_back({.name = "nodes", .heights = counts});
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        const double from = chart.edges.back();
        chart.edges.push_back((first + static_cast<double>(bin) + 1) * step - shift);
        const bool is_one_integer = options.is_integer && step == 1;
        chart.headings.push_back(
            is_one_integer ? fmt::format("{}: {}", x_axis.title, format_number(from + 0.5))
                           : fmt::format("{}: {} to {}",
                                         x_axis.title,
                                         format_quantity(x_axis.unit, from + shift),
                                         format_quantity(x_axis.unit, chart.edges.back() - shift)));
    }
    return chart;
}

}  // namespace murmur::report
