#include "emulator/report/svg_chart.h"

#include "tests/support/doctest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace murmur::report;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

LineChart line_chart(const std::vector<double>& y) {
    LineChart chart;
    chart.description = "Loss";
    chart.x_axis.title = "Round";
    chart.y_axis.title = "Loss";
    chart.x.resize(y.size());
    std::iota(chart.x.begin(), chart.x.end(), 1.0);
    chart.series.push_back({.name = "loss", .y = y});
    return chart;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++times;
    }
    return times;
}

bool has_unreal_coordinates(const std::string& svg) {
    return count(svg, "nan") + count(svg, "inf") > 0;
}

}  // namespace

TEST_CASE("thin keeps the ends, the lowest and the highest point of every column") {
    std::vector<double> y(10'000);
    for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] = std::sin(0.01 * static_cast<double>(i));
    }
    y[4321] = 50;
    y[8765] = -50;
    const std::vector<std::size_t> kept = thin(y, 100);
    CHECK(kept.size() <= 400);
    CHECK(kept.size() > 100);
    CHECK(kept.front() == 0);
    CHECK(kept.back() == y.size() - 1);
    CHECK(std::is_sorted(kept.begin(), kept.end()));
    CHECK(std::adjacent_find(kept.begin(), kept.end()) == kept.end());
    CHECK(std::count(kept.begin(), kept.end(), 4321) == 1);
    CHECK(std::count(kept.begin(), kept.end(), 8765) == 1);
}

TEST_CASE("thin keeps all of a short curve and drops what is not finite") {
    CHECK(thin(std::vector<double>{1, kNan, 3}, 10) == std::vector<std::size_t>{0, 2});
    CHECK(thin(std::vector<double>{}, 10).empty());
}

TEST_CASE("a curve runs from the lower left to the upper right of its axes") {
    LineChart chart = line_chart({0, 10});
    chart.x_axis.round_outwards = false;
    const std::string svg = draw(chart);
    // The plotting area of svg_frame.cc: x 52 ... 466, y 246 ... 34.
    CHECK(svg.find("d=\"M52.0 246.0L466.0 34.0\"") != std::string::npos);
    CHECK(svg.find("<title>Round: 1\nloss: 0</title>") != std::string::npos);
    CHECK(svg.find("<title>Round: 2\nloss: 10</title>") != std::string::npos);
}

TEST_CASE("values that are missing or beyond drawing leave no trace in the coordinates") {
    const double infinity = std::numeric_limits<double>::infinity();
    LineChart chart = line_chart({1, kNan, 2, infinity, 1e200, -infinity, 3});
    CHECK_FALSE(has_unreal_coordinates(draw(chart)));
    chart.y_axis.scale = Scale::kLogarithmic;
    CHECK_FALSE(has_unreal_coordinates(draw(chart)));
    CHECK_FALSE(has_unreal_coordinates(draw(line_chart({}))));
    CHECK_FALSE(has_unreal_coordinates(draw(line_chart({kNan, kNan}))));
    CHECK_FALSE(has_unreal_coordinates(draw(line_chart({5}))));
}

TEST_CASE("a zero on a logarithmic axis is left out and leaves the axis logarithmic") {
    LineChart chart = line_chart({0, 1000, 100, 10, 1});
    chart.y_axis.scale = Scale::kLogarithmic;
    const std::string svg = draw(chart);
    for (const char* label : {">1</text>", ">10</text>", ">100</text>", ">1,000</text>"}) {
        CHECK(svg.find(label) != std::string::npos);
    }
    CHECK(count(svg, "<title>") == 4);
}

TEST_CASE("a band is closed and named in legend and tooltip") {
    LineChart chart = line_chart({1, 2, 3});
    chart.series[0].low = {0, 1, 2};
    chart.series[0].high = {2, 3, 4};
    chart.series[0].band_name = "range";
    const std::string svg = draw(chart);
    CHECK(svg.find("class=\"band blue\" d=\"M") != std::string::npos);
    CHECK(svg.find("Z\"/>") != std::string::npos);
    CHECK(svg.find("range: 1 to 3") != std::string::npos);
    CHECK(svg.find(">range</text>") != std::string::npos);
}

