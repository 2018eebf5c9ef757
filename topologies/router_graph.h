#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace murmur {

/// Routers are numbered 0 ... R-1 in the order in which they were added.
using RouterId = std::uint32_t;

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
    std::vector<RouterId> access;  ///< the routers that nodes are attached to, in order

    RouterId add_router(std::string name);
    /// Adds a link in each direction; routes cost their latency.
    void join(RouterId first, RouterId second, double rate_bps, double latency_s);
};

/// Returns, for each router, the number of its piece: any two routers of one piece reach each
/// other, and there is no way both there and back between two pieces.
[[nodiscard]] std::vector<std::uint32_t> pieces(const RouterGraph& graph);

}  // namespace murmur
