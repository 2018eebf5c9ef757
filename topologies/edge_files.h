#pragma once

#include "topologies/graph.h"
#include "topologies/listed_graph.h"

#include <string>

namespace murmur {

// All readers throw std::invalid_argument with the path, the line (or the element, in GraphML),
// what was found and what is allowed, on what cannot be meant: a file that cannot be read, fewer
// than 2 nodes, a node that does not exist, a graph in pieces.  A gzip file is read as what is in
// it.

/// The forms of a file that holds a graph.
enum class GraphForm { kRecognize, kEdgeList, kAdjacencyList, kGraphml };

/// Reads a file of a graph as it is written.
///
/// - Edge list: `u v` a line; further columns are passed over and named.  A first line that is one
///   number is the number of nodes; without it there are as many as appear, by number or by name.
/// - Adjacency list: the number of nodes, then the neighbors of node i in line i (DecentralizePy);
///   or, without such a number, lines of a node and its neighbors (networkx).
/// - GraphML [Brandes, 2002]: the nodes and edges of its one graph.
///
/// GraphML is recognized by its first character, an adjacency list by `.adj` or `.adjlist` at the
/// end of the path, or by lines that no edge list could have.
/// - [Brandes, 2002] U. Brandes et al. GraphML progress report. Graph Drawing, LNCS 2265:501-512.
[[nodiscard]] ListedGraph read_listed_graph(const std::string& path,
                                            GraphForm form = GraphForm::kRecognize);

/// Reads a connected simple graph: see `make_undirected`.
[[nodiscard]] GraphFile read_graph_file(const std::string& path,
                                        GraphForm form = GraphForm::kRecognize,
                                        OneWay one_way = OneWay::kRefuse);

[[nodiscard]] Graph read_graph(const std::string& path);
[[nodiscard]] Graph read_edge_list(const std::string& path);
[[nodiscard]] Graph read_graphml(const std::string& path);

/// Writes an edge list that starts with the number of nodes, in ascending order.
/// @throws std::runtime_error  where the file cannot be written to its end
void write_edge_list(const Graph& graph, const std::string& path);

/// Writes GraphML with the ids n0 ... nN-1, by Boost's writer.
/// @throws std::runtime_error  where the file cannot be written to its end
void write_graphml(const Graph& graph, const std::string& path);

}  // namespace murmur
