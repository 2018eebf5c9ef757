#pragma once

#include "emulator/nodes/device_watcher.h"
#include "emulator/nodes/observation.h"
#include "emulator/tasks/bridge.h"
#include "emulator/tasks/compute_trace.h"
#include "emulator/tasks/work.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace murmur {

/// The simulated device of one node: does its work one piece after the other, and keeps account of
/// where the node's time goes.  While its node is away it begins nothing.
class Device {
  public:
    /// @param overlaps_training  training in a sequence of its own, beside all other work
    /// @param watcher            is told what it does; or null
    Device(std::uint32_t node,
           Bridge& bridge,
           ComputeTraceWriter& trace,
           bool overlaps_training,
           DeviceWatcher* watcher = nullptr)
        : node_(node),
          bridge_(bridge),
          trace_(trace),
          overlaps_training_(overlaps_training),
          watcher_(watcher) {}

    /// Does this once what was asked for before is done.
    void run(Work work);
    /// Returns whether work that is asked for now is known to be over before an instant: not where
    /// other work comes first, or where the clock learns what a task took when it has run.
    [[nodiscard]] bool is_over_before(const Cost& cost, SimTime instant) const;
    [[nodiscard]] bool is_busy() const { return lanes_[0].is_busy || lanes_[1].is_busy; }

    /// Says that the node has left.
    /// @param loses_work  what runs is cut off, and begins anew when the node is back; else it runs
    ///                    to its end
    void pause(bool loses_work);
    /// Says that it is back.
    void resume();
    /// Forgets what runs and what waits: nobody is told of its end.
    void drop();

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
        bool is_cut_off = false;              ///< what ran begins anew when the node is back
        Running running{};                    ///< while it is busy, or cut off
        std::function<void()> complete{};     ///< of what runs
        std::uint64_t attempt = 0;            ///< which end of work counts
    };

    [[nodiscard]] std::size_t lane_of(TaskKind kind) const;
    void start_next(Lane& lane);
    /// Returns what runs at the end of the work that the lane is about to do.
    [[nodiscard]] Bridge::Completion end_of(Lane& lane);
    void finish(Lane& lane, SimTime duration);
    void change_transit(int change);
    [[nodiscard]] Occupation occupation() const;
    void account();

    std::uint32_t node_;
    Bridge& bridge_;
    ComputeTraceWriter& trace_;
    bool overlaps_training_;
    DeviceWatcher* watcher_;
    Lane lanes_[2];                ///< all work; or training, and the rest
    std::uint64_t sequence_[4]{};  ///< tasks submitted so far, by kind
    int in_transit_ = 0;
    bool is_away_ = false;
    SimTime accounted_until_{0};
    TimeUse time_use_;
};

}  // namespace murmur
