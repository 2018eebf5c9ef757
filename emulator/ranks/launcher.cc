#include "emulator/ranks/launcher.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace murmur {

namespace {

std::optional<unsigned> number_in(const char* variable) {
    const char* const text = std::getenv(variable);
    unsigned number = 0;
    if (text == nullptr) {
        return std::nullopt;
    }
    const char* const end = text + std::strlen(text);
    const auto [rest, error] = std::from_chars(text, end, number);
    return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

/// How a launcher says rank and size: OpenMPI's mpirun; srun --mpi=pmix; MPICH's mpiexec.
constexpr const char* kVariables[][2] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                         {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"},
                                         {"PMI_RANK", "PMI_SIZE"}};

}  // namespace

LaunchedPlace launched_place() {
    for (const auto& [rank, size] : kVariables) {
        const std::optional<unsigned> own = number_in(rank);
        const std::optional<unsigned> all = number_in(size);
        if (own && all && *own < *all) {
            const std::optional<unsigned> here = number_in("OMPI_COMM_WORLD_LOCAL_SIZE");
            return {.rank = *own, .size = *all, .ranks_here = std::max(1u, here.value_or(1))};
        }
    }
    return {};
}

}  // namespace murmur
