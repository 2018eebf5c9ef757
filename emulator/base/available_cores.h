#pragma once

#include "tools/text/number.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <sched.h>
#include <string_view>
#include <thread>

namespace murmur {

/// Returns the whole number at the start of a variable of the environment, such as 4 of `4(x2),3`;
/// `otherwise` where there is none, or no number above 0.
[[nodiscard]] inline unsigned leading_number_in(const char* variable, unsigned otherwise) {
    const char* const text = std::getenv(variable);
    if (text == nullptr) {
        return otherwise;
    }
    const std::string_view all = text;
    const auto number = parse_number<unsigned>(all.substr(0, all.find_first_not_of("0123456789")));
    return number.value_or(0) > 0 ? *number : otherwise;
}

/// Returns how many cores this process may use, 1 at least: those that its affinity leaves
/// (taskset, the cgroup of a job) and, in a job of Slurm, no more than were asked for.  A cluster
/// need not bind its jobs, so affinity alone would give a small job the whole of a large node.
/// Ranks that one mpirun has started here share them.
[[nodiscard]] inline unsigned available_cores() {
    // std::thread::hardware_concurrency() heeds no affinity: glibc 2.36 counts what is online.
    cpu_set_t allowed;
    const bool is_known = sched_getaffinity(0, sizeof(allowed), &allowed) == 0;
    const unsigned own = is_known ? static_cast<unsigned>(CPU_COUNT(&allowed))
                                  : std::thread::hardware_concurrency();  // beyond 1024 of them
    // A batch script, and what it starts but by srun, stands for all tasks of its node.
    const bool is_one_task = std::getenv("SLURM_STEP_ID") != nullptr;
    const unsigned tasks = is_one_task ? 1 : leading_number_in("SLURM_TASKS_PER_NODE", 1);
    const unsigned of_node = leading_number_in("SLURM_CPUS_ON_NODE", own);
    const unsigned of_task = leading_number_in("SLURM_CPUS_PER_TASK", own);
    const std::uint64_t of_tasks = std::uint64_t{of_task} * tasks;
    const std::uint64_t least = std::min<std::uint64_t>({own, of_node, of_tasks});
    return std::max(1U, static_cast<unsigned>(least));
}

}  // namespace murmur
