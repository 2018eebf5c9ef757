#pragma once

#include "topologies/graph.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace murmur {

/// How the nodes of a file become 0 ... N-1.
struct NodeNumbering {
    enum class Kind { kSpelled, kFromOne, kByAppearance };

    Kind kind = Kind::kSpelled;
    std::vector<NodeId> numbers;  ///< by order of appearance
    std::string note;             ///< says so where it is not what the ids spell
};

/// The ids that a file calls its nodes by, in the order in which they appear.
class NodeIds {
  public:
    /// Returns the place of an id, a new one where it has not appeared before.
    NodeId place_of(std::string_view id);
    /// Returns the place of an id, none where it has not appeared.
    [[nodiscard]] std::optional<NodeId> find(std::string_view id) const;

    [[nodiscard]] std::size_t size() const { return ids_.size(); }
    [[nodiscard]] const std::string& id(NodeId place) const { return ids_[place]; }

    /// Numbers the nodes of a graph of `num_nodes`, of which some may not have appeared: ids `K` or
    /// `nK` are node K where all are below `num_nodes`, and node K-1 where they count from 1 to
    /// `num_nodes`; with any other ids nodes are numbered as they appear.
    [[nodiscard]] NodeNumbering number(NodeId num_nodes) const;

  private:
    std::unordered_map<std::string, NodeId> places_;
    std::vector<std::string> ids_;
};

}  // namespace murmur
