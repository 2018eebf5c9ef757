#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <utility>
#include <vector>

namespace murmur::report {

/// overlay.txt: who exchanged models with whom.
struct Overlay {
    std::uint32_t num_nodes = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
    std::string remark;  ///< what a comment before the first line says of it
};

/// A place in the unit square.
struct Point {
    double x;
    double y;
};

/// Reads an edge list: the number of nodes on the first line, then `u v` on each; lines that begin
/// with # before are its remark.
/// @throws std::runtime_error  "name:line: ..." on text that is no such list
[[nodiscard]] Overlay read_overlay(std::istream& in, const std::string& name);

/// Returns the number of neighbors of each node.
[[nodiscard]] std::vector<std::uint32_t> degrees(const Overlay& overlay);

/// Returns the nodes evenly spaced on a circle, node 0 on top, clockwise.
[[nodiscard]] std::vector<Point> circle_layout(const Overlay& overlay);

/// Returns a layout in which neighbors are close and others apart: edges pull with d^2 / k, all
/// pairs push with k^2 / d, for k = 1 / sqrt(N), from the circle on [Fruchterman, 1991].  Costs
/// O(N^2) an iteration; the same graph always gives the same picture.
/// - [Fruchterman, 1991] T. Fruchterman and E. Reingold. Graph drawing by force-directed
///   placement. Software: Practice and Experience 21(11):1129-1164.
[[nodiscard]] std::vector<Point> force_layout(const Overlay& overlay, int iterations = 300);

}  // namespace murmur::report
