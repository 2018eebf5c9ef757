// A build without MPI and METIS: this program is linked with what stands in for them.
#include "emulator/ranks/exchange.h"
#include "emulator/run/placement.h"
#include "tests/support/doctest.h"

#include <cstdlib>
#include <stdexcept>

namespace murmur {
namespace {

TEST_CASE("without MPI: a process alone runs, several are refused with what to do") {
    for (const char* const variable : {"PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
        unsetenv(variable);
    }
    unsetenv("OMPI_COMM_WORLD_RANK");
    CHECK(launched_exchange() == nullptr);
    setenv("OMPI_COMM_WORLD_RANK", "0", 1);
    setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
    CHECK_THROWS_WITH_AS((void)launched_exchange(),
                         "a launcher has started several ranks, but this build has no MPI; install "
                         "libopenmpi-dev and build again",
                         std::runtime_error);
}

TEST_CASE("without METIS: its placement is refused, the others are there") {
    CHECK_FALSE(has_metis());
    CHECK_THROWS_WITH_AS(check_placement("metis", true),
                         "--placement: got metis, but this build has none (libmetis-dev), allowed "
                         "blocks, cost",
                         std::invalid_argument);
    const PlacementProblem problem{.num_ranks = 2, .costs = {1, 1, 1, 1}, .neighbors = [](NodeId) {
                                       return std::vector<NodeId>();
                                   }};
    CHECK_THROWS_AS((void)parts_by_metis(problem), std::invalid_argument);
    CHECK(deal_nodes("blocks", problem) == std::vector<std::uint16_t>{0, 0, 1, 1});
}

}  // namespace
}  // namespace murmur
