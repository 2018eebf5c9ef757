#pragma once

#include "tests/reality/outcome.h"

#include <cstdint>
#include <string>

namespace murmur::reality {

/// Why a network cannot carry a job; empty if it can.
[[nodiscard]] std::string why_not(const RealityJob& job, const std::string& network);

/// Carries a job over a network of the ns-3 module.
/// @param draw  which packets are lost by chance, if any are, and when hosts start: as the job says
///     in draw 0; in others up to half a millisecond later, and packets up to 130 us
/// @pre why_not() is empty
[[nodiscard]] Outcome simulate(const RealityJob& job,
                               const std::string& network,
                               std::int64_t draw = 0);

}  // namespace murmur::reality
