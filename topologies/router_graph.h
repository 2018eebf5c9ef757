#pragma once

#include "topologies/read_summary.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace murmur {

/// Routers are numbered 0 ... R-1 in the order in which they were added.
using RouterId = std::uint32_t;

/// The longest latency of a link: a path of a hundred thousand of them still adds up in 64 bits of
/// nanoseconds.
inline constexpr double kLongestLatency_s = 1e4;

/// Routers and the links between them: the core of an underlay, as a description.
struct RouterGraph {
    /// One direction.
    struct Link {
        RouterId from;
        RouterId to;
        double rate_bps;   ///< above 0
        double latency_s;  ///< one way, 0 or more
        double cost_s;     ///< what counts when routes are chosen: mostly the latency
    };

    std::vector<std::string> routers;  ///< names, by RouterId
    std::vector<Link> links;
    std::vector<RouterId> access;       ///< the routers that nodes are attached to, in order
    std::optional<ReadSummary> read{};  ///< where it comes from a file

    RouterId add_router(std::string name);
    /// Adds a link in each direction; routes cost their latency.
    void join(RouterId first, RouterId second, double rate_bps, double latency_s);
};

/// Returns, for each router, the number of its component: any two routers of one component reach
/// each other, and there is no way both there and back between two components.
[[nodiscard]] std::vector<std::uint32_t> components(const RouterGraph& graph);

/// Returns the part of a graph that is its component with most routers.
[[nodiscard]] RouterGraph largest_component(const RouterGraph& graph);

/// Counts nodes, links (of two opposite directions between two routers each), links of one
/// direction, parallel ones and components into the summary of a graph.
/// @pre graph.read
void count_links(RouterGraph& graph);

}  // namespace murmur
