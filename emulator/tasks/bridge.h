#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/tasks/compute_clock.h"
#include "emulator/tasks/handle.h"
#include "emulator/tasks/task_graph.h"
#include "emulator/tasks/work.h"

#include "ns3/event-id.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace murmur {

/// Joins the two clocks: tasks that run in real time on workers, and their completions that land
/// at their simulated instants in the ns-3 event queue.
///
/// With a clock that knows durations, a completion is scheduled when its task is submitted and the
/// simulation never waits.  With the measured clock an unfinished task keeps a placeholder event at
/// `start + CPU time so far / speed`; when it fires, it waits for that bound to grow or for the
/// task to end, and moves itself.  So every completion lands at its exact instant, never in the
/// past, under any simulator implementation of ns-3.  Belongs to the simulator thread.
class Bridge {
  public:
    /// Runs at the simulated instant at which a task completes.
    using Completion = std::function<void(SimTime duration)>;

    Bridge(TaskGraph& graph, const ComputeClock& clock) : graph_(graph), clock_(clock) {}

    /// Returns the current simulated time.
    [[nodiscard]] static SimTime now();
    /// Runs `event` after `delay` of simulated time, unless what is returned is cancelled.
    /// @throws std::range_error  where simulated time would overflow
    static ns3::EventId after(SimTime delay, std::function<void()> event);

    /// Submits a task that starts now on the simulated device, and returns its output, or one of
    /// several; first holds the simulation back where it runs too far ahead of the learning.
    /// @throws what a task threw at an earlier simulated instant
    AnyHandle run(const TaskDescription& description, const Work& work, Completion on_complete);
    /// Lets a task that was submitted take its time again, from now on: its device was switched off
    /// before it was over.  What it makes is the same.
    void take_time_again(const TaskDescription& task, const AnyHandle& output, Completion on_complete);

    /// Submits a task that takes no simulated time, an observation, and returns its output.
    template <class F, class... Inputs>
    auto observe(const TaskDescription& description, F function, Inputs... inputs) {
        let_catch_up();
        return graph_.submit(description, std::move(function), std::move(inputs)...);
    }

    /// Submits such work, and completes it.
    void run_aside(const TaskDescription& description, const Work& work);

    /// Returns how long a task takes on the simulated device, where that is known before it runs.
    [[nodiscard]] std::optional<SimTime> known_duration(const TaskDescription& task) const {
        return clock_.duration(task);
    }
    /// Returns how long a task that has run takes on the simulated device.
    [[nodiscard]] SimTime duration_of(const TaskDescription& task, const AnyHandle& output) const;
    /// Returns the same of a task that may not have run; waits for it where it must, in real time.
    [[nodiscard]] SimTime await_duration(const TaskDescription& task, const AnyHandle& output);

    /// Waits, in real time, for a value that an event needs.
    template <class T>
    const T& value(const Handle<T>& handle) {
        return graph_.value(handle);
    }

    [[nodiscard]] TaskGraph& graph() { return graph_; }

  private:
    struct Unfinished;
    void let_catch_up();
    void schedule_end(const TaskDescription& task,
                      const AnyHandle& output,
                      std::optional<SimTime> duration,
                      Completion on_complete);
    void follow(const std::shared_ptr<Unfinished>& unfinished);

    TaskGraph& graph_;
    const ComputeClock& clock_;
};

}  // namespace murmur
