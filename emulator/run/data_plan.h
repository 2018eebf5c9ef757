#pragma once

#include "emulator/protocols/protocol_plan.h"
#include "emulator/run/experiment_options.h"
#include "learning/dataset.h"
#include "learning/own_test.h"
#include "learning/partition.h"

#include <optional>

namespace murmur {

/// Reads the data.  Where a part of the test set is to do, it comes in an order drawn from the
/// seed: the first samples of a file may be those of one class or one user.
[[nodiscard]] DatasetPair read_data(const ExperimentOptions& options);

/// Splits the data over the nodes that learn; a server gets none.
/// @throws std::invalid_argument  where the protocol needs labels that the data do not have
[[nodiscard]] Partition split_data(const ExperimentOptions& options,
                                   const ProtocolPlan& protocol,
                                   const Dataset& data);

/// Chooses what nodes test themselves on, and takes it out of what they train on where it is that.
/// @throws std::invalid_argument  naming `--evaluate` or `--own-test`
[[nodiscard]] std::optional<OwnTest> plan_own_test(const ExperimentOptions& options,
                                                   const DatasetPair& data,
                                                   Partition& partition);

}  // namespace murmur
