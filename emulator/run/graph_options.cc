#include "emulator/run/graph_options.h"

#include "emulator/base/interrupt.h"
#include "emulator/base/standard_streams.h"
#include "emulator/ranks/ranks.h"
#include "emulator/run/experiment_plan.h"
#include "emulator/tasks/bridge.h"
#include "learning/runtime.h"

#include <cstddef>
#include <cstdio>

namespace murmur {

namespace {

/// Live plus promised bytes beyond which the simulation waits for the learning: the present models,
/// those being made from them, messages of two rounds, and a round of run-ahead.
std::size_t memory_limit(const ExperimentPlan& plan) {
    constexpr std::size_t kModelsPerNode = 4;
    constexpr std::size_t kRoundsOfMessages = 2;
    constexpr std::size_t kSmallRun = std::size_t{64} << 20;
    const std::size_t model = plan.learners.any().num_parameters() * sizeof(float);
    std::size_t own_nodes = 0;
    for (NodeId node = 0; node < plan.options.nodes; ++node) {
        own_nodes += plan.ranks == nullptr || plan.ranks->owns(node) ? 1 : 0;
    }
    std::size_t messages = plan.options.nodes;
    if (plan.protocol.sums_in_secret || plan.protocol.sends_models_apart) {
        // Another one for each receiver.
        messages = 0;
        for (NodeId node = 0; node < plan.options.nodes; ++node) {
            messages += plan.overlay.row(node, 0).neighbors.size();
        }
    }
    for (NodeId node = 0; node < plan.options.nodes; ++node) {
        if (plan.attackers.has(node) && plan.attackers.attack->forges()) {
            messages += plan.attackers.attack->is_per_victim()
                            ? plan.overlay.row(node, 0).neighbors.size()
                            : std::size_t{1};
        }
    }
    const std::size_t all =
        model * (kModelsPerNode * plan.options.nodes + kRoundsOfMessages * messages);
    return all / plan.options.nodes * own_nodes + kSmallRun;
}

void warn_of_memory(std::size_t needed_bytes) {
    say(stderr,
        "warning: models and messages in flight take {:.1f} GB, more than was planned for; "
        "messages may wait without end for nodes that are too slow for them\n",
        static_cast<double>(needed_bytes) / 1e9);
}

}  // namespace

TaskGraph::Options task_graph_options(const ExperimentPlan& plan, bool shares_cpu_times) {
    return {.workers = plan.options.workers,
            .memory_limit_bytes = memory_limit(plan),
            .live_bytes = ParameterVector::live_bytes,
            .is_interrupted =
                [ranks = plan.ranks.get()] {
                    return InterruptGuard::is_requested() ||
                           (ranks != nullptr && ranks->is_stopped());
                },
            .on_over_limit = warn_of_memory,
            .round_trip_values = plan.round_trip_values,
            .on_worker_start = [](unsigned) { use_single_threaded_kernels(); },
            .ranks = plan.ranks.get(),
            .now = Bridge::now,
            .shares_cpu_times = shares_cpu_times,
            .past = plan.resumed ? plan.resumed->past.get() : nullptr,
            .keeps_past = plan.checkpoint_period.has_value()};
}

}  // namespace murmur
