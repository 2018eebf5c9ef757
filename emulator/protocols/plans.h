#pragma once

#include "emulator/protocols/protocol_plan.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace murmur {

/// Plans a protocol for so many nodes.
/// @throws std::invalid_argument  where an option is wrong
using ProtocolMake = std::function<ProtocolPlan(const Options& options, NodeId num_nodes)>;
using ProtocolRegistry = Registry<ProtocolMake>;

/// Returns the protocols that `--protocol` may name: ours, and those that a program adds.
[[nodiscard]] ProtocolRegistry& protocols();

/// Registers those of this folder's files.
void register_all(ProtocolRegistry& registry);

// What several of them need.

/// Reads a whole number from 1 to `most`; what was declared, or `most` where that is less, where
/// the user gave none.
/// @throws std::invalid_argument  on any other text
[[nodiscard]] std::int64_t integer_or_fewer(const Options& options,
                                            std::string_view key,
                                            std::int64_t most);

/// Reads a time above 0.
/// @throws std::invalid_argument  "protocol NAME: KEY: ..." where it is no such time
[[nodiscard]] SimTime time_option(const Options& options, std::string_view key);

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
