#pragma once

#include "emulator/network/network_options.h"
#include "emulator/network/network_plan.h"
#include "tools/text/registry.h"
#include "topologies/graph.h"

#include <functional>
#include <string_view>

namespace murmur {

/// What an underlay is planned from.
struct UnderlayRequest {
    const Options& options;  ///< its own: what follows the colon of `--underlay`
    const NetworkOptions&
        network;           ///< all others; `rate`, `latency`, ... are for those who heed them
    const Graph& overlay;  ///< the pairs of nodes that must reach each other
};

/// Plans an underlay: what the bytes travel over.  The plan says how ns-3 is to build it, by
/// `build`; nothing touches ns-3 before the run.
///
///     underlays().add({"tree", "a binary tree", {named("rate", "1Gbps", "of each link")}},
///                     {.plan = plan_tree});
struct UnderlayMake {
    /// Draws what is random in it, from `request.network.seed` alone.
    /// @throws std::invalid_argument  on an option that is wrong or would not be heeded
    std::function<NetworkPlan(const UnderlayRequest&)> plan{};
    /// Whether it has a link for each pair of nodes that exchange messages, and no other way: pairs
    /// must then be known, and be the same in every round.
    bool links_pairs = false;
};
using UnderlayRegistry = Registry<UnderlayMake>;

/// Returns the underlays that `--underlay` may name: ours, and those that a program adds.
[[nodiscard]] UnderlayRegistry& underlays();

/// Registers those of this folder's files.
void register_all(UnderlayRegistry& registry);

/// Tells whether `spec` names an underlay with a link for each pair; no, where there is no such
/// underlay.
[[nodiscard]] bool links_pairs(std::string_view spec);

}  // namespace murmur
