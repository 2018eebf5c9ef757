#include "emulator/protocol_plan.h"

#include "topologies/generators.h"

#include <boost/graph/adjacency_list.hpp>
#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

void check_together(const ExperimentOptions& options,
                    const ProtocolPlan& protocol,
                    const Overlay& overlay,
                    const Sharing& sharing) {
    if (protocol.needs_static_overlay && overlay.is_dynamic()) {
        throw std::invalid_argument(fmt::format(
            "--topology: got {} with --protocol={}, allowed a static overlay, without dynamic:",
            options.topology,
            options.protocol));
    }
    if (sharing.needs_static_overlay() && (overlay.is_dynamic() || protocol.has_changing_peers)) {
        throw std::invalid_argument(fmt::format(
            "--sharing: {} remembers what each peer has sent, got {}, allowed the same peers in "
            "every round",
            options.sharing,
            protocol.has_changing_peers ? "--protocol=" + options.protocol : "a dynamic overlay"));
    }
    if (sharing.needs_server() && (!protocol.has_server || protocol.has_changing_peers)) {
        throw std::invalid_argument(
            fmt::format("--sharing: {} needs a server that all clients hear in every round, got "
                        "--protocol={}, allowed stc, fedavg:clients=1",
                        options.sharing,
                        options.protocol));
    }
    if (protocol.sets_weights && !sharing.uses_weights()) {
        throw std::invalid_argument(
            fmt::format("--sharing: {} has weights of its own, got --protocol={}, which sets them; "
                        "allowed full and others that heed them",
                        options.sharing,
                        options.protocol));
    }
}

Graph pairs_to_connect(const ExperimentOptions& options,
                       const ProtocolPlan& protocol,
                       const Overlay& overlay) {
    const bool any_may_meet = overlay.is_dynamic() || protocol.peers == ProtocolPlan::Peers::kAny;
    if (any_may_meet && options.underlay.starts_with("p2p")) {
        throw std::invalid_argument(fmt::format(
            "--underlay: p2p has a link per overlay edge, got {}, allowed a static overlay",
            protocol.peers == ProtocolPlan::Peers::kAny || protocol.overlay
                ? "--protocol=" + options.protocol
                : "--topology=" + options.topology));
    }
    if (!any_may_meet && protocol.peers == ProtocolPlan::Peers::kOverlay) {
        return overlay.graph(0);
    }
    // Routes from one node to all others are routes between all.
    Graph pairs = make_topology("star", options.nodes, 0);
    if (!any_may_meet) {
        for (const auto& [first, second] : sorted_edges(overlay.graph(0))) {
            if (first != 0) {
                boost::add_edge(first, second, pairs);
            }
        }
    }
    return pairs;
}

}  // namespace murmur
