#include "emulator/base/naming.h"
#include "emulator/network/underlays/attachment.h"
#include "emulator/network/underlays/plans.h"
#include "tools/text/number.h"
#include "tools/text/words.h"
#include "topologies/cloud_regions.h"
#include "topologies/router_files.h"
#include "topologies/router_generators.h"
#include "topologies/shortest_paths.h"

#include "ns3/routed-underlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::RoutedUnderlay;
using ns3::murmuration::Underlay;

Underlay::Link link_state(double rate_bps, double latency_s) {
    return {data_rate(rate_bps), latency_time(latency_s)};
}

ns3::Ptr<Underlay> make_routed(const NetworkPlan& plan, NodeId /*num_nodes*/) {
    auto underlay = ns3::CreateObject<RoutedUnderlay>();
    for (const std::string& name : plan.routers.routers) {
        underlay->AddRouter(name);
    }
    // Core links come first: their numbers are their positions in the graph.
    for (const RouterGraph::Link& link : plan.routers.links) {
        underlay->AddCoreLink(link.from, link.to, link_state(link.rate_bps, link.latency_s));
    }
    for (std::size_t node = 0; node < plan.attached.size(); ++node) {
        if (plan.up_bps.empty()) {
            underlay->AddNode(plan.attached[node]);
        } else {
            underlay->AddNode(plan.attached[node],
                              link_state(plan.up_bps[node], plan.access_latency_s[node]),
                              link_state(plan.down_bps[node], plan.access_latency_s[node]));
        }
    }
    const ShortestPaths paths(plan.routers);
    underlay->ChooseRoutes(
        [&paths](RouterId destination) { return paths.first_links(destination); });
    return underlay;
}

LinkDefaults defaults_of(const Options& options) {
    return {.rate_bps = rate_option_bps(options, "rate"),
            .latency_s = latency_option_s(options, "latency"),
            .latency_s_per_weight = latency_option_s(options, "weight"),
            .rate_bps_per_unit = rate_option_bps(options, "unit")};
}

LinkQuality quality_of(const Options& options) {
    return {.rate_bps = rate_option_bps(options, "rate").value(),
            .latency_s = latency_option_s(options, "latency").value()};
}

/// Attaches nodes to routers.
NetworkPlan attach_to(RouterGraph routers, const UnderlayRequest& request) {
    const NetworkOptions& network = request.network;
    const std::string& access = request.options.text("access");
    NetworkPlan plan;
    plan.build = make_routed;
    plan.attached = attach_nodes(network, routers, access == "none");
    plan.routers = std::move(routers);
    if (plan.routers.read) {
        plan.notes.push_back(plan.routers.read->describe());
    }
    if (access != "none") {
        draw_access_rates(network, plan);
        const Distribution latency(
            fmt::format("{}: access", request.options.where()), access, parse_time);
        plan.access_latency_s = draw_all(latency, network, "access-latency", network.nodes);
    }
    return plan;
}

/// Refuses a matrix that would not be looked at.
void refuse_matrix(const UnderlayRequest& request) {
    if (!request.network.latency_matrix.empty()) {
        request.options.refuse("the latencies are its own; --latency-matrix needs wan or sites");
    }
}

using ReadRouters = RouterGraph (*)(const std::string&, const LinkDefaults&);

/// Reads a file of routers, or the component of it that is asked for, and attaches nodes.
NetworkPlan plan_file(const UnderlayRequest& request,
                      ReadRouters read,
                      const LinkDefaults& defaults) {
    const Options& options = request.options;
    refuse_matrix(request);
    const bool takes_largest =
        options.choice<bool>("component", {{"all", false}, {"largest", true}});
    RouterGraph routers =
        naming(options.where(), [&] { return read(options.text("file"), defaults); });
    if (takes_largest) {
        routers = largest_component(routers);
    }
    return attach_to(std::move(routers), request);
}

/// Returns what all links of a file get that has weights at most.
LinkDefaults links_of(const Options& options) {
    const LinkDefaults defaults = defaults_of(options);
    if (!defaults.rate_bps) {
        options.refuse("the file has no rates; give one for all links, as in ,rate=1Gbps");
    }
    if (defaults.latency_s.has_value() == defaults.latency_s_per_weight.has_value()) {
        options.refuse(
            "the file has no latencies; give one for all links, as in ,latency=5ms, or the latency "
            "of each unit of a link's weight, as in ,weight=1ms");
    }
    return defaults;
}

/// Reads the two numbers of LEAVESxSPINES.
std::pair<std::uint32_t, std::uint32_t> leaves_and_spines(const Options& options) {
    const std::string_view text = options.text("size");
    const std::size_t cross = std::min(text.find('x'), text.size());
    const auto leaves = parse_number<std::uint32_t>(text.substr(0, cross));
    const auto spines = parse_number<std::uint32_t>(text.substr(std::min(cross + 1, text.size())));
    if (!leaves || !spines || *leaves > 4096 || *spines > 4096) {
        options.refuse(
            fmt::format("got '{}', allowed leaf-spine:LEAVESxSPINES with up to 4096 of each, such "
                        "as leaf-spine:8x4",
                        shown(text)));
    }
    return {*leaves, *spines};
}

