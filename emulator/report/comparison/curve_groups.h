#pragma once

#include "emulator/report/comparison/comparison.h"

#include <cstddef>
#include <string>
#include <vector>

namespace murmur::compare {

/// Settings whose curves share a chart.
struct CurveGroup {
    std::string name;                   ///< what they have in common: `rate=10Mbps`; may be empty
    std::vector<std::size_t> settings;  ///< places in `Comparison::settings`
    std::vector<std::string> names;     ///< of their curves: what tells them apart
};

/// Parts the settings of a comparison into groups of at most `most`: by the values of an option
/// that differs, and of another one where that leaves too many.  The option is the one that keeps
/// most methods (protocol, sharing, ...) side by side in each group; of equals one that leaves no
/// group too large, then the one that makes the fewest groups, then the first.  Where each setting
/// would have a group of its own, groups are of settings that follow one another.
[[nodiscard]] std::vector<CurveGroup> curve_groups(const Comparison& comparison, std::size_t most);

}  // namespace murmur::compare
