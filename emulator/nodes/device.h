#pragma once

#include "emulator/nodes/observation.h"
#include "emulator/tasks/bridge.h"
#include "emulator/tasks/compute_trace.h"
#include "emulator/tasks/work.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace murmur {

/// The simulated device of one node: does its work one piece after the other, and keeps account of
/// where the node's time goes.
class Device {
  public:
    /// @param overlaps_training  training in a sequence of its own, beside all other work
    Device(std::uint32_t node, Bridge& bridge, ComputeTraceWriter& trace, bool overlaps_training)
        : node_(node), bridge_(bridge), trace_(trace), overlaps_training_(overlaps_training) {}

    /// Does this once what was asked for before is done.
    void run(Work work);
    [[nodiscard]] bool is_busy() const { return lanes_[0].is_busy || lanes_[1].is_busy; }

    /// Says that a message to or from this node is under way, or no longer.
    void message_departs() { change_transit(+1); }
    void message_ends() { change_transit(-1); }
    [[nodiscard]] bool has_messages() const { return in_transit_ > 0; }
    /// A task that has started and is not over in simulated time.
    struct Running {
        TaskDescription task;
        AnyHandle output;
    };
    [[nodiscard]] std::vector<Running> running() const;
    /// Returns where the time went, until now.
    [[nodiscard]] const TimeUse& time_use();

  private:
    /// A sequence of work.
    struct Lane {
        std::deque<Work> queue;
        bool is_busy = false;
        Running running{};  ///< while it is busy
    };

    [[nodiscard]] Lane& lane_of(TaskKind kind);
    void start_next(Lane& lane);
    void change_transit(int change);
    void account();

    std::uint32_t node_;
    Bridge& bridge_;
    ComputeTraceWriter& trace_;
    bool overlaps_training_;
    Lane lanes_[2];                ///< all work; or training, and the rest
    std::uint64_t sequence_[4]{};  ///< tasks submitted so far, by kind
    int in_transit_ = 0;
    SimTime accounted_until_{0};
    TimeUse time_use_;
};

}  // namespace murmur