TEST_CASE(
    "a legend that is too long for the title's line stands above it, in lines that end inside") {
    LineChart chart = line_chart({1, 2});
    CHECK(draw(chart).find("viewBox=\"0 0 480 290\"") != std::string::npos);
    chart.series.resize(3, chart.series[0]);
    for (Series& series : chart.series) {
        series.name = std::string(40, 'm');
    }
    CHECK(draw(chart).find("viewBox=\"0 -54 480 344\"") != std::string::npos);
    // The first byte of the last letter that there is room for would stand alone.
    chart.series[0].name = std::string(74, 'm') + "é and more";
    const std::string svg = draw(chart);
    CHECK(svg.find(std::string(74, 'm') + "…</text>") != std::string::npos);
}

TEST_CASE("texts of a chart are escaped") {
    LineChart chart = line_chart({1, 2});
    chart.description = "\"><script>";
    chart.x_axis.title = "<b>";
    chart.y_axis.title = "<i>";
    chart.series[0].name = "<u>";
    const std::string svg = draw(chart);
    for (const char* tag : {"<script>", "<b>", "<i>", "<u>"}) {
        CHECK(svg.find(tag) == std::string::npos);
    }
}

TEST_CASE("a long curve makes a small chart") {
    std::vector<double> y(100'000);
    for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] = std::sin(static_cast<double>(i));
    }
    CHECK(draw(line_chart(y)).size() < 60'000);
}

TEST_CASE("stacked bars stand on each other") {
    BarChart chart;
    chart.edges = {0, 1, 2};
    chart.x_axis.round_outwards = false;
    chart.layers.push_back({.name = "compute", .heights = {1, 2}});
    chart.layers.push_back({.name = "idle", .heights = {3, kNan}, .color = Color::kGray});
    chart.headings = {"Node 7", "Node 8"};
    const std::string svg = draw(chart);
    // The y axis is 212 units for 4 seconds: 53 for compute, and 159 for idle above it.
    CHECK(svg.find("class=\"blue\" x=\"53.00\" y=\"193.0\" width=\"205.00\" height=\"53.0\"") !=
          std::string::npos);
    CHECK(svg.find("class=\"gray\" x=\"53.00\" y=\"34.0\" width=\"205.00\" height=\"159.0\"") !=
          std::string::npos);
    CHECK(svg.find("<title>Node 7\ncompute: 1\nidle: 3</title>") != std::string::npos);
    CHECK(svg.find("<title>Node 8\ncompute: 2\nidle: n/a</title>") != std::string::npos);
    CHECK_FALSE(has_unreal_coordinates(svg));
}

TEST_CASE("a histogram counts every finite value once") {
    std::vector<double> values;
    for (int i = 0; i <= 1000; ++i) {
        values.push_back(0.1 + 0.0005 * i);
    }
    values.push_back(kNan);
    const BarChart chart = histogram(values, {.title = "Accuracy"}, "");
    const std::vector<double>& counts = chart.layers[0].heights;
    CHECK(std::accumulate(counts.begin(), counts.end(), 0.0) == 1001);
    CHECK(chart.edges.size() == counts.size() + 1);
    CHECK(chart.edges.front() <= 0.1 + 1e-12);
    CHECK(chart.edges.back() >= 0.6 - 1e-12);
    CHECK(counts.size() >= 10);
    CHECK(counts.size() <= 40);
}

TEST_CASE("a histogram of integers has bins around them") {
    const std::vector<double> degrees{5, 5, 5, 6, 8};
    const BarChart chart = histogram(degrees, {.title = "Neighbors"}, "", {.is_integer = true});
    CHECK(chart.layers[0].heights == std::vector<double>{3, 1, 0, 1});
    CHECK(chart.edges == std::vector<double>{4.5, 5.5, 6.5, 7.5, 8.5});
    CHECK(chart.headings[0] == "Neighbors: 5");
    CHECK(histogram({}, {.title = "x"}, "").headings.size() == 1);
}
