#pragma once

#include "tools/replay/json_field.h"
#include "tools/replay/rounds.h"

#include <vector>

namespace murmur::replay {

/// Replays the section `outer`: outer steps of DiLoCo and NoLoCo after plain SGD on the file's
/// `problem`, with the optimizers that runs use.
///
/// `inner` says in words how many steps, with which rate, by which nodes ("H=4 plain SGD steps, lr
/// 0.125, workers = nodes 0 and 1 of the problem").  Keys: `diloco_nesterov_LR_MU`,
/// `diloco_heavy_ball_LR_MU`, `diloco_plain_LR_MU` hold the outer weights after each round, from the
/// first worker's x0; `noloco_pair_etaLR_muMU_start_[...]_[...]` those of each worker.
[[nodiscard]] std::vector<RuleDifference> replay_outer(const Field& root);

}  // namespace murmur::replay
