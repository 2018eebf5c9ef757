#pragma once

#include "emulator/base/sim_time.h"

#include <cstdint>
#include <exception>

namespace murmur {

/// How a run came to its end.
struct Ending {
    enum class Cause : std::uint8_t {
        kRounds,       ///< every node has finished its rounds
        kUntil,        ///< simulated time was up
        kTarget,       ///< a target was reached
        kHalted,       ///< nodes wait, and nothing that could wake them is under way
        kInterrupted,  ///< somebody asked for it
        kFailed,       ///< a task or an event threw
    };

    Cause cause = Cause::kHalted;
    /// What ended before this instant is part of the run, nothing else is.
    SimTime end = SimTime::max();
    /// The simulation stands where the run ends: its totals are the run's.
    bool is_now = false;
    std::exception_ptr error{};  ///< kFailed
};

}  // namespace murmur
