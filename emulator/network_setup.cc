#include "emulator/network_setup.h"

#include "emulator/quantity.h"
#include "emulator/sim_time.h"
#include "learning/random_stream.h"

#include "ns3/edge-underlay.h"
#include "ns3/latency-model.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace murmur {

namespace {

/// Reads R lines of R one-way latencies with units, separated by blanks or commas.
std::vector<std::vector<double>> read_latency_matrix(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        throw std::invalid_argument(fmt::format("--latency-matrix: cannot read {}", path));
    }
    std::vector<std::vector<double>> matrix;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        std::replace(line.begin(), line.end(), ',', ' ');
        std::istringstream fields(line);
        std::vector<double> row;
        for (std::string field; fields >> field;) {
            row.push_back(parse_time(fmt::format("--latency-matrix: {}:{}", path, number), field));
        }
        if (!row.empty()) {
            matrix.push_back(std::move(row));
        }
    }
    for (std::size_t row = 0; row < matrix.size(); ++row) {
        if (matrix[row].size() != matrix.size()) {
            throw std::invalid_argument(
                fmt::format("--latency-matrix: row {} of {} has {} values, allowed {} (as many as "
                            "there are rows)",
                            row + 1,
                            path,
                            matrix[row].size(),
                            matrix.size()));
        }
    }
    if (matrix.empty()) {
        throw std::invalid_argument(fmt::format("--latency-matrix: {} holds no value", path));
    }
    return matrix;
}

std::vector<double> draw_all(const Distribution& distribution,
                             const ExperimentOptions& options,
                             std::string_view purpose,
                             std::size_t count) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        RandomStream stream(stream_seed(options.seed, purpose, i));
        values[i] = distribution.draw(stream, i);
    }
    return values;
}

NetworkPlan plan_wan(const ExperimentOptions& options) {
    const Distribution up("--rate", options.rate, parse_rate);
    NetworkPlan plan;
    plan.up_bps = draw_all(up, options, "rate", options.nodes);
    if (options.downlink_rate.empty()) {
        plan.down_bps = plan.up_bps;
    } else {
        const Distribution down("--downlink-rate", options.downlink_rate, parse_rate);
        plan.down_bps = draw_all(down, options, "downlink-rate", options.nodes);
    }
    if (options.latency_matrix.empty()) {
        const Distribution latency("--latency", options.latency, parse_time);
        plan.access_latency_s = draw_all(latency, options, "latency", options.nodes);
    } else {
        plan.latency_matrix_s = read_latency_matrix(options.latency_matrix);
    }
    return plan;
}

NetworkPlan plan_p2p(const ExperimentOptions& options, const Graph& overlay) {
    if (!options.downlink_rate.empty() || !options.latency_matrix.empty()) {
        throw std::invalid_argument(
            "--underlay: p2p links take --rate and --latency; --downlink-rate and --latency-matrix "
            "need --underlay=wan");
    }
    const auto edges = sorted_edges(overlay);
    const std::vector<double> rates =
        draw_all(Distribution("--rate", options.rate, parse_rate), options, "rate", edges.size());
    const std::vector<double> latencies = draw_all(
        Distribution("--latency", options.latency, parse_time), options, "latency", edges.size());
    NetworkPlan plan;
    for (std::size_t i = 0; i < edges.size(); ++i) {
        plan.edges.push_back({edges[i].first, edges[i].second, rates[i], latencies[i]});
    }
    return plan;
}

ns3::DataRate data_rate(double bps) {
    // DataRate counts whole bits per second in 64 bits; neither bound is met by a real link.
    return ns3::DataRate(static_cast<std::uint64_t>(std::round(std::clamp(bps, 1.0, 1e18))));
}

ns3::Time latency_time(double seconds) {
    return ns3::NanoSeconds(from_seconds(seconds).count());
}

ns3::Ptr<ns3::murmuration::LatencyModel> make_latency_model(const NetworkPlan& plan,
                                                            NodeId num_nodes) {
    if (!plan.latency_matrix_s.empty()) {
        std::vector<std::vector<ns3::Time>> latencies;
        for (const std::vector<double>& row : plan.latency_matrix_s) {
            auto& times = latencies.emplace_back();
            std::transform(row.begin(), row.end(), std::back_inserter(times), latency_time);
        }
        std::vector<std::uint32_t> regions(num_nodes);
        for (NodeId node = 0; node < num_nodes; ++node) {
            regions[node] = node % static_cast<NodeId>(latencies.size());
        }
        auto model = ns3::CreateObject<ns3::murmuration::MatrixLatencyModel>();
        model->SetRegions(latencies, regions);
        return model;
    }
    // Two nodes are apart by the mean of their latencies: the sum of half of each.
    std::vector<ns3::Time> halves;
    for (const double latency : plan.access_latency_s) {
        halves.push_back(latency_time(latency / 2));
    }
    auto model = ns3::CreateObject<ns3::murmuration::AccessLatencyModel>();
    model->SetLatencies(halves);
    return model;
}

}  // namespace

NetworkPlan plan_network(const ExperimentOptions& options, const Graph& overlay) {
    const std::vector<std::string>& networks = ns3::murmuration::TransportHelper::GetFidelities();
    if (std::find(networks.begin(), networks.end(), options.network) == networks.end()) {
        throw std::invalid_argument(fmt::format(
            "--network: got '{}', allowed {}", options.network, fmt::join(networks, ", ")));
    }
    if (options.underlay == "wan") {
        return plan_wan(options);
    }
    if (options.underlay == "p2p") {
        return plan_p2p(options, overlay);
    }
    throw std::invalid_argument(
        fmt::format("--underlay: got '{}', allowed wan, p2p", options.underlay));
}

ns3::Ptr<ns3::murmuration::Underlay> make_underlay(const NetworkPlan& plan, NodeId num_nodes) {
    if (plan.up_bps.empty()) {
        auto underlay = ns3::CreateObject<ns3::murmuration::EdgeUnderlay>(num_nodes);
        for (const NetworkPlan::Edge& edge : plan.edges) {
            underlay->AddEdge(
                {edge.first, edge.second, data_rate(edge.rate_bps), latency_time(edge.latency_s)});
        }
        return underlay;
    }
    auto underlay = ns3::CreateObject<ns3::murmuration::WanUnderlay>();
    for (NodeId node = 0; node < num_nodes; ++node) {
        underlay->AddNode(data_rate(plan.up_bps[node]), data_rate(plan.down_bps[node]));
    }
    underlay->SetLatencyModel(make_latency_model(plan, num_nodes));
    return underlay;
}

}  // namespace murmur
