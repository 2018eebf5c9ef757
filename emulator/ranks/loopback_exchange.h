#pragma once

#include "emulator/ranks/exchange.h"

#include <memory>
#include <vector>

namespace murmur {

/// Makes exchanges of several ranks within one process, for tests.  Each lives on its own; what is
/// sent to one that is gone is lost.
[[nodiscard]] std::vector<std::unique_ptr<Exchange>> make_loopback_exchanges(unsigned size);

}  // namespace murmur
