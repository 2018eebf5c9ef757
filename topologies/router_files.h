#pragma once

#include "topologies/router_graph.h"

#include <optional>
#include <string>

namespace murmur {

/// What links get where their file does not say, or says it in units of its own.
struct LinkDefaults {
    std::optional<double> rate_bps{};              ///< in each direction
    std::optional<double> latency_s{};             ///< one way
    std::optional<double> latency_s_per_weight{};  ///< of each unit of a link's weight
    std::optional<double> rate_bps_per_unit{};     ///< of a rate that is a number without unit
};

// All readers return every router as one that nodes may attach to, under names that are different,
// with what was made of the file.  They throw std::invalid_argument as "PATH:LINE: what is wrong,
// got X, allowed Y", also where a link has no rate or no latency in the file and there is no
// default.  A gzip file is read as what is in it.  Links that join a router to itself are left out
// and counted; parallel links are kept.

/// Reads a network in GraphML, as the Internet Topology Zoo [Knight, 2011], yEd and networkx write
/// it.  Names of data may have capitals, blanks and hyphens.
///
/// - Rate: `LinkSpeedRaw` in bits per second, `LinkSpeed` with `LinkSpeedUnits` (K, M, G, T), or a
///   `rate`, `bandwidth`, `capacity`, `speed` or `bw` with its unit, or without where the graph has
///   a `capacity_unit` or `bandwidth_unit`, or there is a `rate_bps_per_unit`.
/// - Latency: a `latency` or `delay` with its unit, or without where the graph has a
///   `latency_unit` or `delay_unit`; a `latency`, `delay`, `weight`, `distance`, `dist` or `length`
///   without, where there is a `latency_s_per_weight`; else it follows from the `Latitude` and
///   `Longitude` of its ends (see `great_circle_latency`).
/// - Name of a router: its `label`, its `name`, or what yEd draws at it; else its id.
/// - Edges of a directed graph that have an opposite are one direction of a link, others are both.
///
/// - [Knight, 2011] S. Knight et al. The Internet Topology Zoo. IEEE JSAC 29(9):1765-1775.
[[nodiscard]] RouterGraph read_zoo_graphml(const std::string& path, const LinkDefaults& defaults);

/// Reads a network that the generator BRITE has written [Medina, 2001]: delays are milliseconds,
/// bandwidths Mbps; negative ones are none.  Edges marked `D` have one direction.
/// - [Medina, 2001] A. Medina, A. Lakhina, I. Matta and J. Byers. BRITE: an approach to universal
///   topology generation. MASCOTS 2001.
[[nodiscard]] RouterGraph read_brite(const std::string& path, const LinkDefaults& defaults);

/// Reads a network that the generator Inet has written [Winick, 2002]: a line "NODES LINKS", a line
/// "id x y" a node, a line "from to weight" a link.
/// - [Winick, 2002] J. Winick and S. Jamin. Inet-3.0: Internet topology generator. Tech. report
///   CSE-TR-456-02, University of Michigan.
[[nodiscard]] RouterGraph read_inet(const std::string& path, const LinkDefaults& defaults);

/// Reads a network that Rocketfuel has measured [Spring, 2002]: weights or latencies ("from to
/// weight" a line), or a map (`uid @loc [+] [bb] (neighbors) [&ext] -> <uid> ... {-euid} ... =name
/// rN`), routers of every radius, those of other networks (`-euid`) left out.  A link that is
/// listed for each direction is one, with the weight of each.
/// - [Spring, 2002] N. Spring, R. Mahajan and D. Wetherall. Measuring ISP topologies with
///   Rocketfuel. SIGCOMM 2002.
/// @throws std::invalid_argument  also where a map, which has no weights, is read with latencies by
///                                weight
[[nodiscard]] RouterGraph read_rocketfuel(const std::string& path, const LinkDefaults& defaults);

/// A place on Earth.
struct Place {
    double latitude_deg;   ///< -90 ... 90
    double longitude_deg;  ///< -180 ... 180
};

/// Returns how long light in fiber takes along the great circle between two places, one way in
/// seconds: distance on a sphere of 6371.0088 km (haversine formula), at 2/3 of 299792.458 km/s.
[[nodiscard]] double great_circle_latency(const Place& a, const Place& b);

}  // namespace murmur
