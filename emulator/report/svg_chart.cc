#include "emulator/report/svg_chart.h"

#include "emulator/report/svg_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace murmur::report {

namespace {

constexpr std::size_t kColumns = 200;      // drawn columns of a curve, two units wide each
constexpr std::size_t kTooltips = 100;     // positions along x that answer the pointer
constexpr std::size_t kMarkedPoints = 30;  // shorter curves show their points

// Continues a path to a point, or starts it there.
void go_to(std::string& path, const SvgFrame& frame, double x, double y) {
    fmt::format_to(std::back_inserter(path),
                   "{}{:.1f} {:.1f}",
                   path.empty() ? 'M' : 'L',
                   frame.x(x),
                   frame.y(y));
}

// Only points that both axes can show: the rest would break the path.
std::vector<std::size_t> drawn_points(const SvgFrame& frame,
                                      const std::vector<double>& x,
                                      const std::vector<double>& y) {
    std::vector<double> shown(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
        const bool is_shown = std::isfinite(frame.x(x[i])) && std::isfinite(frame.y(y[i]));
        shown[i] = is_shown ? y[i] : std::nan("");
    }
    return thin(shown, kColumns);
}

std::string curve(const SvgFrame& frame, const std::vector<double>& x, const Series& series) {
    const bool is_step = series.mark == Mark::kStep;
    std::string path;
    for (const std::size_t i : drawn_points(frame, x, series.y)) {
        if (!path.empty() && is_step) {
            fmt::format_to(std::back_inserter(path), "H{:.1f}", frame.x(x[i]));
        }
        go_to(path, frame, x[i], series.y[i]);
    }
    return fmt::format("<path class=\"{} {}\" d=\"{}\"/>",
                       series.is_dashed ? "dash" : "line",
                       color_class(series.color),
                       path);
}

std::string dots(const SvgFrame& frame, const std::vector<double>& x, const Series& series) {
    std::string out = fmt::format("<g class=\"dots {}\">", color_class(series.color));
    for (const std::size_t i : drawn_points(frame, x, series.y)) {
        fmt::format_to(std::back_inserter(out),
                       "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.4\"/>",
                       frame.x(x[i]),
                       frame.y(series.y[i]));
    }
    return out + "</g>";
}

std::string band(const SvgFrame& frame, const std::vector<double>& x, const Series& series) {
    std::string path;
    for (const std::size_t i : drawn_points(frame, x, series.high)) {
        go_to(path, frame, x[i], series.high[i]);
    }
    const std::vector<std::size_t> lower = drawn_points(frame, x, series.low);
    for (auto i = lower.rbegin(); i != lower.rend() && !path.empty(); ++i) {
        go_to(path, frame, x[*i], series.low[*i]);
    }
    return path.empty()
               ? ""
               : fmt::format(
                     "<path class=\"band {}\" d=\"{}Z\"/>", color_class(series.color), path);
}

std::string marks(const SvgFrame& frame, const LineChart& chart, const Series& series) {
    if (series.mark == Mark::kDots) {
        return dots(frame, chart.x, series);
    }
    std::string out = curve(frame, chart.x, series);
    const auto is_finite = [](double value) { return std::isfinite(value); };
    const auto points = std::count_if(series.y.begin(), series.y.end(), is_finite);
    if (series.mark == Mark::kLine && !series.is_dashed &&
        static_cast<std::size_t>(points) <= kMarkedPoints) {
        out += dots(frame, chart.x, series);
    }
    return out;
}

std::string tooltip(const LineChart& chart, std::size_t i) {
    const Unit unit = chart.y_axis.unit;
    std::string text =
        chart.headings.empty()
            ? fmt::format(
                  "{}: {}", chart.x_axis.title, format_quantity(chart.x_axis.unit, chart.x[i]))
            : chart.headings[i];
    for (const Series& series : chart.series) {
        if (std::isfinite(series.y[i])) {
            text += fmt::format("\n{}: {}", series.name, format_quantity(unit, series.y[i]));
        }
        if (!series.low.empty() && std::isfinite(series.low[i])) {
            text += fmt::format("\n{}: {} to {}",
                                series.band_name,
                                format_quantity(unit, series.low[i]),
                                format_quantity(unit, series.high[i]));
        }
    }
    return escape(text);
}

// Returns the positions that get a tooltip: where there is a value, evenly thinned, the last kept.
std::vector<std::size_t> tooltip_points(const SvgFrame& frame, const LineChart& chart) {
    std::vector<std::size_t> points;
    for (std::size_t i = 0; i < chart.x.size(); ++i) {
        const auto has_value = [&](const Series& s) { return std::isfinite(frame.y(s.y[i])); };
        if (std::isfinite(frame.x(chart.x[i])) &&
            std::any_of(chart.series.begin(), chart.series.end(), has_value)) {
            points.push_back(i);
        }
    }
    if (points.size() <= kTooltips) {
        return points;
    }
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < kTooltips; ++i) {
        kept.push_back(points[i * (points.size() - 1) / (kTooltips - 1)]);
    }
    return kept;
}

