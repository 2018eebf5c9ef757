#include "emulator/base/naming.h"
#include "emulator/base/sim_time.h"
#include "emulator/network/underlays/plans.h"
#include "learning/random_stream.h"
#include "topologies/cloud_regions.h"
#include "topologies/text_files.h"

#include "ns3/latency-model.h"
#include "ns3/wan-underlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace murmur {

namespace {

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

ns3::Ptr<ns3::murmuration::Underlay> make_wide_area(const NetworkPlan& plan, NodeId num_nodes) {
    auto underlay = ns3::CreateObject<ns3::murmuration::WanUnderlay>();
    for (NodeId node = 0; node < num_nodes; ++node) {
        underlay->AddNode(data_rate(plan.up_bps[node]), data_rate(plan.down_bps[node]));
    }
    underlay->SetLatencyModel(make_latency_model(plan, num_nodes));
    return underlay;
}

NetworkPlan plan_wan(const UnderlayRequest& request) {
    const NetworkOptions& options = request.network;
    NetworkPlan plan;
    plan.build = make_wide_area;
    draw_access_rates(options, plan);
    if (options.latency_matrix.empty()) {
        const Distribution latency("--latency", options.latency, parse_time);
        plan.access_latency_s = draw_all(latency, options, "latency", options.nodes);
    } else {
        plan.latency_matrix_s = read_latency_matrix(options.latency_matrix);
    }
    return plan;
}

NetworkPlan plan_regions(const UnderlayRequest& request) {
    if (!request.network.latency_matrix.empty()) {
        request.options.refuse("the latencies are built in; --latency-matrix needs --underlay=wan");
    }
    NetworkPlan plan;
    plan.build = make_wide_area;
    draw_access_rates(request.network, plan);
    const std::vector<std::string> names = request.options.list("names");
    plan.latency_matrix_s = naming(request.options.where(), [&names] {
        return names.empty() ? cloud_regions().one_way_s
                             : choose(cloud_regions(), {names.begin(), names.end()}).one_way_s;
    });
    return plan;
}

}  // namespace

std::vector<std::vector<double>> read_latency_matrix(const std::string& path) {
    std::vector<std::vector<double>> matrix;
    naming("--latency-matrix", [&] {
        for (LineReader lines(path); lines.next();) {
            std::string text(lines.line());
            std::replace_if(
                text.begin(), text.end(), [](char c) { return c == ',' || c == ';'; }, ' ');
            std::vector<double> row;
            for (const std::string_view field : fields_of(text)) {
                row.push_back(
                    parse_time(fmt::format("{}:{}", shown(path, 200), lines.line_number()), field));
            }
            if (!row.empty()) {
                matrix.push_back(std::move(row));
            }
        }
    });
    for (std::size_t row = 0; row < matrix.size(); ++row) {
        if (matrix[row].size() != matrix.size()) {
            throw std::invalid_argument(
                fmt::format("--latency-matrix: row {} of {} has {} values, allowed {} (as many as "
                            "there are rows)",
                            row + 1,
                            shown(path, 200),
                            matrix[row].size(),
                            matrix.size()));
        }
    }
    if (matrix.empty()) {
        throw std::invalid_argument(
            fmt::format("--latency-matrix: {} holds no value", shown(path, 200)));
    }
    return matrix;
}

std::vector<double> draw_all(const Distribution& distribution,
                             const NetworkOptions& options,
                             std::string_view purpose,
                             std::size_t count) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        RandomStream stream(stream_seed(options.seed, purpose, i));
        values[i] = distribution.draw(stream, i);
    }
    return values;
}

void draw_access_rates(const NetworkOptions& options, NetworkPlan& plan) {
    const Distribution up("--rate", options.rate, parse_rate);
    plan.up_bps = draw_all(up, options, "rate", options.nodes);
    if (options.downlink_rate.empty()) {
        plan.down_bps = plan.up_bps;
    } else {
        const Distribution down("--downlink-rate", options.downlink_rate, parse_rate);
        plan.down_bps = draw_all(down, options, "downlink-rate", options.nodes);
    }
}

ns3::DataRate data_rate(double bps) {
    // DataRate counts whole bits per second in 64 bits; neither bound is met by a real link.
    return ns3::DataRate(static_cast<std::uint64_t>(std::round(std::clamp(bps, 1.0, 1e18))));
}

ns3::Time latency_time(double seconds) {
    return ns3::NanoSeconds(from_seconds(seconds).count());
}

void register_wide_area(UnderlayRegistry& registry) {
    registry.add({"wan", "an uplink and a downlink per node, pairwise latency"}, {plan_wan});
    registry.add(
        {"regions",
         "as wan, with the latencies between regions of a public cloud; node i is in region i mod "
         "R",
         {may_be_left_out(rest("names", "NAME,...", "regions, as us-east,eu-west; without: all"))}},
        {plan_regions});
}

}  // namespace murmur
