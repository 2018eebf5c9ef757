#pragma once

#include <string_view>

namespace murmur {

/// Which of a launcher's processes this is, by what `mpirun` and `srun` say in the environment.
struct LaunchedPlace {
    unsigned rank = 0;
    unsigned size = 1;        ///< 1: no launcher
    unsigned ranks_here = 1;  ///< on this machine
    /// Whether MPI finds the others: not where `srun` has started them without --mpi=pmix.
    bool is_known_to_mpi = true;
};

[[nodiscard]] LaunchedPlace launched_place();

/// Refuses processes that a launcher has started together and that cannot find each other: each
/// would take itself for a whole run.
/// @throws std::invalid_argument  naming the option of the launcher
void check_launcher(const LaunchedPlace& place = launched_place());

/// Returns how many cores this process may use, 1 at least: its own where the launcher says what a
/// process has, else its share of those that are the launcher's.
[[nodiscard]] unsigned cores_of_rank(const LaunchedPlace& place);

/// Returns how many tasks a machine has of what Slurm writes of all, such as `4(x2),3`; 0 where the
/// text is none of these, or has no such machine.
/// @param node  of the step: 0, 1, ...
[[nodiscard]] unsigned tasks_on_node(std::string_view tasks_per_node, unsigned node);

}  // namespace murmur
