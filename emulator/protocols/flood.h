#pragma once

#include "emulator/nodes/protocol.h"

#include <functional>
#include <map>
#include <set>
#include <vector>

namespace murmur {

/// Tells every node an item of each node within some hops of a static overlay.  In each hop a node
/// sends all neighbors the items that the hop before brought it, and waits for theirs: a barrier
/// over the neighborhood.
///
/// A note holds for each item 4 bytes of its owner, 4 of its length, and 4 per number.
class Flood {
  public:
    using Item = std::vector<std::uint32_t>;

    /// @param kind     of its notes
    /// @param on_item  runs once for each other node's item; the nearest first
    /// @param on_end   runs when all items are there
    Flood(std::uint32_t kind,
          std::uint64_t hops,
          std::function<void(NodeId owner, const Item& item)> on_item,
          std::function<void()> on_end);

    void start(NodeContext& node, Item own);
    /// Takes a message of this flood; the flood may not have started yet.
    /// @throws std::invalid_argument  on a note that is not made as above
    void receive(NodeContext& node, const Incoming& message);
    /// Goes on without a neighbor, for good: it has left.
    void lose(NodeContext& node, NodeId neighbor);
    [[nodiscard]] bool is_running() const { return is_running_; }

  private:
    void send(NodeContext& node);
    [[nodiscard]] bool is_hop_complete();
    void take_hop(NodeContext& node);
    void take(const Note& note);

    std::uint32_t kind_;
    std::uint64_t hops_;
    std::function<void(NodeId, const Item&)> on_item_;
    std::function<void()> on_end_;
    bool is_running_ = false;
    std::vector<NeighborWeight> neighbors_;
    std::set<NodeId> lost_;
    std::uint64_t hop_ = 0;
    std::vector<bool> is_known_;                                ///< [num_nodes]
    std::map<NodeId, Item> to_send_;                            ///< what the latest hop brought
    std::map<std::uint64_t, std::map<NodeId, NotePtr>> inbox_;  ///< by hop, then by sender
};

}  // namespace murmur
