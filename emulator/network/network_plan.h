#pragma once

#include "topologies/graph.h"
#include "topologies/router_graph.h"

#include "ns3/underlay.h"

#include <functional>
#include <string>
#include <vector>

namespace murmur {

/// Links, rates and latencies of a run, drawn from the options before ns-3 is touched.  An underlay
/// fills in what it has; `build` makes of it what ns-3 simulates.
struct NetworkPlan {
    struct Edge {
        NodeId first;
        NodeId second;
        double rate_bps;
        double latency_s;
    };

    // Access links, where nodes have them.
    std::vector<double> up_bps;            ///< [num_nodes]; empty where nodes have no access link
    std::vector<double> down_bps;          ///< [num_nodes]
    std::vector<double> access_latency_s;  ///< [num_nodes]; empty with a matrix or no access link
    // Pairwise latencies.
    std::vector<std::vector<double>> latency_matrix_s;  ///< [regions][regions], or empty
    // A link per pair of nodes.
    std::vector<Edge> edges;
    // Routers, and the nodes attached to them; empty where there are none.
    RouterGraph routers;
    std::vector<RouterId> attached;  ///< [num_nodes]

    std::vector<std::string> notes;  ///< what was made of each file, a line each

    /// Makes the links in ns-3, of a plan of this kind; called for each use of it, the same each
    /// time.  Empty where the caller of a run brings a network of its own.
    std::function<ns3::Ptr<ns3::murmuration::Underlay>(const NetworkPlan& plan, NodeId num_nodes)>
        build{};
};

}  // namespace murmur
