#pragma once

#include "emulator/report/axis.h"
#include "emulator/report/svg_chart.h"

#include <string>
#include <string_view>
#include <vector>

namespace murmur::report {

/// Size of a chart in its own coordinates; the page scales it to the card.
inline constexpr double kChartWidth = 480;
inline constexpr double kChartHeight = 290;

struct LegendEntry {
    std::string name;
    Color color;
    std::string_view shape;  ///< class of the swatch: "line", "dash", "dots", "band" or "area"
};

/// The plotting area of a chart with its two axes: turns values into coordinates and draws all
/// that is not data.
class SvgFrame {
  public:
    SvgFrame(const Axis& x_axis, Range x, const Axis& y_axis, Range y);

    [[nodiscard]] double x(double value) const;  ///< NaN for what the axis cannot show
    [[nodiscard]] double y(double value) const;  ///< NaN for what the axis cannot show
    [[nodiscard]] double left() const;
    [[nodiscard]] double right() const;
    [[nodiscard]] double top() const;
    [[nodiscard]] double bottom() const;

    /// Returns the opening `<svg>` tag with description, grid, tick labels, titles and legend.
    [[nodiscard]] std::string open(std::string_view description,
                                   const std::vector<LegendEntry>& legend) const;

  private:
    AxisScale x_scale_;
    AxisScale y_scale_;
};

}  // namespace murmur::report
