#pragma once

#include "emulator/run/checkpoints.h"

#include <functional>

namespace murmur {

struct ExperimentPlan;
struct Recording;
class RunNodes;

/// Says what the checkpoints of a run are made of.  Who records none still follows those that the
/// run goes on from.
/// @param is_told_to_end  whether somebody, here or on another rank, wants the run to end
[[nodiscard]] Checkpoints::Parts checkpoint_parts(const ExperimentPlan& plan,
                                                  const Recording& recording,
                                                  TaskGraph& graph,
                                                  const RunNodes& nodes,
                                                  std::function<bool()> is_told_to_end);

}  // namespace murmur
