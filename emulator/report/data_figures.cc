#include "emulator/report/data_figures.h"

#include "emulator/report/svg_chart.h"
#include "emulator/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace murmur::report {

namespace {

constexpr std::size_t kMostColumns = 64;  // of more nodes some are shown
constexpr std::size_t kMostLabels = 100;  // more have no room in a picture
constexpr double kLargestNumber = 1e8;

// Returns a number of labels.csv.
std::uint32_t whole(const CsvTable& labels, const char* column, std::size_t row) {
    const double value = labels[column][row];
    if (!(value >= 0 && value < kLargestNumber && value == std::floor(value))) {
        // Row 0 stands on line 2, under the header.
        throw std::runtime_error(fmt::format(
            "labels.csv:{}: column {}: not a whole number, got {}", row + 2, column, value));
    }
    return static_cast<std::uint32_t>(value);
}

struct Counts {
    std::uint32_t nodes = 0;
    std::uint32_t labels = 0;
    std::map<std::pair<std::uint32_t, std::uint32_t>, double> samples;  // by node and label
};

Counts counts_of(const RunFolder& run) {
    Counts counts;
    for (std::size_t row = 0; row < run.labels.rows(); ++row) {
        const std::uint32_t node = whole(run.labels, "node", row);
        const std::uint32_t label = whole(run.labels, "label", row);
        counts.nodes = std::max(counts.nodes, node + 1);
        counts.labels = std::max(counts.labels, label + 1);
        counts.samples[{node, label}] = run.labels["samples"][row];
    }
    return counts;
}

// How many labels most nodes have, in words.
std::string variety(const Counts& counts) {
    std::vector<std::uint32_t> labels(counts.nodes, 0);
    for (const auto& [place, samples] : counts.samples) {
        labels[place.first] += samples > 0 ? 1 : 0;
    }
    const auto [low, high] = std::minmax_element(labels.begin(), labels.end());
    return *low == *high
               ? fmt::format("Each node has samples of {} of {} labels.", *low, counts.labels)
               : fmt::format(
                     "A node has samples of {} to {} of {} labels.", *low, *high, counts.labels);
}

// Samples of each node, by nodes.csv or, for a run that has not ended, by labels.csv.
std::map<std::uint32_t, double> samples_of(const RunFolder& run) {
    std::map<std::uint32_t, double> samples;
    const std::vector<double>& counted = run.nodes["samples"];
    for (std::size_t row = 0; row < counted.size(); ++row) {
        if (std::isfinite(counted[row])) {
            samples[static_cast<std::uint32_t>(run.nodes["node"][row])] = counted[row];
        }
    }
    if (samples.empty()) {
        for (const auto& [place, number] : counts_of(run).samples) {
            samples[place.first] += number;
        }
    }
    return samples;
}

BarChart sample_bars(const std::map<std::uint32_t, double>& samples) {
    BarChart chart;
    chart.description = "Training samples of each node";
    chart.x_axis = {.title = "Node", .round_outwards = false, .is_integer = true};
    chart.y_axis = {.title = "Training samples", .from_zero = true};
    chart.layers.push_back({.name = "samples", .heights = {}});
    chart.edges.push_back(0);
    for (const auto& [node, number] : samples) {
        chart.layers[0].heights.push_back(number);
        chart.edges.push_back(chart.edges.back() + 1);
        chart.headings.push_back(fmt::format("Node {}", node));
        chart.names.push_back(fmt::format("{}", node));
    }
    return chart;
}

}  // namespace

Figure labels_figure(const RunFolder& run) {
    Figure figure{.title = "Labels of each node\u2019s samples", .svg = "", .caption = ""};
    const Counts counts = counts_of(run);
    if (counts.samples.empty()) {
        figure.caption = "The samples have no labels, or labels.csv is missing.";
        return figure;
    }
    if (counts.labels > kMostLabels) {
        figure.caption = fmt::format(
            "{} labels are more than a picture shows; labels.csv has them.", counts.labels);
        return figure;
    }
    const std::uint32_t step =
        static_cast<std::uint32_t>((counts.nodes + kMostColumns - 1) / kMostColumns);
    HeatMap map;
    map.description = "Samples by label and node";
    map.x_axis = {.title = "Node", .round_outwards = false, .is_integer = true};
    map.y_axis = {.title = "Label", .round_outwards = false, .is_integer = true};
    map.x_name = "Node";
    map.y_name = "label";
    map.value_name = "samples";
    for (std::uint32_t node = 0; node < counts.nodes; node += step) {
        map.x.push_back(node);
    }
    map.rows.assign(counts.labels, std::vector<double>(map.x.size(), 0));
    for (const auto& [place, samples] : counts.samples) {
        if (place.first % step == 0) {
            map.rows[place.second][place.first / step] = samples;
        }
    }
    figure.svg = draw(map);
    double most = 0;
    for (const auto& [place, samples] : counts.samples) {
        most = std::max(most, samples);
    }
    figure.caption = fmt::format("{} The darkest square stands for {} samples, none for none.",
                                 variety(counts),
                                 format_count(most));
    if (step > 1) {
        figure.caption += fmt::format(" Every {} of {} nodes is shown.",
                                      step == 2   ? "second"
                                      : step == 3 ? "third"
                                                  : fmt::format("{}th", step),
                                      format_count(counts.nodes));
    }
    return figure;
}

Figure samples_figure(const RunFolder& run) {
    Figure figure{.title = "Samples of each node", .svg = "", .caption = ""};
    const std::map<std::uint32_t, double> samples = samples_of(run);
    if (samples.empty()) {
        figure.caption = "Neither nodes.csv nor labels.csv tells them.";
        return figure;
    }
    std::vector<double> values;
    double sum = 0;
    for (const auto& [node, number] : samples) {
        values.push_back(number);
        sum += number;
    }
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    if (*low == *high) {
        figure.caption = fmt::format("each trains on {}.", format_count(*low));
        return figure;
    }
    figure.svg = samples.size() <= kMostColumns
                     ? draw(sample_bars(samples))
                     : draw(histogram(values,
                                      {.title = "Training samples", .is_integer = true},
                                      "Number of nodes by their samples",
                                      {.is_integer = true}));
    figure.caption = fmt::format("{} to {} samples a node, {} in all.",
                                 format_count(*low),
                                 format_count(*high),
                                 format_count(sum));
    return figure;
}

}  // namespace murmur::report