NetworkPlan plan_leaf_spine(const UnderlayRequest& request) {
    refuse_matrix(request);
    const auto [leaves, spines] = leaves_and_spines(request.options);
    const LinkQuality link = quality_of(request.options);
    return attach_to(naming(request.options.where(),
                                   [leaves = leaves, spines = spines, link] {
                                       return leaf_spine(leaves, spines, link);
                                   }),
                     request);
}

NetworkPlan plan_fat_tree(const UnderlayRequest& request) {
    refuse_matrix(request);
    const auto k = static_cast<std::uint32_t>(request.options.integer("K", {0, 128}));
    const LinkQuality link = quality_of(request.options);
    return attach_to(naming(request.options.where(), [k, link] { return fat_tree(k, link); }),
                     request);
}

NetworkPlan plan_sites(const UnderlayRequest& request) {
    const std::vector<std::string> names = request.options.list("names");
    LatencyTable table = cloud_regions();
    if (!request.network.latency_matrix.empty()) {
        table = {{}, read_latency_matrix(request.network.latency_matrix)};
        for (std::size_t site = 0; site < table.one_way_s.size(); ++site) {
            table.names.push_back(fmt::format("site {}", site));
        }
    }
    const LinkQuality uplink = quality_of(request.options);
    return attach_to(naming(request.options.where(),
                                   [&] {
                                       if (!names.empty()) {
                                           table = choose(table, {names.begin(), names.end()});
                                       }
                                       return sites(table.names, table.one_way_s, uplink);
                                   }),
                     request);
}

/// The latency of the nodes' own links; `none`: nodes are routers.
OptionForm access_option(std::string latency) {
    return named("access",
                 std::move(latency),
                 "latency of each node's own link, a value or a distribution; none: no such links, "
                 "nodes are routers");
}

/// Registers a file of routers with what its links may have to be told.
void add_file(UnderlayRegistry& registry,
              const char* name,
              const char* help,
              const std::vector<OptionForm>& told,
              std::function<NetworkPlan(const UnderlayRequest&)> plan) {
    std::vector<OptionForm> options{rest("file", "FILE", "plain or gzip")};
    options.insert(options.end(), told.begin(), told.end());
    options.push_back(access_option("0s"));
    options.push_back(word("component", {"all", "largest"}, "of a file in pieces"));
    registry.add({name, help, std::move(options)}, {.plan = std::move(plan)});
}

}  // namespace

void register_routed(UnderlayRegistry& registry) {
    const OptionForm rate = unset("rate", "RATE", "of links without");
    const OptionForm latency = unset("latency", "TIME", "of links without");
    const OptionForm weight = unset("weight", "TIME", "latency of each unit of a link's weight");
    const OptionForm unit = unset("unit", "RATE", "of each unit of a link's bare number");
    add_file(registry,
             "graphml",
             "routers of a GraphML file, as the Topology Zoo's",
             {rate, latency, weight, unit},
             [](const UnderlayRequest& request) {
                 return plan_file(request, read_zoo_graphml, defaults_of(request.options));
             });
    add_file(registry,
             "brite",
             "routers of a BRITE file",
             {rate, latency},
             [](const UnderlayRequest& request) {
                 return plan_file(request, read_brite, defaults_of(request.options));
             });
    add_file(registry,
             "rocketfuel",
             "routers of a Rocketfuel map or weights file",
             {rate, latency, weight},
             [](const UnderlayRequest& request) {
                 return plan_file(request, read_rocketfuel, links_of(request.options));
             });
    add_file(registry,
             "inet",
             "routers of an Inet file",
             {rate, latency, weight},
             [](const UnderlayRequest& request) {
                 return plan_file(request, read_inet, links_of(request.options));
             });
    const OptionForm fast = named("rate", "10Gbps", "of each link");
    const OptionForm near = named("latency", "1us", "of each link");
    registry.add({"leaf-spine",
                  "a data center of two stages",
                  {positional("size", "LEAVESxSPINES", "switches, up to 4096 of each"),
                   fast,
                   near,
                   access_option("1us")}},
                 {plan_leaf_spine});
    registry.add({"fat-tree",
                  "a data center of K-port switches",
                  {positional("K", "K", "ports of a switch, an even number up to 128"),
                   fast,
                   near,
                   access_option("1us")}},
                 {plan_fat_tree});
    registry.add({"sites",
                  "LANs far apart, latencies as in regions or of --latency-matrix",
                  {may_be_left_out(rest("names", "NAME,...", "regions; without: all")),
                   named("rate", "1Gbps", "of a site's uplink"),
                   named("latency", "0.1ms", "of a site's uplink"),
                   access_option("100us")}},
                 {plan_sites});
}

}  // namespace murmur
