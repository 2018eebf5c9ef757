#include "emulator/report/overlay.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/fruchterman_reingold.hpp>
#include <boost/graph/topology.hpp>
#include <boost/random/linear_congruential.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace murmur::report {

namespace {

constexpr std::uint32_t kLargestNode = 100'000'000;

// Reads whole numbers separated by blanks; nothing where the line holds anything else.
std::optional<std::vector<std::uint32_t>> whole_numbers(std::string_view line) {
    std::vector<std::uint32_t> numbers;
    const char* at = line.data();
    const char* const end = at + line.size();
    while (true) {
        while (at != end && (*at == ' ' || *at == '\t' || *at == '\r')) {
            ++at;
        }
        if (at == end) {
            return numbers;
        }
        std::uint32_t number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc()) {
            return std::nullopt;
        }
        numbers.push_back(number);
        at = next;
    }
}

// Moves all points into the unit square, keeping the shape.
void fit_unit_square(std::vector<Point>& points) {
    Point low = points.front();
    Point high = points.front();
    for (const Point& p : points) {
        low = {std::min(low.x, p.x), std::min(low.y, p.y)};
        high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
    const double size = std::max({high.x - low.x, high.y - low.y, 1e-12});
    for (Point& p : points) {
        p = {0.5 + (p.x - (low.x + high.x) / 2) / size, 0.5 + (p.y - (low.y + high.y) / 2) / size};
    }
}

using LayoutGraph = boost::adjacency_list<boost::vecS,
                                          boost::vecS,
                                          boost::undirectedS,
                                          boost::no_property,
                                          boost::property<boost::edge_weight_t, double>>;
using Square = boost::square_topology<boost::minstd_rand>;
using Places = std::vector<Square::point_type>;

LayoutGraph layout_graph(const Overlay& overlay) {
    LayoutGraph graph(overlay.num_nodes);
    for (const auto& [u, v] : overlay.edges) {
        boost::add_edge(u, v, 1.0, graph);
    }
    return graph;
}

}  // namespace

Overlay read_overlay(std::istream& in, const std::string& name) {
    Overlay overlay;
    std::string line;
    bool has_count = false;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line.starts_with('#')) {
            line.erase(0, line.find_first_not_of("# "));
            overlay.remark += (overlay.remark.empty() ? "" : " ") + line;
            overlay.is_of_one_round = overlay.is_of_one_round ||
                                      line.starts_with("Round 0 alone") ||
                                      line.starts_with("Not what messages follow");
            continue;
        }
        const auto fail = [&](const std::string& what) {
            throw std::runtime_error(fmt::format("{}:{}: {}, got '{}'", name, number, what, line));
        };
        const auto numbers = whole_numbers(line);
        if (!has_count) {
            has_count = true;
            if (!numbers || numbers->size() != 1 || (*numbers)[0] > kLargestNode) {
                fail("expected the number of nodes");
            }
            overlay.num_nodes = (*numbers)[0];
            continue;
        }
        if (!numbers || (numbers->size() != 2 && !numbers->empty())) {
            fail("expected two node numbers");
        }
        if (numbers->empty()) {
            continue;
        }
        const std::uint32_t u = (*numbers)[0];
        const std::uint32_t v = (*numbers)[1];
        if (u == v || std::max(u, v) >= overlay.num_nodes) {
            fail(fmt::format("expected two different nodes below {}", overlay.num_nodes));
        }
        overlay.edges.emplace_back(std::min(u, v), std::max(u, v));
    }
    return overlay;
}

std::vector<std::uint32_t> degrees(const Overlay& overlay) {
    std::vector<std::uint32_t> degree(overlay.num_nodes, 0);
    for (const auto& [u, v] : overlay.edges) {
        ++degree[u];
        ++degree[v];
    }
    return degree;
}

std::vector<Point> circle_layout(const Overlay& overlay) {
    std::vector<Point> points;
    for (std::uint32_t node = 0; node < overlay.num_nodes; ++node) {
        const double angle = 2 * std::numbers::pi * node / overlay.num_nodes;
        points.push_back({0.5 + 0.5 * std::sin(angle), 0.5 - 0.5 * std::cos(angle)});
    }
    return points;
}

std::vector<Point> spring_layout(const Overlay& overlay) {
    constexpr double kIterations = 100;

    std::vector<Point> points = circle_layout(overlay);
    if (points.size() < 2) {
        return points;
    }
    const LayoutGraph graph = layout_graph(overlay);
    boost::minstd_rand no_matter(1);  // the start is ours, so that a graph always looks the same
    const Square square(no_matter, 1.0);
    Places places(points.size());
    for (std::size_t node = 0; node < points.size(); ++node) {
        places[node][0] = points[node].x - 0.5;
        places[node][1] = points[node].y - 0.5;
    }
    const auto place_of =
        boost::make_iterator_property_map(places.begin(), get(boost::vertex_index, graph));
    // It ends when it has cooled down.  Kamada and Kawai's layout may not end at all.
    boost::fruchterman_reingold_force_directed_layout(
        graph, place_of, square, boost::cooling(boost::linear_cooling<double>(kIterations)));
    for (std::size_t node = 0; node < points.size(); ++node) {
        points[node] = {places[node][0], places[node][1]};
    }
    fit_unit_square(points);
    return points;
}

}  // namespace murmur::report
