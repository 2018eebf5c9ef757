#pragma once

#include "emulator/report/axis.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// A small helper that draws charts as plain inline SVG.  Colors and type come from the classes of
/// page_style.h, so that one chart is right on a light and on a dark page; marks carry their
/// numbers in a `<title>`, which browsers show as a tooltip.
namespace murmur::report {

/// A place in the page's palette, not a color: each has a light and a dark value.
enum class Color { kBlue, kOrange, kGreen, kAmber, kGray };

/// Returns the class name that gives a mark this color.
[[nodiscard]] std::string color_class(Color color);

enum class Mark { kLine, kStep, kDots };

/// One curve; `y` has one value for each x of the chart, NaN where there is none.
struct Series {
    std::string name;
    std::vector<double> y;
    Color color = Color::kBlue;
    Mark mark = Mark::kLine;
    bool is_dashed = false;
    /// A band around the curve, of the same length as `y`; both empty for none.
    std::vector<double> low = {};
    std::vector<double> high = {};
    std::string band_name = {};
};

/// Curves over a common, ascending x.
struct LineChart {
    std::string description;  ///< one sentence for readers who cannot see the chart
    Axis x_axis;
    Axis y_axis;
    std::vector<double> x;
    std::vector<Series> series;
    /// Heading of the tooltip at each x; empty: the x axis' title and value.
    std::vector<std::string> headings = {};
};

/// One layer of stacked bars; `heights` has one value for each bar.
struct Layer {
    std::string name;
    std::vector<double> heights;
    Color color = Color::kBlue;
};

/// Stacked bars; bar i reaches from edges[i] to edges[i + 1].
struct BarChart {
    std::string description;
    Axis x_axis;
    Axis y_axis;
    std::vector<double> edges;
    std::vector<Layer> layers;
    std::vector<std::string> headings;  ///< first line of each bar's tooltip
    /// What stands under each bar, in place of the ticks of the x axis; empty: these.
    std::vector<std::string> names = {};
    std::vector<bool> is_marked = {};  ///< whose name is marked; empty: none
};

/// Squares of a table, the darker the larger: row i of `rows` is for the integer i of the y axis.
struct HeatMap {
    std::string description;
    Axis x_axis;
    Axis y_axis;
    std::vector<double> x;                  ///< integers, ascending and evenly spaced
    std::vector<std::vector<double>> rows;  ///< [labels][x.size()]; nothing is drawn for 0
    std::string x_name;                     ///< "Node": tooltips read "Node 3, label 7: 45 samples"
    std::string y_name;
    std::string value_name;
};

/// Returns an `<svg>` element.  Curves of more points than the chart has columns are thinned
/// without a visible change: the first, last, lowest and highest point of each column stay.
[[nodiscard]] std::string draw(const LineChart& chart);

/// Returns an `<svg>` element.
[[nodiscard]] std::string draw(const BarChart& chart);

/// Returns an `<svg>` element.
[[nodiscard]] std::string draw(const HeatMap& map);

struct HistogramOptions {
    int bins = 20;
    bool is_integer = false;  ///< bins are centered on integers
    std::string counted = "Nodes";
};

/// Returns the bars that count the finite values in bins of equal, round width.
[[nodiscard]] BarChart histogram(std::span<const double> values,
                                 const Axis& x_axis,
                                 const std::string& description,
                                 const HistogramOptions& options = {});

/// Returns the indices of at most 4 * `columns` finite values that draw the same curve: the first,
/// lowest, highest and last of each column of equally many values.
[[nodiscard]] std::vector<std::size_t> thin(std::span<const double> y, std::size_t columns);

}  // namespace murmur::report
