#pragma once

#include "emulator/nodes/observation.h"
#include "emulator/record/run_sink.h"

#include <functional>
#include <vector>

namespace murmur {

struct ExperimentPlan;
class RunNodes;
class TaskGraph;

/// Returns what each node was and what it came to, for nodes.csv and the summary.
/// @param totals_of  what a node had come to when the run ended
[[nodiscard]] std::vector<NodeRow> node_rows(const ExperimentPlan& plan,
                                             const RunNodes& nodes,
                                             const TaskGraph& graph,
                                             const std::function<Observation(NodeId)>& totals_of);

}  // namespace murmur
