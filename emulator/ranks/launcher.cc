#include "emulator/ranks/launcher.h"

#include "emulator/base/available_cores.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <sched.h>
#include <stdexcept>
#include <unistd.h>

namespace murmur {

namespace {

std::optional<unsigned> as_number(std::string_view text) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

std::string_view text_in(const char* variable) {
    const char* const text = std::getenv(variable);
    return text != nullptr ? text : "";
}

std::optional<unsigned> number_in(const char* variable) {
    return as_number(text_in(variable));
}

/// How a launcher says rank and size.
struct Variables {
    const char* rank;
    const char* size;
    bool is_known_to_mpi;
};
constexpr Variables kVariables[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", true},  // OpenMPI's mpirun
    {"PMIX_RANK", "SLURM_STEP_NUM_TASKS", true},             // srun --mpi=pmix
    {"PMI_RANK", "PMI_SIZE", true},                          // MPICH's mpiexec
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", false}};        // srun alone

/// Returns how many of the ranks are on this machine, at the least.
unsigned ranks_here() {
    for (const char* const variable : {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"}) {
        if (const std::optional<unsigned> here = number_in(variable)) {
            return std::max(1u, *here);
        }
    }
    const std::optional<unsigned> node = number_in("SLURM_NODEID");
    return node ? std::max(1u, tasks_on_node(text_in("SLURM_STEP_TASKS_PER_NODE"), *node)) : 1;
}

}  // namespace

unsigned tasks_on_node(std::string_view tasks_per_node, unsigned node) {
    for (std::string_view rest = tasks_per_node; !rest.empty();) {
        std::string_view group = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), group.size() + 1));
        unsigned nodes = 1;
        if (const std::size_t times = group.find("(x");
            times != std::string_view::npos && group.ends_with(')')) {
            nodes = as_number(group.substr(times + 2, group.size() - times - 3)).value_or(0);
            group = group.substr(0, times);
        }
        if (node < nodes) {
            return as_number(group).value_or(0);
        }
        node -= nodes;
    }
    return 0;
}

LaunchedPlace launched_place() {
    for (const auto& [rank, size, is_known_to_mpi] : kVariables) {
        const std::optional<unsigned> own = number_in(rank);
        const std::optional<unsigned> all = number_in(size);
        if (own && all && *own < *all) {
            return {.rank = *own,
                    .size = *all,
                    .ranks_here = std::min(*all, ranks_here()),
                    .is_known_to_mpi = is_known_to_mpi};
        }
    }
    return {};
}

unsigned cores_of_rank(const LaunchedPlace& place) {
    const unsigned cores = available_cores();
    const bool is_by_srun =
        std::getenv("SLURM_STEP_ID") != nullptr && std::getenv("OMPI_COMM_WORLD_RANK") == nullptr;
    if (place.ranks_here == 1 || (is_by_srun && std::getenv("SLURM_CPUS_PER_TASK") != nullptr)) {
        return cores;
    }
    cpu_set_t own;
    cpu_set_t of_launcher;
    const bool is_bound = sched_getaffinity(0, sizeof(own), &own) == 0 &&
                          sched_getaffinity(getppid(), sizeof(of_launcher), &of_launcher) == 0 &&
                          !CPU_EQUAL(&own, &of_launcher);
    // Ranks may be bound to a core each, or several to one socket.
    const unsigned shared = is_bound ? static_cast<unsigned>(CPU_COUNT(&of_launcher)) : cores;
    return std::max(1u, std::min(cores, shared / place.ranks_here));
}

void check_launcher(const LaunchedPlace& place) {
    if (place.size > 1 && !place.is_known_to_mpi) {
        throw std::invalid_argument(
            fmt::format("srun has started {} processes, but MPI cannot find them: each would be a "
                        "run of its own; use srun --mpi=pmix for the ranks of one run, srun -n 1 "
                        "for each of several runs",
                        place.size));
    }
}

}  // namespace murmur
