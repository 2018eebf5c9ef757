#pragma once

#include "emulator/ranks/ranks.h"
#include "emulator/record/model_saving.h"
#include "learning/parameters.h"

#include <string>
#include <vector>

namespace murmur {

/// Returns the hash of the final parameters of all nodes, in node order; on rank 0 alone.
/// @param ranks       null: this process alone
/// @param parameters  [num_nodes], null where another rank has them
/// @param threads  that work beside each other, one or more
[[nodiscard]] std::string hash_of_all(Ranks* ranks,
                                      const std::vector<Parameters>& parameters,
                                      unsigned threads);

/// Adds, on rank 0, those of other ranks that are to be saved.
void bring_saved_to_recorder(Ranks& ranks,
                             const ModelSaving& saving,
                             std::vector<Parameters>& parameters);

}  // namespace murmur
