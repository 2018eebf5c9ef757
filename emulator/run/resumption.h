#pragma once

#include "emulator/protocols/protocol_plan.h"
#include "emulator/run/checkpoint_files.h"
#include "emulator/run/experiment_options.h"

#include <memory>
#include <string>

namespace murmur {

/// Returns what results of a run depend on, of which a run that goes on must have the same.
[[nodiscard]] CheckpointMark::Traits checkpoint_traits(const std::string& scenario,
                                                       const ExperimentOptions& options);

/// Reads the checkpoint that `options.resume` names, the latest that these options can go on from.
/// @throws std::invalid_argument  where there is none, it is damaged, or of another run; in a line
[[nodiscard]] std::shared_ptr<const Checkpoint> load_resumed(const std::string& scenario,
                                                             const ExperimentOptions& options,
                                                             const ProtocolPlan& protocol);

}  // namespace murmur
