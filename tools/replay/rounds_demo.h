#pragma once

#include "tools/replay/json_field.h"
#include "tools/replay/rounds.h"

#include <vector>

namespace murmur::replay {

/// Replays the section `demo`: one step of DeMo on a matrix that is one tile, with what runs use.
///
/// `gradients` are those of the workers, [workers][rows][columns]; `decay_and_lr` says tile and
/// top-k in words ("... chunk 4x4, top-k 3").  `sent`, [worker][[[row, column], value]],
/// `residual_after_send`, `combined_mean_over_senders_of_that_index`, `dense_before_sign` and
/// `signed_step` are compared where they are there.
[[nodiscard]] std::vector<RuleDifference> replay_demo(const Field& root);

}  // namespace murmur::replay
