#pragma once

#include "emulator/run/experiment_plan.h"

#include <span>
#include <string>
#include <string_view>

namespace murmur {

/// Says in a few lines what the options came to: parameters, bytes of a message and a round,
/// edges, how devices and links differ, and estimates of memory and time.  Runs a training step to
/// tell the time, unless the model is a file, whose code a check must not run.
[[nodiscard]] std::string describe(ExperimentPlan& plan);

/// Says how many nodes got what where a few values were drawn for many, one line each; empty where
/// nothing was.
[[nodiscard]] std::string describe_choices(const ExperimentPlan& plan);

/// Returns for instance `1 for 9 nodes, 0.2 for 7 nodes`, most frequent first; the extremes and the
/// median where there are many values.
[[nodiscard]] std::string spread_text(std::span<const double> values,
                                      std::string_view unit,
                                      std::string_view of);

}  // namespace murmur
