#include "emulator/report/svg_chart.h"
#include "emulator/report/svg_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace murmur::report {

namespace {

constexpr double kFaintest = 0.12;  // of what is there at all

}  // namespace

std::string draw(const HeatMap& map) {
    const double step = map.x.size() > 1 ? map.x[1] - map.x[0] : 1;
    const Range x{map.x.front() - step / 2, map.x.back() + step / 2};
    const Range y{-0.5, static_cast<double>(map.rows.size()) - 0.5};
    const SvgFrame frame(map.x_axis, x, map.y_axis, y);
    double most = 0;
    for (const std::vector<double>& row : map.rows) {
        most = std::max(most, *std::max_element(row.begin(), row.end()));
    }
    std::string out = frame.open(map.description, {}) + "<g class=\"heat\">";
    const double width = frame.x(map.x.front() + step) - frame.x(map.x.front());
    const double height = frame.y(0) - frame.y(1);
    for (std::size_t label = 0; label < map.rows.size(); ++label) {
        const auto middle = static_cast<double>(label);
        for (std::size_t i = 0; i < map.x.size(); ++i) {
            const double value = map.rows[label][i];
            if (!(value > 0)) {
                continue;
            }
            fmt::format_to(std::back_inserter(out),
                           "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" "
                           "fill-opacity=\"{:.2f}\"><title>{} {:.0f}, {} {}: {} {}</title></rect>",
                           frame.x(map.x[i]) - width / 2,
                           frame.y(middle) - height / 2,
                           width,
                           height,
                           kFaintest + (1 - kFaintest) * value / most,
                           escape(map.x_name),
                           map.x[i],
                           escape(map.y_name),
                           label,
                           format_count(value),
                           escape(map.value_name));
        }
    }
    return out + "</g></svg>";
}

}  // namespace murmur::report
