#pragma once

#include "learning/training_options.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace murmur {

/// Where a decay lies on the axis that a schedule counts: rounds or steps 0, 1, ... of a node.
struct ScheduleSpan {
    double begin = 0;             ///< where warm-up ends
    std::optional<double> end{};  ///< of the run, where it is known
};

/// The share of the base learning rate at a position t >= begin.
using ScheduleShare = std::function<double(double t)>;

/// Makes a decay, which is asked for positions behind warm-up alone.
/// @throws std::invalid_argument  where an option is wrong
using ScheduleMake = std::function<ScheduleShare(const Options& options, const ScheduleSpan& span)>;
using ScheduleRegistry = Registry<ScheduleMake>;

/// Returns the schedules that `--schedule` may name: ours, and those that a program adds.
[[nodiscard]] ScheduleRegistry& schedules();

/// Registers those of this folder's files.
void register_all(ScheduleRegistry& registry);

/// Returns a schedule's own options with those that all have: `unit`, `warmup`, `warmup-from`.
[[nodiscard]] std::vector<OptionForm> schedule_options(std::vector<OptionForm> own);

/// The learning rate of a node's steps: `options.lr` times the share that `options.schedule` says.
///
/// During the W positions of warm-up the share is f + (1 - f) t / W, a line from f to the 1 of
/// position W; f is 1 / (W + 1) unless `warmup-from` says otherwise, so that no step is lost to a
/// rate of 0.  Positions are the round that a node is in, or the number of its own step since the
/// run began; neither is forgotten where an optimizer's state is.
class LearningRate {
  public:
    /// @throws std::invalid_argument  on an unknown schedule or a wrong option
    explicit LearningRate(const TrainingOptions& options);

    /// Returns whether the share is 1 at all times.
    [[nodiscard]] bool is_constant() const { return !share_; }
    /// Returns the share of the base rate in a step.
    [[nodiscard]] double share(std::uint64_t round, std::uint64_t step) const;
    /// Returns the rate of a step.
    [[nodiscard]] double rate(std::uint64_t round, std::uint64_t step) const {
        return base_ * share(round, step);
    }

  private:
    double base_;
    bool counts_steps_ = false;
    double warmup_ = 0;
    double warmup_from_ = 0;
    ScheduleShare share_;  ///< behind warm-up; empty: constant
};

}  // namespace murmur
