#include "emulator/network/underlays/attachment.h"
#include "emulator/network/underlays/plans.h"
#include "topologies/cloud_regions.h"
#include "topologies/router_files.h"
#include "topologies/router_generators.h"
#include "topologies/shortest_paths.h"
#include "topologies/text_files.h"

#include "ns3/routed-underlay.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::RoutedUnderlay;
using ns3::murmuration::Underlay;

/// Runs `make`, and names the option in what it refuses.
template <class F>
auto naming_option(const UnderlaySpec& spec, F&& make) {
    try {
        return make();
    } catch (const std::invalid_argument& error) {
        spec.fail(error.what());
    }
}

/// Returns the file that a spec names.
std::string file_of(const UnderlaySpec& spec) {
    if (spec.arguments().empty()) {
        spec.fail(fmt::format("which file? Allowed {}:FILE", spec.name()));
    }
    return spec.argument();
}

LinkDefaults defaults_of(const UnderlaySpec& spec) {
    return {.rate_bps = spec.rate_bps("rate"),
            .latency_s = spec.time_s("latency"),
            .latency_s_per_weight = spec.time_s("weight"),
            .rate_bps_per_unit = spec.rate_bps("unit")};
}

LinkQuality quality_of(const UnderlaySpec& spec, LinkQuality fallback) {
    return {.rate_bps = spec.rate_bps("rate").value_or(fallback.rate_bps),
            .latency_s = spec.time_s("latency").value_or(fallback.latency_s)};
}

/// Attaches nodes to routers; `access_latency` is what access links have unless the spec says.
NetworkPlan attach_to(RouterGraph routers,
                      const UnderlayRequest& request,
                      const std::string& access_latency) {
    const NetworkOptions& options = request.options;
    const std::string access = request.spec.text("access").value_or(access_latency);
    NetworkPlan plan;
    plan.kind = NetworkPlan::Kind::kRouted;
    plan.attached = attach_nodes(options, routers, access == "none");
    plan.routers = std::move(routers);
    if (plan.routers.read) {
        plan.notes.push_back(plan.routers.read->describe());
    }
    if (access != "none") {
        draw_access_rates(options, plan);
        plan.access_latency_s = draw_all(Distribution("--underlay: access", access, parse_time),
                                         options,
                                         "access-latency",
                                         options.nodes);
    }
    return plan;
}

/// Refuses a matrix that would not be looked at.
void refuse_matrix(const UnderlayRequest& request) {
    if (!request.options.latency_matrix.empty()) {
        request.spec.fail("the latencies are its own; --latency-matrix needs wan or sites");
    }
}

/// Reads a file of routers, or the component of it that is asked for, and attaches nodes.
NetworkPlan plan_file(const UnderlayRequest& request,
                      RouterGraph (*read)(const std::string&, const LinkDefaults&),
                      const LinkDefaults& defaults) {
    const UnderlaySpec& spec = request.spec;
    refuse_matrix(request);
    const std::string component = spec.text("component").value_or("all");
    if (component != "all" && component != "largest") {
        spec.fail(fmt::format("component: got '{}', allowed all, largest", component));
    }
    const std::string file = file_of(spec);
    RouterGraph routers = naming_option(spec, [&] { return read(file, defaults); });
    if (component == "largest") {
        routers = largest_component(routers);
    }
    return attach_to(std::move(routers), request, "0s");
}

/// Returns what all links of a file get that has weights at most.
LinkDefaults links_of(const UnderlaySpec& spec) {
    const LinkDefaults defaults = defaults_of(spec);
    if (!defaults.rate_bps) {
        spec.fail("the file has no rates; give one for all links, as in ,rate=1Gbps");
    }
    if (defaults.latency_s.has_value() == defaults.latency_s_per_weight.has_value()) {
        spec.fail(
            "the file has no latencies; give one for all links, as in ,latency=5ms, or the latency "
            "of each unit of a link's weight, as in ,weight=1ms");
    }
    return defaults;
}

