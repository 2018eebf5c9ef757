#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/network/network_use.h"

#include <cstddef>
#include <deque>
#include <optional>

namespace murmur {

/// What the links had carried whenever all nodes had finished a round.  The simulation runs ahead
/// of the learning; a run that ends at an earlier instant can still say what was so then.
class LinkHistory {
  public:
    /// @param num_bins  into how many parts time is cut
    LinkHistory(const NetworkUse& use, std::size_t num_links, std::size_t num_bins);

    /// Keeps what the links have carried up to now, if there is memory for it.
    void keep(SimTime now);
    /// Says that the run came as far as `known`: earlier entries are not needed, but the last.
    void forget_before(SimTime known);
    /// Returns whether the simulation should wait for the learning before more is kept.
    [[nodiscard]] bool is_full() const { return entries_.size() > most_; }
    /// Returns the instant that must be known before the earliest entry is not needed.
    /// @pre is_full()
    [[nodiscard]] SimTime awaited() const { return entries_[1].time; }
    /// Returns the latest entry before `end`, if there is one.
    [[nodiscard]] std::optional<LinkTable> latest_before(SimTime end) const;

  private:
    struct Entry {
        SimTime time;
        LinkTable table;
    };

    const NetworkUse& use_;
    std::deque<Entry> entries_;
    std::size_t most_ = 0;  ///< 0: one is too large to be kept
};

}  // namespace murmur
