#pragma once

#include "topologies/node_id.h"

#include "ns3/message-transport.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace murmur {

/// The messages that are under way, to be found by the node that they are from or to.
///
/// Each has a slot, which is in the list of its sender and in that of its receiver; a table that is
/// probed linearly finds the slot of an id.  Ids ascend by one, so that probes are short.  Nothing
/// is allocated for a message once the run has had as many under way.
class MessagesUnderWay {
  public:
    explicit MessagesUnderWay(NodeId num_nodes)
        : lists_(2 * std::size_t{num_nodes}), table_(kSmallest, kNone) {}

    /// Takes a message whose id is above those of all before.
    void add(const ns3::murmuration::Message& message);
    /// Forgets a message; does nothing where it is unknown.
    void remove(std::uint64_t id);
    /// Returns copies of those from or to a node, in the order of their ids.
    [[nodiscard]] std::vector<ns3::murmuration::Message> of(NodeId node) const;
    /// Returns whether there is one from or to a node.
    [[nodiscard]] bool has(NodeId node) const {
        const auto list = 2 * std::size_t{node};
        return lists_[list].first != kNone || lists_[list + 1].first != kNone;
    }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    using Index = std::uint32_t;
    static constexpr Index kNone = UINT32_MAX;
    static constexpr std::size_t kSmallest = 64;  ///< a power of two, as all sizes of the table

    /// A place in a list.
    struct Link {
        Index before = kNone;
        Index behind = kNone;
    };
    struct Slot {
        ns3::murmuration::Message message;
        Link links[2];  ///< in the list of its sender, and in that of its receiver
    };
    struct List {
        Index first = kNone;
        Index last = kNone;
    };

    [[nodiscard]] List& list_of(const Slot& slot, int end) {
        return lists_[2 * std::size_t{end == 0 ? slot.message.from : slot.message.to} +
                      static_cast<std::size_t>(end)];
    }
    [[nodiscard]] std::size_t home_of(Index index) const {
        return slots_[index].message.id & (table_.size() - 1);
    }
    void enter(Index index);
    void vacate(std::size_t place);

    std::vector<Slot> slots_;
    std::vector<Index> free_;
    std::vector<List> lists_;   ///< [num_nodes][2]: what a node sends, and what it is sent
    std::vector<Index> table_;  ///< slots by id
    std::size_t size_ = 0;
};

}  // namespace murmur
