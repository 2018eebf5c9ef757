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

constexpr std::uint32_t kMostLabelled = 64;
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
        const std::vector<Point> points = spring_layout(overlay_);
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
        if (has_labels()) {
            out += labels(points);
        }
        return out + "</svg>";
    }

    [[nodiscard]] const Range& accuracy_range() const { return range_; }

  private:
    // In the nodes, where these are large enough.
    [[nodiscard]] bool has_labels() const { return overlay_.num_nodes <= kMostLabelled; }

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
            has_labels() ? 9 : 4,
            has_accuracy
                ? fmt::format(" style=\"--strength:{:.0f}%\"", strength(known->second, range_))
                : "");
    }

    [[nodiscard]] std::string labels(const std::vector<Point>& points) const {
        std::string out = "<g class=\"names\">";
        for (std::uint32_t node = 0; node < overlay_.num_nodes; ++node) {
            const Point at = place(points[node]);
            fmt::format_to(std::back_inserter(out),
                           "<text class=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                           at.x,
                           at.y + 3,  // puts the middle of a digit there
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

// How many messages nodes sent and received a round, as two curves of steps.
std::string exchange_histogram(const CsvTable& exchanges) {
    LineChart chart;
    chart.description = "Share of nodes and rounds with so many messages sent and received";
    chart.x_axis = {
        .title = "Messages of a node in a round", .round_outwards = false, .is_integer = true};
    chart.y_axis = {.title = "Nodes and rounds", .unit = Unit::kPercent, .from_zero = true};
    const std::vector<double>& messages = exchanges["messages"];
    const double last = messages.back();
    std::vector<double> sent(static_cast<std::size_t>(last) + 2, 0);
    std::vector<double> received(sent.size(), 0);
    double sum = 0;
    for (std::size_t row = 0; row < exchanges.rows(); ++row) {
        sum += exchanges["sent"][row];
    }
    for (std::size_t row = 0; row < exchanges.rows(); ++row) {
        sent[static_cast<std::size_t>(messages[row])] = exchanges["sent"][row] / sum;
        received[static_cast<std::size_t>(messages[row])] = exchanges["received"][row] / sum;
    }
    for (std::size_t degree = 0; degree < sent.size(); ++degree) {
        chart.x.push_back(static_cast<double>(degree));
    }
    chart.series.push_back({.name = "sent", .y = std::move(sent)});
    chart.series.push_back(
        {.name = "received", .y = std::move(received), .color = Color::kOrange, .is_dashed = true});
    return draw(chart);
}

// A picture of one round would pass for the overlay, which is another one in each.
Figure changing_overlay_figure(const RunFolder& run) {
    constexpr double kMostMessages = 10'000;
    Figure figure{.title = "Messages of a node in a round", .svg = "", .caption = ""};
    const std::vector<double>& messages = run.exchanges["messages"];
    const bool is_drawn = !messages.empty() && messages.back() <= kMostMessages;
    if (is_drawn) {
        figure.svg = exchange_histogram(run.exchanges);
    }
    figure.caption = fmt::format(
        "There is no picture of the overlay, which is another one in each round{}. {}",
        is_drawn ? ": this is how many messages nodes sent and received, over all nodes and rounds"
                 : "",
        run.overlay->remark);
    return figure;
}

}  // namespace

Figure overlay_figure(const RunFolder& run) {
    Figure figure{.title = "Overlay", .svg = "", .caption = ""};
    if (!run.overlay || run.overlay->num_nodes == 0) {
        figure.caption = "The run has no overlay.txt, or it names no nodes.";
        return figure;
    }
    const Overlay& overlay = *run.overlay;
    if (overlay.is_of_one_round) {
        return changing_overlay_figure(run);
    }
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