// An invisible column around each position; under the pointer it shows a hair line and the points.
std::string tooltips(const SvgFrame& frame, const LineChart& chart) {
    const std::vector<std::size_t> points = tooltip_points(frame, chart);
    std::string out;
    for (std::size_t k = 0; k < points.size(); ++k) {
        const double x = frame.x(chart.x[points[k]]);
        const double from = k == 0 ? frame.left() : (frame.x(chart.x[points[k - 1]]) + x) / 2;
        const double to =
            k + 1 == points.size() ? frame.right() : (x + frame.x(chart.x[points[k + 1]])) / 2;
        fmt::format_to(std::back_inserter(out),
                       "<g class=\"hit\"><title>{}</title><rect x=\"{:.1f}\" y=\"{}\" "
                       "width=\"{:.1f}\" height=\"{}\"/><path d=\"M{:.1f} {}V{}\"/>",
                       tooltip(chart, points[k]),
                       from,
                       frame.top(),
                       std::max(0.0, to - from),
                       frame.bottom() - frame.top(),
                       x,
                       frame.top(),
                       frame.bottom());
        for (const Series& series : chart.series) {
            const double y = frame.y(series.y[points[k]]);
            if (std::isfinite(y)) {
                fmt::format_to(std::back_inserter(out),
                               "<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"/>",
                               color_class(series.color),
                               x,
                               y);
            }
        }
        out += "</g>";
    }
    return out;
}

std::vector<LegendEntry> legend_of(const LineChart& chart) {
    std::vector<LegendEntry> legend;
    for (const Series& series : chart.series) {
        const bool is_dots = series.mark == Mark::kDots;
        legend.push_back({series.name,
                          series.color,
                          is_dots            ? "dots"
                          : series.is_dashed ? "dash"
                                             : "line"});
        if (!series.low.empty()) {
            legend.push_back({series.band_name, series.color, "band"});
        }
    }
    return legend;
}

Range y_range(const LineChart& chart) {
    Range range;
    for (const Series& series : chart.series) {
        for (const auto* values : {&series.y, &series.low, &series.high}) {
            for (const double value : *values) {
                // A zero, as of nodes that start from one model, must not cost the logarithm.
                if (chart.y_axis.scale == Scale::kLinear || value > 0) {
                    range.include(value);
                }
            }
        }
    }
    return range;
}

}  // namespace

std::string color_class(Color color) {
    switch (color) {
        case Color::kBlue:
            return "blue";
        case Color::kOrange:
            return "orange";
        case Color::kGreen:
            return "green";
        case Color::kAmber:
            return "amber";
        case Color::kGray:
            break;
    }
    return "gray";
}

std::vector<std::size_t> thin(std::span<const double> y, std::size_t columns) {
    std::vector<std::size_t> finite;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (std::isfinite(y[i])) {
            finite.push_back(i);
        }
    }
    if (finite.size() <= 4 * columns) {
        return finite;
    }
    std::vector<std::size_t> kept;
    for (std::size_t column = 0; column < columns; ++column) {
        const auto first =
            finite.begin() + static_cast<std::ptrdiff_t>(column * finite.size() / columns);
        const auto last =
            finite.begin() + static_cast<std::ptrdiff_t>((column + 1) * finite.size() / columns);
        const auto is_lower = [&](std::size_t a, std::size_t b) { return y[a] < y[b]; };
        const auto [low, high] = std::minmax_element(first, last, is_lower);
        for (const std::size_t i :
             {*first, std::min(*low, *high), std::max(*low, *high), *(last - 1)}) {
            if (kept.empty() || kept.back() != i) {
                kept.push_back(i);
            }
        }
    }
    return kept;
}

std::string draw(const LineChart& chart) {
    Range x;
    x.include(chart.x);
    const SvgFrame frame(chart.x_axis, x, chart.y_axis, y_range(chart));
    std::string out = frame.open(chart.description, legend_of(chart));
    for (const Series& series : chart.series) {
        out += series.low.empty() ? "" : band(frame, chart.x, series);
    }
    for (const Series& series : chart.series) {
        out += marks(frame, chart, series);
    }
    return out + tooltips(frame, chart) + "</svg>";
}

}  // namespace murmur::report