/// Reads the two numbers of LEAVESxSPINES.
std::pair<std::uint32_t, std::uint32_t> leaves_and_spines(const UnderlaySpec& spec) {
    const std::string text = spec.argument();
    const std::size_t cross = std::min(text.find('x'), text.size());
    const auto leaves = parse_number<std::uint32_t>(std::string_view(text).substr(0, cross));
    const auto spines = parse_number<std::uint32_t>(
        std::string_view(text).substr(std::min(cross + 1, text.size())));
    if (!leaves || !spines || *leaves > 4096 || *spines > 4096) {
        spec.fail(
            "allowed leaf-spine:LEAVESxSPINES with up to 4096 of each, such as "
            "leaf-spine:8x4");
    }
    return {*leaves, *spines};
}

Underlay::Link link_state(double rate_bps, double latency_s) {
    return {data_rate(rate_bps), latency_time(latency_s)};
}

}  // namespace

NetworkPlan plan_graphml(const UnderlayRequest& request) {
    request.spec.allow({"rate", "latency", "weight", "unit", "access", "component"});
    return plan_file(request, read_zoo_graphml, defaults_of(request.spec));
}

NetworkPlan plan_brite(const UnderlayRequest& request) {
    request.spec.allow({"rate", "latency", "access", "component"});
    return plan_file(request, read_brite, defaults_of(request.spec));
}

NetworkPlan plan_rocketfuel(const UnderlayRequest& request) {
    request.spec.allow({"rate", "latency", "weight", "access", "component"});
    return plan_file(request, read_rocketfuel, links_of(request.spec));
}

NetworkPlan plan_inet(const UnderlayRequest& request) {
    request.spec.allow({"rate", "latency", "weight", "access", "component"});
    return plan_file(request, read_inet, links_of(request.spec));
}

NetworkPlan plan_leaf_spine(const UnderlayRequest& request) {
    request.spec.allow({"rate", "latency", "access"});
    refuse_matrix(request);
    const auto [leaves, spines] = leaves_and_spines(request.spec);
    const LinkQuality link = quality_of(request.spec, {.rate_bps = 10e9, .latency_s = 1e-6});
    return attach_to(naming_option(request.spec,
                                   [leaves = leaves, spines = spines, link] {
                                       return leaf_spine(leaves, spines, link);
                                   }),
                     request,
                     "1us");
}

NetworkPlan plan_fat_tree(const UnderlayRequest& request) {
    request.spec.allow({"rate", "latency", "access"});
    refuse_matrix(request);
    const auto k = parse_number<std::uint32_t>(request.spec.argument());
    if (!k || *k > 128) {
        request.spec.fail("allowed fat-tree:K with even K up to 128, such as fat-tree:4");
    }
    const LinkQuality link = quality_of(request.spec, {.rate_bps = 10e9, .latency_s = 1e-6});
    return attach_to(
        naming_option(request.spec, [k, link] { return fat_tree(*k, link); }), request, "1us");
}

NetworkPlan plan_sites(const UnderlayRequest& request) {
    request.spec.allow({"rate", "latency", "access"});
    const std::vector<std::string>& names = request.spec.arguments();
    LatencyTable table = cloud_regions();
    if (!request.options.latency_matrix.empty()) {
        table = {{}, read_latency_matrix(request.options.latency_matrix)};
        for (std::size_t site = 0; site < table.one_way_s.size(); ++site) {
            table.names.push_back(fmt::format("site {}", site));
        }
    }
    const LinkQuality uplink = quality_of(request.spec, {.rate_bps = 1e9, .latency_s = 1e-4});
    return attach_to(naming_option(request.spec,
                                   [&] {
                                       if (!names.empty()) {
                                           table = choose(table, {names.begin(), names.end()});
                                       }
                                       return sites(table.names, table.one_way_s, uplink);
                                   }),
                     request,
                     "100us");
}

ns3::Ptr<Underlay> make_routed(const NetworkPlan& plan) {
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

}  // namespace murmur
