#pragma once

#include "topologies/edge_set.h"
#include "topologies/graph.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// Gathers the edges of a graph file and refuses the first impossible one by its place in the file.
class EdgeCollector {
  public:
    /// `unit` is what edges are counted by in messages: "line" or "edge".
    EdgeCollector(std::string path, std::string_view unit, NodeId num_nodes)
        : path_(std::move(path)), unit_(unit), num_nodes_(num_nodes) {}

    /// Adds the edge that stands at this line, or is the one with this number.
    /// @throws std::invalid_argument  on a node id out of range, a self-loop or a repeated edge
    void add(NodeId u, NodeId v, std::size_t position);

    /// @throws std::invalid_argument  where the edges leave the graph in pieces
    [[nodiscard]] Graph connected_graph() const;

  private:
    [[noreturn]] void fail(std::size_t position, std::string_view what) const;
    [[nodiscard]] std::size_t first_position(NodeId u, NodeId v) const;

    std::string path_;
    std::string unit_;
    NodeId num_nodes_;
    EdgeSet seen_;
    std::vector<std::pair<NodeId, NodeId>> edges_;
    std::vector<std::size_t> positions_;
};

}  // namespace murmur
