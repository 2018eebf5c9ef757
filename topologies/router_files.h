#pragma once

#include "topologies/router_graph.h"

#include <optional>
#include <string>

namespace murmur {

/// What links get where their file does not say.
struct LinkDefaults {
    std::optional<double> rate_bps;   ///< in each direction
    std::optional<double> latency_s;  ///< one way
};

// All readers return every router as one that nodes may attach to.  They throw
// std::invalid_argument as "PATH:LINE: what is wrong, got X, allowed Y", also where a link has no
// rate or no latency in the file and there is no default.

/// Reads a network in the GraphML form of the Internet Topology Zoo [Knight, 2011]: an edge's
/// `LinkSpeedRaw` is its rate in bits per second, its latency follows from the `Latitude` and
/// `Longitude` of its ends (see `great_circle_latency`), a node's `label` is its name.  Parallel
/// edges are parallel links.
/// - [Knight, 2011] S. Knight et al. The Internet Topology Zoo. IEEE JSAC 29(9):1765-1775.
[[nodiscard]] RouterGraph read_zoo_graphml(const std::string& path, const LinkDefaults& defaults);

/// Reads a network that the generator BRITE has written [Medina, 2001]: delays are milliseconds,
/// bandwidths Mbps; negative ones are none.  Edges marked `D` have one direction.
/// - [Medina, 2001] A. Medina, A. Lakhina, I. Matta and J. Byers. BRITE: an approach to universal
///   topology generation. MASCOTS 2001.
[[nodiscard]] RouterGraph read_brite(const std::string& path, const LinkDefaults& defaults);

/// A place on Earth.
struct Place {
    double latitude_deg;   ///< -90 ... 90
    double longitude_deg;  ///< -180 ... 180
};

/// Returns how long light in fiber takes along the great circle between two places, one way in
/// seconds: distance on a sphere of 6371.0088 km (haversine formula), at 2/3 of 299792.458 km/s.
[[nodiscard]] double great_circle_latency(const Place& a, const Place& b);

}  // namespace murmur
