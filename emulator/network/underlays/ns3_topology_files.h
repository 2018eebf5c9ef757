#pragma once

#include "topologies/router_graph.h"

#include <optional>
#include <string>

namespace murmur {

/// What files of topologies say nothing of.
struct Ns3TopologyLinks {
    double rate_bps;                         ///< of every link, each way
    std::optional<double> latency_s;         ///< of every link, one way; or
    std::optional<double> weight_latency_s;  ///< one way, of each unit of a link's weight
};

/// Reads an Inet topology with `ns3::InetTopologyReader`: a line "NODES LINKS", a line "id x y" a
/// node, a line "from to weight" a link.
/// @throws std::invalid_argument  "PATH:LINE: what is wrong"
[[nodiscard]] RouterGraph read_inet(const std::string& path, const Ns3TopologyLinks& links);

/// Reads a Rocketfuel topology with `ns3::RocketfuelTopologyReader`: weights ("from to weight" a
/// line), or maps (`uid @loc [+] [bb] (neighbors) [&ext] -> <uid> <uid> ... {-euid} ... =name rN`),
/// routers of every radius.  Pairs that are listed twice are one link.
/// @throws std::invalid_argument  "PATH:LINE: what is wrong"; also where a map is read with a
///                                latency by weight, which it does not have
[[nodiscard]] RouterGraph read_rocketfuel(const std::string& path, const Ns3TopologyLinks& links);

}  // namespace murmur
