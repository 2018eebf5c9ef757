#pragma once

#include "emulator/report/text.h"

#include <limits>
#include <span>
#include <string>
#include <vector>

namespace murmur::report {

enum class Scale { kLinear, kLogarithmic };

/// What a chart says of one of its axes; the range comes from the data.
struct Axis {
    std::string title;
    Unit unit = Unit::kNumber;
    Scale scale = Scale::kLinear;
    bool from_zero = false;      ///< a linear axis starts at zero whatever the data
    bool round_outwards = true;  ///< the axis ends on ticks, not at the last value
    bool is_integer = false;     ///< only integers have ticks, as for rounds and counts
    bool has_ticks = true;       ///< false: whoever draws the chart labels this axis
};

/// The smallest interval that holds all values given.  Ignores what cannot be drawn: NaN,
/// infinities and numbers beyond 1e100, which only a diverged run produces.
struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void include(double value);
    void include(std::span<const double> values);
    [[nodiscard]] bool is_empty() const { return low > high; }
};

struct Tick {
    double value;
    std::string label;
};

/// Returns the step 1, 2 or 5 times a power of ten that cuts `length` into about `pieces` pieces.
/// @pre length > 0 and pieces > 0
[[nodiscard]] double nice_step(double length, int pieces);

/// An axis fitted to data: where a value lies on it, which ticks it has and what it is called.
class AxisScale {
  public:
    /// A logarithmic axis needs a positive range; for any other it is linear.
    AxisScale(const Axis& axis, Range range, int pieces);

    /// Returns 0 at the low end and 1 at the high end; NaN for what the axis cannot show.
    [[nodiscard]] double position(double value) const;
    [[nodiscard]] double low() const { return range_.low; }
    [[nodiscard]] double high() const { return range_.high; }
    [[nodiscard]] const std::vector<Tick>& ticks() const { return ticks_; }
    /// Title with the unit of the tick labels and a logarithmic scale: "Simulated time (min)",
    /// "Loss (logarithmic)".
    [[nodiscard]] const std::string& title() const { return title_; }

  private:
    void fit_linear(const Axis& axis, double factor, int pieces);
    void fit_logarithmic(double factor, int pieces);

    Range range_;
    bool is_logarithmic_ = false;
    std::vector<Tick> ticks_;
    std::string title_;
};

}  // namespace murmur::report
