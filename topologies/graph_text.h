#pragma once

#include "topologies/edge_files.h"
#include "topologies/graph_lines.h"

#include <string>

namespace murmur {

/// Returns which form the lines of a file are in: kEdgeList or kAdjacencyList.
[[nodiscard]] GraphForm recognize_text(const GraphLines& lines);

/// Reads the lines of an edge list or an adjacency list.
/// @throws std::invalid_argument  naming the line
[[nodiscard]] ListedGraph list_text(const GraphLines& lines, GraphForm form);

/// Reads the text of a GraphML file.
/// @throws std::invalid_argument  naming the edge or the node, and on what is no XML
[[nodiscard]] ListedGraph list_graphml(const std::string& path, const std::string& text);

}  // namespace murmur
