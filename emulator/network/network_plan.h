#pragma once

#include "topologies/graph.h"
#include "topologies/router_graph.h"

#include <string>
#include <vector>

namespace murmur {

/// Links, rates and latencies of a run, drawn from the options before ns-3 is touched.
struct NetworkPlan {
    enum class Kind {
        kWideArea,  ///< an uplink and a downlink per node, pairwise latency
        kEdges,     ///< a link per edge of the overlay
        kRouted,    ///< nodes attached to routers
        kGiven,     ///< the caller brings a network of its own
    };
    struct Edge {
        NodeId first;
        NodeId second;
        double rate_bps;
        double latency_s;
    };

    Kind kind = Kind::kWideArea;
    // kWideArea, kRouted
    std::vector<double> up_bps;            ///< [num_nodes]; empty where nodes have no access link
    std::vector<double> down_bps;          ///< [num_nodes]
    std::vector<double> access_latency_s;  ///< [num_nodes]; empty with a matrix or no access link
    // kWideArea
    std::vector<std::vector<double>> latency_matrix_s;  ///< [regions][regions], or empty
    // kEdges
    std::vector<Edge> edges;
    // kRouted
    RouterGraph routers;
    std::vector<RouterId> attached;  ///< [num_nodes]

    std::vector<std::string> notes;  ///< what was made of each file, a line each
};

}  // namespace murmur
