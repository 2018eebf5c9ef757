#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/tasks/speed_traces.h"
#include "emulator/tasks/task.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// How long a task takes on the simulated device of its node.
class ComputeClock {
  public:
    virtual ~ComputeClock() = default;

    /// Returns the duration where it is known at submission, nothing where the task must run first.
    /// @throws std::runtime_error  where a recorded trace has no such task
    [[nodiscard]] virtual std::optional<SimTime> duration(const TaskDescription& task) const = 0;

    /// Returns whether `duration` always has one.
    [[nodiscard]] virtual bool knows_durations() const { return true; }

    /// Returns the duration of a task that used `cpu_time` on its worker; asked of measured clocks.
    [[nodiscard]] virtual SimTime from_cpu_time(std::uint32_t node,
                                                std::chrono::nanoseconds cpu_time) const;
};

/// What a task costs on the reference device, whose speed is 1.
struct ComputeCosts {
    double seconds_per_sample = 0;  ///< training
    double seconds_per_step = 0;    ///< training, beside the samples
    double seconds_per_value = 0;   ///< encode and merge, per parameter read
};

/// Modelled and calibrated: cost / speed, times a factor drawn uniformly from
/// [1 - jitter, 1 + jitter] of the node's own stream.
class ModelledClock : public ComputeClock {
  public:
    /// @param speed_traces  null: speeds do not change
    ModelledClock(ComputeCosts costs,
                  double jitter,
                  std::vector<double> speeds,
                  std::uint64_t seed,
                  std::shared_ptr<const SpeedTraces> speed_traces = nullptr)
        : costs_(costs),
          jitter_(jitter),
          speeds_(std::move(speeds)),
          seed_(seed),
          speed_traces_(std::move(speed_traces)) {}

    [[nodiscard]] std::optional<SimTime> duration(const TaskDescription& task) const override;

  private:
    ComputeCosts costs_;
    double jitter_;
    std::vector<double> speeds_;
    std::uint64_t seed_;
    std::shared_ptr<const SpeedTraces> speed_traces_;
};

/// Measured: thread CPU time of the very task / speed.
class MeasuredClock : public ComputeClock {
  public:
    explicit MeasuredClock(std::vector<double> speeds) : speeds_(std::move(speeds)) {}

    [[nodiscard]] std::optional<SimTime> duration(const TaskDescription& task) const override;
    [[nodiscard]] bool knows_durations() const override { return false; }
    [[nodiscard]] SimTime from_cpu_time(std::uint32_t node,
                                        std::chrono::nanoseconds cpu_time) const override;

  private:
    std::vector<double> speeds_;
};

/// Recorded: the durations of an earlier run, from its compute-trace.csv.
class RecordedClock : public ComputeClock {
  public:
    /// Reads a trace.  A node may have no task in it: a client that no server has chosen, say.
    /// @throws std::invalid_argument  with file and line, where the trace is malformed, or has a
    ///                                node that is not below `num_nodes`
    RecordedClock(const std::string& path, std::uint32_t num_nodes);

    [[nodiscard]] std::optional<SimTime> duration(const TaskDescription& task) const override;

  private:
    std::string path_;
    std::vector<std::vector<SimTime>> durations_;  ///< [node * 4 + kind][sequence]
};

/// What a modelled clock takes for each value that is merged or encoded where nothing is said:
/// whole models of 89,834 parameters with those of 5 neighbors in 189 us (`murmur bench sharing`,
/// docs/benchmarks.md).  Compute is never free by accident.
inline constexpr double kMergeSecondsPerValue = 350e-12;


}  // namespace murmur
