#pragma once

#include "emulator/tasks/task.h"
#include "emulator/tasks/value_slot.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace murmur {

/// A task's place in the graph, for the graph's own use; guarded by its mutex except for `run`
/// while running.
class Task {
  public:
    enum class State : std::uint8_t { kWaiting, kRunning, kFinished, kDropped };

    TaskDescription description;
    std::function<void(unsigned worker)> run;
    std::uint64_t number = 0;  ///< its place in the order of submission
    std::uint32_t part = 0;    ///< which of that task's outputs arrives, where this is no task
    State state = State::kWaiting;
    bool lacks_input = false;                       ///< a task before this one was dropped
    std::size_t missing = 0;                        ///< unfinished tasks before this one
    std::vector<std::shared_ptr<Task>> dependents;  ///< that count this one among their `missing`
    [[nodiscard]] bool is_over() const {
        return state == State::kFinished || state == State::kDropped;
    }

    clockid_t worker_clock{};  ///< while running: CPU clock of its thread
    std::chrono::nanoseconds cpu_at_start{0};
    std::chrono::nanoseconds cpu_time{0};  ///< once finished

    // Of a run of several ranks.
    std::shared_ptr<ValueSlot> arrives{};  ///< this is no task but the arrival of that value
    bool is_elsewhere = false;             ///< another rank executes it
    /// Outputs that other ranks need, and which, until it is over.
    std::vector<std::pair<std::shared_ptr<ValueSlot>, unsigned>> wanted{};
};

/// Returns the name of the output of a task.
[[nodiscard]] inline ValueName task_output(std::uint64_t number, std::uint32_t output) {
    return {.origin = ValueName::Origin::kTask, .number = number, .output = output};
}

}  // namespace murmur
