#pragma once

#include "emulator/base/sim_time.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace murmur {

/// What timeline.json is to show.
struct TimelineOptions {
    bool is_on = false;
    std::vector<std::uint32_t> nodes{};  ///< ascending; empty: all
    SimTime from{0};
    SimTime to = SimTime::max();

    [[nodiscard]] bool shows(std::uint32_t node) const;
    /// Returns whether any of [begin, end] is to be shown.
    [[nodiscard]] bool shows(SimTime begin, SimTime end) const {
        return end >= from && begin <= to;
    }
};

/// Parses `true` (everything), or any of `nodes=0,3-5`, `from=TIME` and `to=TIME`, apart by commas;
/// an empty text and `false` show nothing.
/// @throws std::invalid_argument  naming `where`; on a node that is not among `num_nodes`
[[nodiscard]] TimelineOptions parse_timeline(std::string_view where,
                                             std::string_view text,
                                             std::uint32_t num_nodes);

}  // namespace murmur
