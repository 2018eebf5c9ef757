#pragma once

#include "topologies/graph.h"

#include <string>

namespace murmur {

// All readers return connected simple graphs.  They throw std::invalid_argument with the path, the
// line (or the element, in GraphML), what was found and what is allowed, on: a file that cannot be
// read, fewer than 2 nodes, a node that does not exist, a self-loop, a repeated edge (in either
// direction), a graph in pieces.

/// Reads a graph from a file: GraphML where the path ends in `.graphml`, otherwise an edge list.
[[nodiscard]] Graph read_graph(const std::string& path);

/// Reads an edge list: the number of nodes on the first line, then `u v` a line, 0-based, each edge
/// once.  Empty lines and lines that begin with # are passed over.
[[nodiscard]] Graph read_edge_list(const std::string& path);

/// Writes an edge list that `read_edge_list` reads, in ascending order.
/// @throws std::runtime_error  where the file cannot be written to its end
void write_edge_list(const Graph& graph, const std::string& path);

/// Reads the one undirected graph of a GraphML file [Brandes, 2002]; attributes are passed over.
/// Ids `0` ... `N-1` or `n0` ... `nN-1` are the node numbers, whatever their order in the file;
/// where any id is different, nodes are numbered as they appear.
/// @throws std::invalid_argument  also on text that is not XML, and on directed, nested or hyper-
///                                graphs
/// - [Brandes, 2002] U. Brandes et al. GraphML progress report. Graph Drawing, LNCS 2265:501-512.
[[nodiscard]] Graph read_graphml(const std::string& path);

/// Writes GraphML with the ids n0 ... nN-1, by Boost's writer.
/// @throws std::runtime_error  where the file cannot be written to its end
void write_graphml(const Graph& graph, const std::string& path);

}  // namespace murmur
