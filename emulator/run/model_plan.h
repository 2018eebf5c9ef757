#pragma once

#include "emulator/protocols/protocol_plan.h"
#include "emulator/run/experiment_options.h"
#include "learning/learner.h"
#include "learning/parameters.h"
#include "learning/partition.h"
#include "learning/sharing.h"

#include <memory>
#include <vector>

namespace murmur {

/// Makes the sharing of models of this layout, and refuses parts that the protocol cannot keep
/// apart.
/// @throws std::invalid_argument
[[nodiscard]] std::unique_ptr<const Sharing> choose_sharing(const ExperimentOptions& options,
                                                            const ProtocolPlan& protocol,
                                                            const ParameterLayout& layout);

/// Returns the models that nodes start from: those given, those of `--init`, or else one that is
/// drawn from the seed.  One for all nodes, or one each.
/// @throws std::invalid_argument  where they are not as many or not as long, or models of this size
///                                cannot fit into memory
[[nodiscard]] std::vector<Parameters> choose_initial(const ExperimentOptions& options,
                                                     const Learner& learner,
                                                     std::vector<Parameters> given);

/// Sees that the model takes the batches of every node.
/// @throws std::invalid_argument  naming `--model`
void check_batches(const ExperimentOptions& options,
                   const Partition& partition,
                   const Learner& learner);

}  // namespace murmur
