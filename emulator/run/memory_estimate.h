#pragma once

#include "emulator/protocols/protocol_plan.h"
#include "emulator/ranks/launcher.h"
#include "emulator/run/experiment_options.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace murmur {

/// What a run will take beyond what the process has now, in bytes; of several ranks, this one
/// alone.  Round numbers from measurements (docs/endings.md), good to a factor of two.
struct MemoryEstimate {
    struct Part {
        std::string what;
        double bytes;
        std::string remedy;  ///< what makes it smaller
    };
    std::vector<Part> parts;
    double address_space = 0;  ///< reserved beside that: stacks and arenas of threads

    [[nodiscard]] double total() const;
    /// Returns the part that takes most.
    [[nodiscard]] const Part& largest() const;
};

/// Estimates what nodes, overlay and network take, from options alone: asked before anything is
/// made that grows with the number of nodes.
[[nodiscard]] MemoryEstimate estimate_nodes(const ExperimentOptions& options,
                                            const ProtocolPlan& protocol);

/// What a model takes.
struct ModelSize {
    std::size_t num_parameters = 0;
    double activation_bytes = 0;  ///< that a training step holds for each sample; 0: few
};

/// Estimates what parameters and training steps take at the least, with a model of this size.  A
/// rank keeps its share of the nodes' models alone, but has read all of those that they start from.
/// @param same_start  all nodes start from one model
[[nodiscard]] MemoryEstimate estimate_models(const ExperimentOptions& options,
                                             const ModelSize& size,
                                             bool same_start,
                                             const LaunchedPlace& place = launched_place());

/// Refuses a run that cannot fit; of several ranks, beside those on the same machine.
/// @throws std::invalid_argument  with the estimate, what is available and what would help most
void require_memory(const MemoryEstimate& estimate, const LaunchedPlace& place = launched_place());

}  // namespace murmur
