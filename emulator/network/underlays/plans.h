#pragma once

#include "emulator/base/quantity.h"
#include "emulator/network/network_plan.h"
#include "emulator/network/underlays/underlay_spec.h"

#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/underlay.h"

#include <string_view>
#include <vector>

namespace murmur {

// One function a form of `--underlay`.  All throw std::invalid_argument, naming the option.

[[nodiscard]] NetworkPlan plan_wan(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_regions(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_p2p(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_graphml(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_brite(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_rocketfuel(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_inet(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_leaf_spine(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_fat_tree(const UnderlayRequest& request);
[[nodiscard]] NetworkPlan plan_sites(const UnderlayRequest& request);

// The ns-3 side of the plans, by kind.

[[nodiscard]] ns3::Ptr<ns3::murmuration::Underlay> make_wide_area(const NetworkPlan& plan,
                                                                  NodeId num_nodes);
[[nodiscard]] ns3::Ptr<ns3::murmuration::Underlay> make_point_to_point(const NetworkPlan& plan,
                                                                       NodeId num_nodes);
[[nodiscard]] ns3::Ptr<ns3::murmuration::Underlay> make_routed(const NetworkPlan& plan);

// What several of them need.

/// Draws one value per item, each from the stream of (seed, purpose, item).
[[nodiscard]] std::vector<double> draw_all(const Distribution& distribution,
                                           const NetworkOptions& options,
                                           std::string_view purpose,
                                           std::size_t count);
/// Draws the rates of the access links into a plan.
void draw_access_rates(const NetworkOptions& options, NetworkPlan& plan);
/// Reads R lines of R one-way latencies with units, separated by blanks or commas.
[[nodiscard]] std::vector<std::vector<double>> read_latency_matrix(const std::string& path);

[[nodiscard]] ns3::DataRate data_rate(double bps);
[[nodiscard]] ns3::Time latency_time(double seconds);

}  // namespace murmur
