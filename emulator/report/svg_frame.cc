#include "emulator/report/svg_frame.h"

#include <fmt/format.h>

#include <iterator>

namespace murmur::report {

namespace {

constexpr double kLeft = 52;
constexpr double kRight = 14;
constexpr double kTop = 34;
constexpr double kBottom = 44;
constexpr double kCharacterWidth = 6.1;  // of the 11-unit labels, on average, in a wide font
constexpr double kSwatchWidth = 16;

std::string legend_entry(const LegendEntry& entry, double x) {
    const std::string color = color_class(entry.color);
    std::string swatch;
    if (entry.shape == "dots") {
        swatch = fmt::format(
            "<circle class=\"dots {}\" cx=\"{:.1f}\" cy=\"10\" r=\"3\"/>", color, x + 6);
    } else if (entry.shape == "line" || entry.shape == "dash") {
        swatch = fmt::format("<path class=\"{} {}\" d=\"M{:.1f} 10h12\"/>", entry.shape, color, x);
    } else {
        swatch = fmt::format(
            "<rect class=\"{} {}\" x=\"{:.1f}\" y=\"5\" width=\"12\" "
            "height=\"10\" rx=\"2\"/>",
            entry.shape,
            color,
            x);
    }
    return fmt::format(
        "{}<text x=\"{:.1f}\" y=\"14\">{}</text>", swatch, x + kSwatchWidth, escape(entry.name));
}

// Laid out from the right: the left end of the line belongs to the title of the y axis.
std::string legend_row(const std::vector<LegendEntry>& legend) {
    std::string out;
    double x = kChartWidth - kRight;
    for (auto entry = legend.rbegin(); entry != legend.rend(); ++entry) {
        x -= kSwatchWidth + kCharacterWidth * static_cast<double>(entry->name.size());
        out += legend_entry(*entry, x);
        x -= 12;
    }
    return out;
}

}  // namespace

SvgFrame::SvgFrame(const Axis& x_axis, Range x, const Axis& y_axis, Range y)
    : x_scale_(x_axis, x, 6), y_scale_(y_axis, y, 5) {}

double SvgFrame::left() const {
    return kLeft;
}
double SvgFrame::right() const {
    return kChartWidth - kRight;
}
double SvgFrame::top() const {
    return kTop;
}
double SvgFrame::bottom() const {
    return kChartHeight - kBottom;
}

double SvgFrame::x(double value) const {
    return left() + x_scale_.position(value) * (right() - left());
}

double SvgFrame::y(double value) const {
    return bottom() - y_scale_.position(value) * (bottom() - top());
}

std::string SvgFrame::open(std::string_view description,
                           const std::vector<LegendEntry>& legend) const {
    std::string out = fmt::format(
        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" "
        "role=\"img\" aria-label=\"{}\">",
        kChartWidth,
        kChartHeight,
        escape(description));
    const auto append = std::back_inserter(out);
    std::string grid;
    std::string labels;
    for (const Tick& tick : y_scale_.ticks()) {
        fmt::format_to(std::back_inserter(grid), "M{} {:.1f}H{}", left(), y(tick.value), right());
        fmt::format_to(std::back_inserter(labels),
                       "<text class=\"end\" x=\"{}\" y=\"{:.1f}\">{}</text>",
                       left() - 7,
                       y(tick.value) + 4,
                       tick.label);
    }
    std::string notches;
    for (const Tick& tick : x_scale_.ticks()) {
        fmt::format_to(std::back_inserter(notches), "M{:.1f} {}v4", x(tick.value), bottom());
        fmt::format_to(std::back_inserter(labels),
                       "<text class=\"middle\" x=\"{:.1f}\" y=\"{}\">{}</text>",
                       x(tick.value),
                       bottom() + 17,
                       tick.label);
    }
    fmt::format_to(append, "<path class=\"gridlines\" d=\"{}\"/>", grid);
    fmt::format_to(
        append, "<path class=\"axis\" d=\"M{} {}H{}{}\"/>", left(), bottom(), right(), notches);
    fmt::format_to(append, "<g class=\"ticks\">{}</g>", labels);
    fmt::format_to(append,
                   "<g class=\"titles\"><text x=\"0\" y=\"14\">{}</text>"
                   "<text class=\"end\" x=\"{}\" y=\"{}\">{}</text></g>",
                   escape(y_scale_.title()),
                   right(),
                   kChartHeight - 6,
                   escape(x_scale_.title()));
    fmt::format_to(append, "<g class=\"legend\">{}</g>", legend_row(legend));
    return out;
}

}  // namespace murmur::report
