#pragma once

#include "emulator/tasks/compute_clock.h"
#include "learning/byte_stream.h"

#include <memory>

namespace murmur {

struct ExperimentPlan;

/// Measures what a training step, each sample in it and a merge cost on this machine, on full
/// batches and with the kernels held to one thread: medians of warm repetitions, thread CPU time.
[[nodiscard]] ComputeCosts calibrate(ExperimentPlan& plan);

/// Writes what was measured, so that a run that goes on with this one need not measure again.
void write_costs(const ComputeCosts& costs, ByteSink& sink);

/// Makes the compute clock of a plan; measures the calibrated one.
[[nodiscard]] std::unique_ptr<const ComputeClock> make_clock(ExperimentPlan& plan);

}  // namespace murmur
