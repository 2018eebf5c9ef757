#pragma once

#include "topologies/router_graph.h"

#include <string>
#include <vector>

namespace murmur {

/// What a link between routers can do.
struct LinkQuality {
    double rate_bps;   ///< in each direction
    double latency_s;  ///< one way
};

/// Returns a leaf-spine fabric (a folded Clos network of two stages): every leaf is joined to every
/// spine, and nodes attach to the leaves.
/// @throws std::invalid_argument  where there is no leaf or no spine
[[nodiscard]] RouterGraph leaf_spine(std::uint32_t leaves, std::uint32_t spines, LinkQuality link);

/// Returns the fat tree of k-port switches [Al-Fares, 2008]: k pods of k/2 edge and k/2 aggregation
/// switches, (k/2)^2 core switches; aggregation switch a of each pod is joined to the core switches
/// a k/2 ... (a + 1) k/2 - 1.  Nodes attach to the edge switches, in the original k/2 each.
/// @throws std::invalid_argument  where k is odd or below 2
/// - [Al-Fares, 2008] M. Al-Fares, A. Loukissas and A. Vahdat. A scalable, commodity data center
///   network architecture. SIGCOMM 2008.
[[nodiscard]] RouterGraph fat_tree(std::uint32_t k, LinkQuality link);

/// Returns sites far apart: each has a switch, which its nodes attach to, and a gateway, joined to
/// the switch by `uplink`, which all traffic to other sites shares.  From gateway to gateway there
/// is one link each way, of the uplink's rate and the latency of the matrix, and routes between two
/// sites take that link alone: a measured matrix may well have a detour that is shorter.
/// @param latencies_s  one way, [from site][to site]; the diagonal is not looked at
/// @throws std::invalid_argument  where there are no sites, or where the matrix is not theirs
[[nodiscard]] RouterGraph sites(const std::vector<std::string>& names,
                                const std::vector<std::vector<double>>& latencies_s,
                                LinkQuality uplink);

}  // namespace murmur
