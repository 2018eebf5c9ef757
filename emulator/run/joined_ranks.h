#pragma once

#include "emulator/ranks/ranks.h"
#include "emulator/run/experiment_options.h"

#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// Joins the other processes that a launcher has started beside this one; null where there are
/// none. Each must have come as far with the same options.
/// @throws std::runtime_error  where the engine can't be started
[[nodiscard]] std::shared_ptr<Ranks> join_launched_ranks();

/// Says which other ranks of this machine have ended, while this one has not; empty where none has.
/// @pre `refuse_unlike_ranks` has met them
[[nodiscard]] std::string describe_gone_ranks();

/// What must be the same on all ranks.
struct RankTrait {
    std::string name;
    std::string value;
};

/// Makes sure that all ranks are of a kind.
/// @throws std::invalid_argument  on every rank: the first rank that differs from rank 0, and in
/// what
void refuse_unlike_ranks(Ranks& ranks, const std::vector<RankTrait>& own);

/// Returns what results depend on: program, versions, options, this machine's processor.
[[nodiscard]] std::vector<RankTrait> rank_traits(const std::string& scenario,
                                                 const ExperimentOptions& options);

}  // namespace murmur
