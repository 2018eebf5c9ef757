#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace murmur {

/// How far the nodes of a run have come, and the rounds that all of them are through with: each has
/// finished a round, has missed it, or takes part no more.
class RoundProgress {
  public:
    explicit RoundProgress(std::uint32_t num_nodes) : settled_(num_nodes) {
        nodes_at_[0] = num_nodes;
    }

    /// Says that a node is through with all rounds up to and with this one (0: the start).
    void settle(std::uint32_t node, std::uint64_t round) { move(node, round + 1); }
    /// Says that a node takes part no more.
    void leave(std::uint32_t node) { move(node, std::numeric_limits<std::uint64_t>::max()); }

    /// Returns how many rounds all nodes are through with, the start counted: rounds below this one.
    [[nodiscard]] std::uint64_t settled_by_all() const { return nodes_at_.begin()->first; }

  private:
    void move(std::uint32_t node, std::uint64_t to) {
        std::uint64_t& settled = settled_[node];
        if (to <= settled) {
            return;
        }
        const auto from = nodes_at_.find(settled);
        if (--from->second == 0) {
            nodes_at_.erase(from);
        }
        ++nodes_at_[to];
        settled = to;
    }

    std::vector<std::uint64_t> settled_;              ///< [num_nodes]
    std::map<std::uint64_t, std::uint32_t> nodes_at_;  ///< how many have settled so many rounds
};

}  // namespace murmur
