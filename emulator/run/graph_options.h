#pragma once

#include "emulator/tasks/task_graph.h"

namespace murmur {

struct ExperimentPlan;

/// Says how the task graph of a run is to work: with how many workers, how far the simulation may
/// run ahead of the learning before memory is short, what it keeps for checkpoints.
/// @param shares_cpu_times  between ranks: the clock learns from them how long tasks take
[[nodiscard]] TaskGraph::Options task_graph_options(const ExperimentPlan& plan,
                                                    bool shares_cpu_times);

}  // namespace murmur
