#pragma once

#include "topologies/graph.h"
#include "topologies/read_summary.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// A graph as its file lists it: entries with their directions, repeated ones and all.
struct ListedGraph {
    struct Entry {
        NodeId from;
        NodeId to;
        std::size_t position;  ///< its line, or in GraphML the number of the edge
    };

    NodeId num_nodes = 0;
    std::vector<Entry> entries;
    std::vector<std::string> names;  ///< what the file calls nodes; empty: by their numbers
    bool counts_edges = false;       ///< whether positions are edges, not lines
    bool is_directed = false;        ///< whether an entry means its own direction alone
    ReadSummary summary;             ///< path, form and notes

    [[nodiscard]] std::string name_of(std::size_t node) const {
        return names.empty() ? std::to_string(node) : names[node];
    }
    /// Returns "PATH:LINE", or "PATH: edge NUMBER".
    [[nodiscard]] std::string place_of(std::size_t position) const;
};

/// The note of a file whose entries have directions that an undirected graph leaves out.
inline constexpr std::string_view kTakenForBoth =
    "its directed edges are taken for both directions";

/// A graph that was read, and what was made of its file.
struct GraphFile {
    Graph graph;
    ReadSummary summary;
};

/// What becomes of entries without their opposite where entries have directions.
enum class OneWay { kRefuse, kTakeBoth };

/// Makes a connected simple graph: entries of both directions are one edge, repetitions and
/// self-loops are left out and counted.
/// @throws std::invalid_argument  where `listed` is directed, an entry has no opposite and that is
///                                to be refused; naming the components, where there are several
[[nodiscard]] GraphFile make_undirected(const ListedGraph& listed, OneWay one_way);

}  // namespace murmur
