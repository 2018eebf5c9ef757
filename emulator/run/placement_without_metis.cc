#include "emulator/run/placement.h"

#include <stdexcept>

namespace murmur {

bool has_metis() {
    return false;
}

std::vector<std::uint16_t> parts_by_metis(const PlacementProblem& /*problem*/) {
    throw std::invalid_argument("--placement: got metis, but this build has none");
}

}  // namespace murmur
