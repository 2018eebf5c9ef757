// A build without an engine for ranks.

#include "emulator/ranks/exchange.h"
#include "emulator/ranks/launcher.h"

#include <stdexcept>

namespace murmur {

std::unique_ptr<Exchange> launched_exchange() {
    if (launched_place().size > 1) {
        throw std::runtime_error(
            "a launcher has started several ranks, but this build has no MPI; install "
            "libopenmpi-dev and build again");
    }
    return nullptr;
}

}  // namespace murmur
