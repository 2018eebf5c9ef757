#pragma once

#include "emulator/base/sim_time.h"
#include "topologies/node_id.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace murmur {

/// Who is there, from which round on, and who wants to know of it: what nodes of a run that come and
/// go are told of each other, at once and without a message, as they are told of the overlay.
class Presence {
  public:
    /// @param present  [num_nodes], at time 0
    explicit Presence(std::vector<bool> present)
        : present_(std::move(present)),
          joined_(present_.size()),
          open_(present_.size()),
          departures_(present_.size(), SimTime(0)),
          watchers_(present_.size()) {}

    [[nodiscard]] bool is_present(NodeId node) const { return present_[node]; }
    void set_present(NodeId node, bool present) {
        present_[node] = present;
        departures_[node] = SimTime(0);
    }

    /// Returns when a node that is there leaves next; 0 where that is not known yet.
    [[nodiscard]] SimTime departure(NodeId node) const { return departures_[node]; }
    void set_departure(NodeId node, SimTime instant) { departures_[node] = instant; }

    /// Returns whether a node is there and takes part in a round.
    [[nodiscard]] bool takes_part(NodeId node, std::uint64_t round) const {
        return present_[node] && joined_[node] <= round;
    }
    /// Says that a node takes part from this round on.
    void join(NodeId node, std::uint64_t round) { joined_[node] = round; }

    /// Says that a node has sent a model of a round.
    void note_sent(NodeId node, std::uint64_t round) {
        open_[node] = std::max(open_[node], round + 1);
        furthest_ = std::max(furthest_, round + 1);
    }
    /// Returns the first round of which a node has sent no model.
    [[nodiscard]] std::uint64_t first_open(NodeId node) const { return open_[node]; }
    /// Returns the first round of which nobody ever has.
    [[nodiscard]] std::uint64_t first_open_of_all() const { return furthest_; }

    /// Lets `watcher` be told when `peer` leaves or returns.
    void watch(NodeId watcher, NodeId peer) {
        std::vector<NodeId>& watchers = watchers_[peer];
        const auto place = std::ranges::lower_bound(watchers, watcher);
        if (place == watchers.end() || *place != watcher) {
            watchers.insert(place, watcher);
        }
    }
    void stop_watching(NodeId watcher, NodeId peer) {
        std::vector<NodeId>& watchers = watchers_[peer];
        const auto place = std::ranges::lower_bound(watchers, watcher);
        if (place != watchers.end() && *place == watcher) {
            watchers.erase(place);
        }
    }
    /// Lets `watcher` be told of all nodes.
    void watch_all(NodeId watcher) {
        const auto place = std::ranges::lower_bound(watchers_of_all_, watcher);
        if (place == watchers_of_all_.end() || *place != watcher) {
            watchers_of_all_.insert(place, watcher);
        }
    }
    /// Returns who watches a node, ascending; not itself.
    [[nodiscard]] std::vector<NodeId> watchers_of(NodeId peer) const {
        std::vector<NodeId> watchers;
        std::ranges::set_union(watchers_[peer], watchers_of_all_, std::back_inserter(watchers));
        std::erase(watchers, peer);
        return watchers;
    }

  private:
    std::vector<bool> present_;
    std::vector<std::uint64_t> joined_;
    std::vector<std::uint64_t> open_;
    std::vector<SimTime> departures_;
    std::uint64_t furthest_ = 0;
    // Few each, and watched and left again in every round: no tree.
    std::vector<std::vector<NodeId>> watchers_;
    std::vector<NodeId> watchers_of_all_;  ///< ascending
};

}  // namespace murmur
