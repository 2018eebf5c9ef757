#include "emulator/run/node_rows.h"

#include "emulator/run/experiment_plan.h"
#include "emulator/run/run_nodes.h"
#include "emulator/tasks/task_graph.h"
#include "learning/privacy/node_epsilon.h"

#include <cstdint>
#include <utility>

namespace murmur {

std::vector<NodeRow> node_rows(const ExperimentPlan& plan,
                               const RunNodes& nodes,
                               const TaskGraph& graph,
                               const std::function<Observation(NodeId)>& totals_of) {
    std::vector<NodeRow> rows;
    NodeEpsilon epsilon(plan.options.training);
    for (NodeId node = 0; node < nodes.agents().size(); ++node) {
        NodeRow row;
        row.node = node;
        row.speed = plan.speeds[node];
        if (!plan.network.up_bps.empty()) {
            row.up_bps = plan.network.up_bps[node];
            row.down_bps = plan.network.down_bps[node];
        }
        row.samples = nodes.at(node).num_samples();
        row.totals = totals_of(node);
        if (row.totals.time > SimTime(0)) {
            row.present_share =
                1 - to_seconds(row.totals.time_use.absent) / to_seconds(row.totals.time);
        }
        row.totals.is_attacker = plan.attackers.has(node);
        const Handle<double>& not_finite = row.totals.messages_not_finite;
        if (not_finite && graph.has_value(not_finite)) {
            row.messages_not_finite = static_cast<std::uint64_t>(not_finite.value());
        }
        row.epsilon = epsilon.of(row.samples, row.totals.steps);
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace murmur
