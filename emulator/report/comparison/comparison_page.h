#pragma once

#include "emulator/report/comparison/comparison.h"

#include <string>

namespace murmur::compare {

/// Returns the comparison as one HTML page, well-formed XML too: what differs, curves of each
/// setting against time, bytes and rounds with the 95 % interval of their means, and a table.
[[nodiscard]] std::string render(const Comparison& comparison);

}  // namespace murmur::compare
