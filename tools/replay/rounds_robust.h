#pragma once

#include "tools/replay/json_field.h"
#include "tools/replay/rounds.h"

#include <vector>

namespace murmur::replay {

/// Merges the vectors of a section `robust` by our aggregators, and compares.
///
/// `vectors_own_first` holds the node's own vector and those of its neighbors, of any number and
/// length, `f` how many may lie.  Of the other keys each names a rule and holds a vector, scores or
/// a length: `mean`, `trimmed_mean_fF`, `median_mean_of_middle_two`, `nnm_fF_then_RULE`,
/// `krum_original_nf2`, `krum_byzfl_nf1`, `krum_scores_nf2`, `krum_scores_nf1`,
/// `multikrum_byzfl_mean_of_nf`, `clipped_gossip_tauT_equal_weights`, `tau_epfml_second_largest`,
/// `clipped_gossip_tau_epfml`, `tau_he_weight_rule_b=B`, `clipped_gossip_tau_he` (b as in that key,
/// f/n without it), `cs_plus_b=B`, `gts_b=B`, `ios_fF`, `monna_nearest_n-f`, `monna_nearest_n-2f`,
/// `geometric_median`, `centered_clipping_tauT`.  All weights are equal.
/// @throws std::invalid_argument  naming the key, where one is missing, unknown or of another shape
[[nodiscard]] std::vector<RuleDifference> replay_robust(const Field& section);

}  // namespace murmur::replay
