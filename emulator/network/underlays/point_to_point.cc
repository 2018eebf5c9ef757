#include "emulator/network/underlays/plans.h"

#include "ns3/edge-underlay.h"

#include <stdexcept>

namespace murmur {

namespace {

ns3::Ptr<ns3::murmuration::Underlay> make_point_to_point(const NetworkPlan& plan,
                                                         NodeId num_nodes) {
    auto underlay = ns3::CreateObject<ns3::murmuration::EdgeUnderlay>(num_nodes);
    for (const NetworkPlan::Edge& edge : plan.edges) {
        underlay->AddEdge(
            {edge.first, edge.second, data_rate(edge.rate_bps), latency_time(edge.latency_s)});
    }
    return underlay;
}

NetworkPlan plan_p2p(const UnderlayRequest& request) {
    const NetworkOptions& options = request.network;
    if (!options.downlink_rate.empty() || !options.latency_matrix.empty()) {
        throw std::invalid_argument(
            "--underlay: p2p links take --rate and --latency; --downlink-rate and --latency-matrix "
            "need --underlay=wan");
    }
    const auto edges = sorted_edges(request.overlay);
    const std::vector<double> rates =
        draw_all(Distribution("--rate", options.rate, parse_rate), options, "rate", edges.size());
    const std::vector<double> latencies = draw_all(
        Distribution("--latency", options.latency, parse_time), options, "latency", edges.size());
    NetworkPlan plan;
    plan.build = make_point_to_point;
    for (std::size_t i = 0; i < edges.size(); ++i) {
        plan.edges.push_back({edges[i].first, edges[i].second, rates[i], latencies[i]});
    }
    return plan;
}

}  // namespace

void register_point_to_point(UnderlayRegistry& registry) {
    registry.add({"p2p", "a link per edge of the overlay"},
                 {.plan = plan_p2p, .links_pairs = true});
}

}  // namespace murmur
