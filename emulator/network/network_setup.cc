#include "emulator/network/network_setup.h"

#include "emulator/network/transports.h"
#include "emulator/network/underlays/underlays.h"
#include "tools/text/words.h"
#include "topologies/read_summary.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

NetworkPlan plan_network(const NetworkOptions& options, const Graph& overlay) {
    (void)transports().select(options.network);  // refuses what is none
    const auto chosen = underlays().select(options.underlay);
    NetworkPlan plan =
        chosen.make.plan({.options = chosen.options, .network = options, .overlay = overlay});
    require_routes(plan, overlay);
    return plan;
}

NetworkPlan plan_given_network(const NetworkOptions& options) {
    if (options.underlay != "own" || options.network != "tcp") {
        throw std::invalid_argument(fmt::format(
            "--underlay: got '{}' with --network={}, but this program builds a network of its own, "
            "allowed own with --network=tcp",
            options.underlay,
            options.network));
    }
    return {};
}

void require_routes(const NetworkPlan& plan, const Graph& overlay) {
    if (plan.routers.routers.empty()) {
        return;
    }
    const std::vector<std::uint32_t> component = components(plan.routers);
    for (const auto& [first, second] : sorted_edges(overlay)) {
        const RouterId here = plan.attached[first];
        const RouterId there = plan.attached[second];
        if (component[here] != component[there]) {
            const auto name = [&](std::size_t router) { return plan.routers.routers[router]; };
            throw std::invalid_argument(fmt::format(
                "--underlay: no route between nodes {} (at '{}') and {} (at '{}'), "
                "which are neighbors in the overlay; the routers are {}{}",
                first,
                shown(name(here), 30),
                second,
                shown(name(there), 30),
                describe_components(component, name),
                plan.routers.read ? "; ,component=largest leaves out all but the first" : ""));
        }
    }
}

ns3::Ptr<ns3::murmuration::Underlay> make_underlay(const NetworkPlan& plan, NodeId num_nodes) {
    return plan.build(plan, num_nodes);
}

}  // namespace murmur
