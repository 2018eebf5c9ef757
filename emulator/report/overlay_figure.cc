#include "emulator/report/figures.h"
#include "emulator/report/node_totals.h"
#include "emulator/report/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

namespace murmur::report {

namespace {

constexpr std::uint32_t kMostOnCircle = 64;
constexpr std::uint32_t kMostDrawn = 500;
constexpr std::size_t kMostEdges = 4000;
constexpr double kWidth = 480;
constexpr double kHeight = 380;
constexpr double kPicture = 330;  // side of the square that holds the nodes' centers

// Final accuracy by node, for nodes that have one.
std::map<std::uint32_t, double> accuracy_of_nodes(const RunFolder& run) {
    std::map<std::uint32_t, double> accuracy;
    for (const NodeTotal& total : node_totals(run)) {
        if (std::isfinite(total.test_accuracy)) {
            accuracy[total.node] = total.test_accuracy;
        }
    }
    return accuracy;
}

Point place(const Point& unit) {
    return {kWidth / 2 + (unit.x - 0.5) * kPicture, kHeight / 2 + (unit.y - 0.5) * kPicture};
}

std::string edge_path(const Overlay& overlay, const std::vector<Point>& points) {
    std::string path;
    for (const auto& [u, v] : overlay.edges) {
        const Point from = place(points[u]);
        const Point to = place(points[v]);
        fmt::format_to(
            std::back_inserter(path), "M{:.1f} {:.1f}L{:.1f} {:.1f}", from.x, from.y, to.x, to.y);
    }
    return path;
}

// Percentage of a node's color, from 15 for the lowest accuracy to 100 for the highest.
double strength(double accuracy, const Range& range) {
    const double length = range.high - range.low;
    return length > 0 ? 15 + 85 * (accuracy - range.low) / length : 100;
}

class OverlayPicture {
  public:
    OverlayPicture(const Overlay& overlay,
                   const std::map<std::uint32_t, double>& accuracy,
                   Metric metric)
        : overlay_(overlay),
          accuracy_(accuracy),
          metric_(std::move(metric)),
          degree_(degrees(overlay)) {
        for (const auto& [node, value] : accuracy_) {
            range_.include(value);
        }
    }

    [[nodiscard]] std::string draw() const {
        const bool is_circle = overlay_.num_nodes <= kMostOnCircle;
        const std::vector<Point> points =
            is_circle ? circle_layout(overlay_) : force_layout(overlay_);
        // Pale edges where there are many: they must not hide the nodes.
        const double edge_opacity =
            std::clamp(350.0 / (static_cast<double>(overlay_.edges.size()) + 1), 0.15, 0.6);
        std::string out = fmt::format(
            "<svg class=\"chart overlay\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} "
            "{}\" role=\"img\" aria-label=\"Overlay of {} nodes and {} edges\">"
            "<path class=\"edges\" stroke-opacity=\"{:.2f}\" d=\"{}\"/><g class=\"nodes\">",
            kWidth,
            kHeight,
            overlay_.num_nodes,
            overlay_.edges.size(),
            edge_opacity,
            edge_path(overlay_, points));
        for (std::uint32_t node = 0; node < overlay_.num_nodes; ++node) {
            out += circle(node, place(points[node]));
        }
        out += "</g>";
        if (is_circle) {
            out += labels(points);
        }
        return out + "</svg>";
    }

    [[nodiscard]] const Range& accuracy_range() const { return range_; }

  private:
    [[nodiscard]] std::string circle(std::uint32_t node, const Point& at) const {
        const auto known = accuracy_.find(node);
        const bool has_accuracy = known != accuracy_.end();
        return fmt::format(
            "<g><title>Node {}\nneighbors: {}{}</title><circle class=\"{}\" "
            "cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"{}/></g>",
            node,
            degree_[node],
            has_accuracy
                ? fmt::format(
                      "\nfinal {}: {}", metric_.name, format_quantity(metric_.unit, known->second))
                : "",
            color_class(has_accuracy ? Color::kBlue : Color::kGray),
            at.x,
            at.y,
            overlay_.num_nodes <= kMostOnCircle ? 6 : 4,
            has_accuracy
                ? fmt::format(" style=\"--strength:{:.0f}%\"", strength(known->second, range_))
                : "");
    }

    [[nodiscard]] std::string labels(const std::vector<Point>& points) const {
        std::string out = "<g class=\"names\">";
        for (std::uint32_t node = 0; node < overlay_.num_nodes; ++node) {
            // 8 % outside the circle of nodes; 3 units down put the middle of a digit there.
            const Point at =
                place({0.5 + 1.08 * (points[node].x - 0.5), 0.5 + 1.08 * (points[node].y - 0.5)});
            fmt::format_to(std::back_inserter(out),
                           "<text class=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                           at.x,
                           at.y + 3,
                           node);
        }
        return out + "</g>";
    }

    const Overlay& overlay_;
    const std::map<std::uint32_t, double>& accuracy_;
    Metric metric_;
    std::vector<std::uint32_t> degree_;
    Range range_;
};

std::string degree_histogram(const Overlay& overlay) {
    const std::vector<std::uint32_t> counts = degrees(overlay);
    const std::vector<double> values(counts.begin(), counts.end());
    return draw(histogram(values,
                          {.title = "Neighbors of a node", .is_integer = true},
                          "Number of nodes of each degree",
                          {.is_integer = true}));
}

std::string size_of(const Overlay& overlay) {
    const std::vector<std::uint32_t> degree = degrees(overlay);
    const auto [low, high] = std::minmax_element(degree.begin(), degree.end());
    const std::string neighbors = *low == *high
                                      ? fmt::format("each node has {} neighbors", *low)
                                      : fmt::format("a node has {} to {} neighbors", *low, *high);
    return fmt::format("{} nodes and {} edges; {}.",
                       format_count(overlay.num_nodes),
                       format_count(static_cast<double>(overlay.edges.size())),
                       neighbors);
}

}  // namespace

Figure overlay_figure(const RunFolder& run) {
    Figure figure{.title = "Overlay", .svg = "", .caption = ""};
    if (!run.overlay || run.overlay->num_nodes == 0) {
        figure.caption = "The run has no overlay.txt, or it names no nodes.";
        return figure;
    }
    const Overlay& overlay = *run.overlay;
    figure.caption = size_of(overlay);
    if (!overlay.remark.empty()) {
        figure.caption += " " + overlay.remark;
    }
    if (overlay.num_nodes > kMostDrawn || overlay.edges.size() > kMostEdges) {
        figure.svg = degree_histogram(overlay);
        figure.caption += fmt::format(" Too large to draw (more than {} nodes or {} edges).",
                                      kMostDrawn,
                                      format_count(kMostEdges));
        return figure;
    }
    const std::map<std::uint32_t, double> accuracy = accuracy_of_nodes(run);
    const Metric metric = metric_of(run);
    const OverlayPicture picture(overlay, accuracy, metric);
    figure.svg = picture.draw();
    if (!accuracy.empty()) {
        figure.caption +=
            fmt::format(" The stronger a node\u2019s color, the higher its final {} ({} to {}).",
                        metric.name,
                        format_quantity(metric.unit, picture.accuracy_range().low),
                        format_quantity(metric.unit, picture.accuracy_range().high));
    }
    return figure;
}

}  // namespace murmur::report
