#include "emulator/run/run_checkpoints.h"

#include "emulator/record/model_files.h"
#include "emulator/run/calibration.h"
#include "emulator/run/experiment_plan.h"
#include "emulator/run/recording.h"
#include "emulator/run/run_nodes.h"

#include <optional>
#include <utility>

namespace murmur {

Checkpoints::Parts checkpoint_parts(const ExperimentPlan& plan,
                                    const Recording& recording,
                                    TaskGraph& graph,
                                    const RunNodes& nodes,
                                    std::function<bool()> is_told_to_end) {
    return {.period = recording.writes_checkpoints ? plan.checkpoint_period : std::nullopt,
            .results = plan.options.out,
            .from = plan.resumed.get(),
            .traits = plan.traits,
            .models = recording.models != nullptr ? recording.models->folder() : "",
            .graph = graph,
            .ranks = plan.ranks.get(),
            .num_rounds = plan.options.rounds,
            .is_last_round_reached = [&nodes] { return nodes.is_last_round_reached(); },
            .is_told_to_end = std::move(is_told_to_end),
            .write_start =
                [&plan](const PastSink& sink) {
                    if (plan.measured_costs) {
                        ByteSink costs;
                        write_costs(*plan.measured_costs, costs);
                        sink({PastKind::kCosts, 0, 0}, costs.written());
                    }
                }};
}

}  // namespace murmur
