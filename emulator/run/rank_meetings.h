#pragma once

#include "emulator/run/ending.h"

#include <functional>

namespace murmur {

struct ExperimentPlan;
class Ranks;
class TaskGraph;

// Where the ranks of a run meet: when it begins and when it ends.  In between each goes its way.

/// Begins the run with the other ranks, and returns them; null for a process alone.
[[nodiscard]] Ranks* begin_with_ranks(const ExperimentPlan& plan);

/// Waits on rank 0 until the others have ended, too, and what they have learnt is on its way here;
/// gives up in an interrupted run, where they may be gone.
/// @param look            runs every so often
/// @param is_interrupted  asked after it
void wait_for_others(const TaskGraph& graph,
                     const std::function<void()>& look,
                     const std::function<bool()>& is_interrupted);

/// Tells the others on rank 0 how the run has ended; they must ask by `follow_ending`.
void tell_ending(Ranks& ranks, const Ending& ending);
/// Returns how rank 0 says that the run has ended.
[[nodiscard]] Ending follow_ending(Ranks& ranks);

}  // namespace murmur
