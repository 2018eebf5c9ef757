#include "emulator/report/overlay.h"

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

// What pulls a towards b pulls b towards a.
void pull(std::vector<Point>& force, std::size_t a, std::size_t b, double dx, double dy) {
    force[a].x += dx;
    force[a].y += dy;
    force[b].x -= dx;
    force[b].y -= dy;
}

std::vector<Point> forces(const Overlay& overlay, const std::vector<Point>& points, double k) {
    std::vector<Point> force(points.size());
    for (std::size_t a = 0; a < points.size(); ++a) {
        for (std::size_t b = a + 1; b < points.size(); ++b) {
            const double dx = points[b].x - points[a].x;
            const double dy = points[b].y - points[a].y;
            const double push = -k * k / std::max(dx * dx + dy * dy, 1e-9);
            pull(force, a, b, push * dx, push * dy);
        }
        // A weak pull to the center keeps components together.
        force[a].x += 0.5 * (0.5 - points[a].x);
        force[a].y += 0.5 * (0.5 - points[a].y);
    }
    for (const auto& [a, b] : overlay.edges) {
        const double dx = points[b].x - points[a].x;
        const double dy = points[b].y - points[a].y;
        const double distance = std::hypot(dx, dy);
        pull(force, a, b, distance / k * dx, distance / k * dy);
    }
    return force;
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

std::vector<Point> force_layout(const Overlay& overlay, int iterations) {
    std::vector<Point> points = circle_layout(overlay);
    if (points.size() < 2) {
        return points;
    }
    const double k = 1 / std::sqrt(static_cast<double>(points.size()));
    for (int iteration = 0; iteration < iterations; ++iteration) {
        // The longest allowed move shrinks to zero, so that the picture comes to rest.
        const double longest = 0.1 * (1 - static_cast<double>(iteration) / iterations);
        const std::vector<Point> force = forces(overlay, points, k);
        for (std::size_t node = 0; node < points.size(); ++node) {
            const double size = std::hypot(force[node].x, force[node].y);
            const double move = size > longest ? longest / size : 1;
            points[node].x += move * force[node].x;
            points[node].y += move * force[node].y;
        }
    }
    fit_unit_square(points);
    return points;
}

}  // namespace murmur::report
