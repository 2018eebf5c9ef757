#include "emulator/network/network_setup.h"

#include "emulator/network/underlays/plans.h"
#include "topologies/read_summary.h"
#include "topologies/text_files.h"

#include "ns3/transport-helper.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {

namespace {

struct Form {
    std::string_view name;
    std::string_view syntax;
    std::string_view help;
    NetworkPlan (*plan)(const UnderlayRequest& request);
};

// The one list of underlays: parsing, messages and help all go by it.
constexpr Form kForms[] = {
    {"wan", "wan", "an uplink and a downlink per node, pairwise latency", plan_wan},
    {"p2p", "p2p", "a link per overlay edge", plan_p2p},
    {"regions",
     "regions[:NAME,...]",
     "as wan, with the latencies between regions of a public cloud; node i is in region i mod R",
     plan_regions},
    {"graphml",
     "graphml:FILE",
     "routers of a GraphML file, as the Topology Zoo's; rate= and latency= for links without",
     plan_graphml},
    {"brite",
     "brite:FILE",
     "routers of a BRITE file; rate= and latency= for links without",
     plan_brite},
    {"rocketfuel",
     "rocketfuel:FILE",
     "routers of a Rocketfuel map or weights file; rate= and latency= or weight= (per unit)",
     plan_rocketfuel},
    {"inet",
     "inet:FILE",
     "routers of an Inet file; rate= and latency= or weight= (per unit)",
     plan_inet},
    {"leaf-spine",
     "leaf-spine:LEAVESxSPINES",
     "a data center of two stages; rate=10Gbps, latency=1us",
     plan_leaf_spine},
    {"fat-tree",
     "fat-tree:K",
     "a data center of K-port switches; rate=10Gbps, latency=1us",
     plan_fat_tree},
    {"sites",
     "sites[:NAME,...]",
     "LANs far apart, latencies as in regions or of --latency-matrix; rate=1Gbps of a site's "
     "uplink",
     plan_sites},
};

std::string list_forms() {
    std::string list;
    for (const Form& form : kForms) {
        list += fmt::format("{}{}", list.empty() ? "" : ", ", form.syntax);
    }
    return list;
}

void check_fidelity(const NetworkOptions& options) {
    const std::vector<std::string>& networks = ns3::murmuration::TransportHelper::GetFidelities();
    if (std::find(networks.begin(), networks.end(), options.network) == networks.end()) {
        throw std::invalid_argument(fmt::format(
            "--network: got '{}', allowed {}", options.network, fmt::join(networks, ", ")));
    }
}

}  // namespace

NetworkPlan plan_network(const NetworkOptions& options, const Graph& overlay) {
    check_fidelity(options);
    const UnderlayRequest request{options, overlay, UnderlaySpec(options.underlay)};
    for (const Form& form : kForms) {
        if (request.spec.name() == form.name) {
            NetworkPlan plan = form.plan(request);
            require_routes(plan, overlay);
            return plan;
        }
    }
    throw std::invalid_argument(
        fmt::format("--underlay: got '{}', allowed {}", shown(options.underlay), list_forms()));
}

NetworkPlan plan_given_network(const NetworkOptions& options) {
    if (options.underlay != "own" || options.network != "tcp") {
        throw std::invalid_argument(fmt::format(
            "--underlay: got '{}' with --network={}, but this program builds a network of its own, "
            "allowed own with --network=tcp",
            options.underlay,
            options.network));
    }
    NetworkPlan plan;
    plan.kind = NetworkPlan::Kind::kGiven;
    return plan;
}

void require_routes(const NetworkPlan& plan, const Graph& overlay) {
    if (plan.kind != NetworkPlan::Kind::kRouted) {
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
    switch (plan.kind) {
        case NetworkPlan::Kind::kWideArea:
            return make_wide_area(plan, num_nodes);
        case NetworkPlan::Kind::kEdges:
            return make_point_to_point(plan, num_nodes);
        case NetworkPlan::Kind::kRouted:
            return make_routed(plan);
        case NetworkPlan::Kind::kGiven:
            break;
    }
    throw std::logic_error("make_underlay: the network is the caller's");
}

std::string underlay_help() {
    std::string help;
    for (const Form& form : kForms) {
        help += fmt::format("  {:<26} {}\n", form.syntax, form.help);
    }
    return help;
}

}  // namespace murmur
