#include "emulator/report/overlay.h"

#include "tests/support/doctest.h"

#include <cmath>
#include <sstream>
#include <stdexcept>

using namespace murmur::report;

namespace {

Overlay read(const std::string& text) {
    std::istringstream in(text);
    return read_overlay(in, "overlay.txt");
}

double distance(const Point& a, const Point& b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

}  // namespace

TEST_CASE("an edge list is read") {
    const Overlay overlay = read("4\n0 1\n3 2\n\n1 2\n");
    CHECK(overlay.num_nodes == 4);
    CHECK(overlay.edges ==
          std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 1}, {2, 3}, {1, 2}});
    CHECK(degrees(overlay) == std::vector<std::uint32_t>{1, 2, 2, 1});
    CHECK(read("").num_nodes == 0);
    CHECK(overlay.remark.empty());
    const Overlay first = read("# Round 0 alone: regular:2 is drawn anew.\n3\n0 1\n");
    CHECK(first.remark == "Round 0 alone: regular:2 is drawn anew.");
    CHECK(first.is_of_one_round);
    CHECK_FALSE(overlay.is_of_one_round);
    CHECK(first.num_nodes == 3);
    CHECK(first.edges.size() == 1);
}

TEST_CASE("a malformed edge list is refused with file and line") {
    CHECK_THROWS_WITH_AS(read("nodes\n"),
                         "overlay.txt:1: expected the number of nodes, got 'nodes'",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("0 1\n"),
                         "overlay.txt:1: expected the number of nodes, got '0 1'",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("3\n0 1\n0 3\n"),
                         "overlay.txt:3: expected two different nodes below 3, got '0 3'",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("3\n1 1\n"),
                         "overlay.txt:2: expected two different nodes below 3, got '1 1'",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("3\n0 1 0.5\n"),
                         "overlay.txt:2: expected two node numbers, got '0 1 0.5'",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("3\n0 -1\n"),
                         "overlay.txt:2: expected two node numbers, got '0 -1'",
                         std::runtime_error);
    CHECK_THROWS_AS(read("4294967295\n"), std::runtime_error);
}

TEST_CASE("the circle starts on top and runs clockwise") {
    const std::vector<Point> points = circle_layout(read("4\n"));
    CHECK(points[0].x == doctest::Approx(0.5));
    CHECK(points[0].y == doctest::Approx(0.0));
    CHECK(points[1].x == doctest::Approx(1.0));
    CHECK(points[2].y == doctest::Approx(1.0));
}

TEST_CASE("the spring layout puts two cliques joined by one edge apart, inside the unit square") {
    std::string text = "20\n0 10\n";
    for (int u = 0; u < 10; ++u) {
        for (int v = u + 1; v < 10; ++v) {
            text += std::to_string(u) + " " + std::to_string(v) + "\n";
            text += std::to_string(u + 10) + " " + std::to_string(v + 10) + "\n";
        }
    }
    const Overlay overlay = read(text);
    const std::vector<Point> points = spring_layout(overlay);
    double within = 0;
    double between = 0;
    for (int u = 0; u < 10; ++u) {
        for (int v = u + 1; v < 10; ++v) {
            within = std::max(within, distance(points[u], points[v]));
        }
        between += distance(points[u], points[u + 10]) / 10;
    }
    CHECK(between > within);
    for (const Point& point : points) {
        CHECK(point.x >= -1e-9);
        CHECK(point.x <= 1 + 1e-9);
        CHECK(point.y >= -1e-9);
        CHECK(point.y <= 1 + 1e-9);
    }
}

TEST_CASE("the same overlay always gives the same picture, also without edges") {
    const Overlay overlay = read("30\n0 1\n1 2\n5 9\n");
    const std::vector<Point> once = spring_layout(overlay);
    const std::vector<Point> again = spring_layout(overlay);
    for (std::size_t node = 0; node < once.size(); ++node) {
        CHECK(once[node].x == again[node].x);
        CHECK(once[node].y == again[node].y);
        CHECK(std::isfinite(once[node].x));
    }
    CHECK(spring_layout(read("1\n")).size() == 1);
    CHECK(spring_layout(read("0\n")).empty());
}
