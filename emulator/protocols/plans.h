#pragma once

#include "emulator/protocols/protocol_plan.h"
#include "learning/spec.h"

namespace murmur {

/// Plans the protocol of one file of this folder; `spec` names it.
/// @throws std::invalid_argument  where an option is wrong
using ProtocolPlanner = ProtocolPlan(const Spec& spec, NodeId num_nodes);
ProtocolPlanner plan_dpsgd;
ProtocolPlanner plan_dpsgd_sampler;
ProtocolPlanner plan_secure_dpsgd;
ProtocolPlanner plan_el_oracle;
ProtocolPlanner plan_el_local;
ProtocolPlanner plan_fedavg;
ProtocolPlanner plan_stc;
ProtocolPlanner plan_knn;
ProtocolPlanner plan_ad_psgd;
ProtocolPlanner plan_gossip;
ProtocolPlanner plan_local;

// What several of them need.

/// Reads the options of a protocol.
/// @throws std::invalid_argument  "protocol NAME: ..." on a key that is not allowed
[[nodiscard]] SpecOptions protocol_options(const Spec& spec,
                                           const std::vector<std::string>& allowed = {});

/// Returns a time above 0 that must be given.
/// @throws std::invalid_argument  "protocol NAME: KEY: ..." where it is missing or no such time
[[nodiscard]] SimTime required_time(const Spec& spec,
                                    const SpecOptions& options,
                                    const std::string& key);

/// Returns a plan whose nodes all run a `P` made from these arguments.
template <class P, class... Args>
[[nodiscard]] ProtocolPlan plan_of(Args... args) {
    ProtocolPlan plan;
    plan.make = [args...](NodeContext& node) { return std::make_unique<P>(node, args...); };
    return plan;
}

/// Draws `count` different nodes other than `self`, in ascending order.
/// @pre count < num_nodes
[[nodiscard]] std::vector<NodeId> random_peers(RandomStream stream,
                                               NodeId self,
                                               NodeId num_nodes,
                                               NodeId count);

}  // namespace murmur
