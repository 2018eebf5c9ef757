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
    /// Messages go elsewhere, too: it is drawn anew each round, or the protocol chooses peers.
    bool is_of_one_round = false;
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

/// Returns a layout in which neighbors are close and others apart, by Boost.Graph, from the circle
/// on, by forces [Fruchterman, 1991]; the same graph always gives the same picture.
/// - [Fruchterman, 1991] T. Fruchterman and E. Reingold. Graph drawing by force-directed
///   placement. Software: Practice and Experience 21(11):1129-1164.
[[nodiscard]] std::vector<Point> spring_layout(const Overlay& overlay);

}  // namespace murmur::report
