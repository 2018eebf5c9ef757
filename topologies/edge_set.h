#pragma once

#include "topologies/graph.h"

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <utility>
#include <vector>

namespace murmur {

/// The edges of a simple graph under construction, with membership in constant time.
class EdgeSet {
  public:
    /// Adds the edge; returns false where it is a self-loop or already there.
    bool insert(NodeId u, NodeId v) { return u != v && keys_.insert(key(u, v)).second; }
    void erase(NodeId u, NodeId v) { keys_.erase(key(u, v)); }
    [[nodiscard]] bool contains(NodeId u, NodeId v) const { return keys_.count(key(u, v)) > 0; }
    void reserve(std::size_t num_edges) { keys_.reserve(num_edges); }

    /// Returns all edges as (u, v) with u < v, in ascending order: the order of hashing stays here.
    [[nodiscard]] std::vector<std::pair<NodeId, NodeId>> sorted() const {
        std::vector<std::uint64_t> keys(keys_.begin(), keys_.end());
        std::sort(keys.begin(), keys.end());
        std::vector<std::pair<NodeId, NodeId>> edges;
        edges.reserve(keys.size());
        for (const std::uint64_t key : keys) {
            edges.emplace_back(static_cast<NodeId>(key >> 32), static_cast<NodeId>(key));
        }
        return edges;
    }

  private:
    static std::uint64_t key(NodeId u, NodeId v) {
        return std::uint64_t{std::min(u, v)} << 32 | std::max(u, v);
    }

    std::unordered_set<std::uint64_t> keys_;
};

}  // namespace murmur
