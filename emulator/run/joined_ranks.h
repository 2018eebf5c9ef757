#pragma once

#include "emulator/ranks/ranks.h"
#include "emulator/run/experiment_options.h"

#include <memory>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace murmur {

/// Joins the other processes that a launcher has started beside this one; null where there are
/// none. Each must have come as far with the same options.
/// @throws std::runtime_error  where the engine can't be started
[[nodiscard]] std::shared_ptr<Ranks> join_launched_ranks();

/// Where a rank runs.
struct RankProcess {
    std::string place;  ///< a machine, and where on it process numbers mean the same
    pid_t id = 0;
};
[[nodiscard]] RankProcess this_process();

/// Says which of these have ended; empty where none has, as far as this process sees: those
/// elsewhere it does not.
/// @param processes  by rank
[[nodiscard]] std::string describe_gone(std::span<const RankProcess> processes);

/// What must be the same on all ranks.
struct RankTrait {
    std::string name;
    std::string value;
};

/// Says in what a rank differs from rank 0; empty where it does not.
[[nodiscard]] std::string difference(unsigned rank,
                                     const std::vector<RankTrait>& first,
                                     const std::vector<RankTrait>& other);

/// Makes sure that all ranks are of a kind, and lets them look for those that are gone.
/// @throws std::invalid_argument  on every rank: the first rank that differs from rank 0, and in
/// what
void refuse_unlike_ranks(Ranks& ranks, const std::vector<RankTrait>& own);

/// Returns what results depend on: program, versions, options, this machine's processor.
[[nodiscard]] std::vector<RankTrait> rank_traits(const std::string& scenario,
                                                 const ExperimentOptions& options);

}  // namespace murmur
