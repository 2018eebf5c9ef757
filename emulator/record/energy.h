#pragma once

#include "emulator/nodes/observation.h"

namespace murmur {

/// What one device and its messages take.
struct EnergyUse {
    double idle_w = 0;     ///< while it is there and does not work
    double compute_w = 0;  ///< while it works
    double up_j_per_byte = 0;
    double down_j_per_byte = 0;

    /// Returns the joules of a node's totals:
    ///     idle_w (communication + idle) + compute_w compute + up sent + down received.
    [[nodiscard]] double joules(const Observation& totals) const {
        const TimeUse& time = totals.time_use;
        return idle_w * to_seconds(time.communication + time.idle) +
               compute_w * to_seconds(time.compute) +
               up_j_per_byte * static_cast<double>(totals.bytes_sent) +
               down_j_per_byte * static_cast<double>(totals.bytes_received);
    }
    bool operator==(const EnergyUse&) const = default;
};

}  // namespace murmur
