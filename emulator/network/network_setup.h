#pragma once

#include "emulator/network/network_options.h"
#include "emulator/network/network_plan.h"
#include "topologies/graph.h"

#include "ns3/underlay.h"

namespace murmur {

/// Checks the options of the network and draws what is random in it.
/// @throws std::invalid_argument  naming the option; also where two neighbors of the overlay have
///                                no route
[[nodiscard]] NetworkPlan plan_network(const NetworkOptions& options, const Graph& overlay);

/// Checks the options of a run whose caller brings a network of its own.
/// @throws std::invalid_argument  where the options ask for another one
[[nodiscard]] NetworkPlan plan_given_network(const NetworkOptions& options);

/// @throws std::invalid_argument  where two neighbors of `overlay` have no route, naming them
void require_routes(const NetworkPlan& plan, const Graph& overlay);

/// Makes the underlay that a plan describes.
/// @pre plan.build is there
[[nodiscard]] ns3::Ptr<ns3::murmuration::Underlay> make_underlay(const NetworkPlan& plan,
                                                                 NodeId num_nodes);

}  // namespace murmur
