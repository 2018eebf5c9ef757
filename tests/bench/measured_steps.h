#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace murmur::bench {

// Training steps of one kind are measured in a child process, so that none sees the memory settings
// of another kind: the benchmark runs itself again, and the child writes what it measured.

/// What one child measured.
struct MeasuredSteps {
    double step_ms;                 ///< CPU time of its thread
    std::vector<float> parameters;  ///< after the warm-up: rounding differences grow with the steps
};

/// How often time_steps() takes steps.
struct StepCounts {
    int warm_up_calls;
    int calls;
    int steps_per_call = 1;
};

/// Returns the median CPU time in ms of a step of this thread; `take_steps` gets 0, 1, 2, ...
[[nodiscard]] double time_steps(const StepCounts& counts,
                                const std::function<void(std::uint64_t call)>& take_steps);

/// Writes to standard output what run_child() reads.
void write(const MeasuredSteps& measured);

/// Runs a program, a path without quotes, with arguments for the shell.
/// @throws std::runtime_error  where it cannot be started or fails
[[nodiscard]] MeasuredSteps run_child(const std::string& program, const std::string& arguments);

[[nodiscard]] double median(std::vector<double> values);

}  // namespace murmur::bench
