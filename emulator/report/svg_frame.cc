#include "emulator/report/svg_frame.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace murmur::report {

namespace {

constexpr double kLeft = 52;
constexpr double kRight = 14;
constexpr double kTop = 34;
constexpr double kBottom = 44;
constexpr double kTitleBaseline = 14;
constexpr double kCharacterWidth = 6.1;  // of the 11-unit labels, on average, in a wide font
constexpr double kSwatchWidth = 16;
constexpr double kEntryGap = 12;
constexpr double kLegendLine = 18;

using LegendRow = std::vector<LegendEntry>;

double width_of(std::string_view text) {
    return kCharacterWidth * static_cast<double>(text.size());
}

double width_of(const LegendEntry& entry) {
    return kSwatchWidth + width_of(entry.name);
}

/// Draws an entry whose text stands on a line of the chart.
std::string legend_entry(const LegendEntry& entry, double x, double baseline) {
    const std::string color = color_class(entry.color);
    std::string swatch;
    if (entry.shape == "dots") {
        swatch = fmt::format("<circle class=\"dots {}\" cx=\"{:.1f}\" cy=\"{}\" r=\"3\"/>",
                             color,
                             x + 6,
                             baseline - 4);
    } else if (entry.shape == "line" || entry.shape == "dash") {
        swatch = fmt::format(
            "<path class=\"{} {}\" d=\"M{:.1f} {}h12\"/>", entry.shape, color, x, baseline - 4);
    } else {
        swatch = fmt::format(
            "<rect class=\"{} {}\" x=\"{:.1f}\" y=\"{}\" width=\"12\" "
            "height=\"10\" rx=\"2\"/>",
            entry.shape,
            color,
            x,
            baseline - 9);
    }
    return fmt::format("{}<text x=\"{:.1f}\" y=\"{}\">{}</text>",
                       swatch,
                       x + kSwatchWidth,
                       baseline,
                       escape(entry.name));
}

/// Deals the entries to lines that are as wide as the chart; a name that is wider than a line ends
/// in an ellipsis.
std::vector<LegendRow> rows_of(const std::vector<LegendEntry>& legend) {
    std::vector<LegendRow> rows;
    double left = 0;
    for (LegendEntry entry : legend) {
        constexpr auto kLongest =
            static_cast<std::size_t>((kChartWidth - kSwatchWidth) / kCharacterWidth);
        if (entry.name.size() > kLongest) {
            entry.name = cut_to(entry.name, kLongest - 1) + "…";
        }
        const double width = width_of(entry) + kEntryGap;
        if (rows.empty() || width - kEntryGap > left) {
            rows.emplace_back();
            left = kChartWidth;
        }
        left -= width;
        rows.back().push_back(std::move(entry));
    }
    return rows;
}

/// Laid out from the right: the left end of the line belongs to the title of the y axis.
std::string beside_title(const LegendRow& legend) {
    std::string out;
    double x = kChartWidth - kRight;
    for (auto entry = legend.rbegin(); entry != legend.rend(); ++entry) {
        x -= width_of(*entry);
        out += legend_entry(*entry, x, kTitleBaseline);
        x -= kEntryGap;
    }
    return out;
}

/// The last line stands above the title of the y axis.
std::string above_title(const std::vector<LegendRow>& rows) {
    std::string out;
    double baseline = kTitleBaseline - kLegendLine * static_cast<double>(rows.size());
    for (const LegendRow& row : rows) {
        double x = 0;
        for (const LegendEntry& entry : row) {
            out += legend_entry(entry, x, baseline);
            x += width_of(entry) + kEntryGap;
        }
        baseline += kLegendLine;
    }
    return out;
}

/// Returns whether there is room for the legend and the title of the y axis on one line.
bool fits_beside(std::string_view title, const LegendRow& legend) {
    double width = width_of(title) + kRight;
    for (const LegendEntry& entry : legend) {
        width += kEntryGap + width_of(entry);
    }
    return width <= kChartWidth;
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
    const bool is_beside = fits_beside(y_scale_.title(), legend);
    const std::vector<LegendRow> rows = is_beside ? std::vector<LegendRow>{} : rows_of(legend);
    const double above = kLegendLine * static_cast<double>(rows.size());
    std::string out = fmt::format(
        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 {} {} {}\" "
        "role=\"img\" aria-label=\"{}\">",
        0 - above,  // not -0
        kChartWidth,
        kChartHeight + above,
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
                   "<g class=\"titles\"><text x=\"0\" y=\"{}\">{}</text>"
                   "<text class=\"end\" x=\"{}\" y=\"{}\">{}</text></g>",
                   kTitleBaseline,
                   escape(y_scale_.title()),
                   right(),
                   kChartHeight - 6,
                   escape(x_scale_.title()));
    fmt::format_to(
        append, "<g class=\"legend\">{}</g>", is_beside ? beside_title(legend) : above_title(rows));
    return out;
}

}  // namespace murmur::report
