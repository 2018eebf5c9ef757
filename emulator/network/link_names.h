#pragma once

#include "ns3/underlay.h"

#include <string>
#include <vector>

namespace murmur {

/// Returns the names of all links, as result files have them and traces take them: different ones,
/// each a cell of a CSV file.  Parallel links, which have one name in the underlay, are "A to B
/// #1", "A to B #2".
[[nodiscard]] std::vector<std::string> link_names(const ns3::murmuration::Underlay& underlay);

/// Returns the names of links that are down: of the first ones, and how many more there are; empty
/// where all are up.
[[nodiscard]] std::string links_down(const ns3::murmuration::Underlay& underlay);

}  // namespace murmur
