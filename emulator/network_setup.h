#pragma once

#include "emulator/experiment_options.h"
#include "topologies/graph.h"

#include "ns3/underlay.h"

#include <vector>

namespace murmur {

/// Link rates and latencies of a run, drawn from the options before ns-3 is touched.
struct NetworkPlan {
    struct Edge {
        NodeId first;
        NodeId second;
        double rate_bps;
        double latency_s;
    };

    // wan
    std::vector<double> up_bps;    ///< [num_nodes]
    std::vector<double> down_bps;  ///< [num_nodes]
    std::vector<double> access_latency_s;              ///< [num_nodes]; empty with a matrix
    std::vector<std::vector<double>> latency_matrix_s;  ///< [regions][regions], or empty
    // p2p
    std::vector<Edge> edges;
};

/// Checks the options of the network and draws what is random in it.
/// @throws std::invalid_argument  naming the option
[[nodiscard]] NetworkPlan plan_network(const ExperimentOptions& options, const Graph& overlay);

/// Makes the underlay that a plan describes.
[[nodiscard]] ns3::Ptr<ns3::murmuration::Underlay> make_underlay(const NetworkPlan& plan,
                                                                 NodeId num_nodes);

}  // namespace murmur
