#include "topologies/router_generators.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {
namespace {

/// Adds `count` routers called "kind 0", "kind 1", ...; returns the first of them.
RouterId add_routers(RouterGraph& graph, const std::string& kind, std::uint32_t count) {
    const auto first = static_cast<RouterId>(graph.routers.size());
    for (std::uint32_t i = 0; i < count; ++i) {
        graph.add_router(fmt::format("{} {}", kind, i));
    }
    return first;
}

}  // namespace

RouterGraph leaf_spine(std::uint32_t leaves, std::uint32_t spines, LinkQuality link) {
    if (leaves == 0 || spines == 0) {
        throw std::invalid_argument(fmt::format(
            "leaf-spine: got {} leaves and {} spines, allowed 1 or more of each", leaves, spines));
    }
    RouterGraph graph;
    const RouterId first_leaf = add_routers(graph, "leaf", leaves);
    const RouterId first_spine = add_routers(graph, "spine", spines);
    for (RouterId leaf = first_leaf; leaf < first_leaf + leaves; ++leaf) {
        graph.access.push_back(leaf);
        for (RouterId spine = first_spine; spine < first_spine + spines; ++spine) {
            graph.join(leaf, spine, link.rate_bps, link.latency_s);
        }
    }
    return graph;
}

RouterGraph fat_tree(std::uint32_t k, LinkQuality link) {
    if (k < 2 || k % 2 != 0) {
        throw std::invalid_argument(fmt::format("fat-tree: got {}, allowed even K from 2 up", k));
    }
    const std::uint32_t half = k / 2;
    RouterGraph graph;
    const RouterId first_edge = add_routers(graph, "edge", k * half);
    const RouterId first_aggregation = add_routers(graph, "aggregation", k * half);
    const RouterId first_core = add_routers(graph, "core", half * half);
    for (std::uint32_t pod = 0; pod < k; ++pod) {
        for (std::uint32_t a = 0; a < half; ++a) {
            const RouterId aggregation = first_aggregation + pod * half + a;
            for (std::uint32_t i = 0; i < half; ++i) {
                graph.join(first_edge + pod * half + i, aggregation, link.rate_bps, link.latency_s);
                graph.join(aggregation, first_core + a * half + i, link.rate_bps, link.latency_s);
            }
        }
    }
    for (RouterId edge = first_edge; edge < first_aggregation; ++edge) {
        graph.access.push_back(edge);
    }
    return graph;
}

RouterGraph sites(const std::vector<std::string>& names,
                  const std::vector<std::vector<double>>& latencies_s,
                  LinkQuality uplink) {
    if (names.empty() || latencies_s.size() != names.size()) {
        throw std::invalid_argument(
            fmt::format("sites: got {} names and {} rows of latencies, allowed as many, 1 or more",
                        names.size(),
                        latencies_s.size()));
    }
    RouterGraph graph;
    for (const std::string& name : names) {
        graph.access.push_back(graph.add_router(name + " switch"));
    }
    for (const std::string& name : names) {
        graph.add_router(name + " gateway");
    }
    const auto gateway = [&](std::size_t site) {
        return static_cast<RouterId>(names.size() + site);
    };
    double farthest_s = 0;
    for (const std::vector<double>& row : latencies_s) {
        farthest_s = std::max(farthest_s, *std::max_element(row.begin(), row.end()));
    }
    for (std::size_t from = 0; from < names.size(); ++from) {
        graph.join(graph.access[from], gateway(from), uplink.rate_bps, uplink.latency_s);
        for (std::size_t to = 0; to < names.size(); ++to) {
            if (from != to) {
                // Equal costs: one link is always cheaper than two, whatever their latencies.
                graph.links.push_back({gateway(from),
                                       gateway(to),
                                       uplink.rate_bps,
                                       latencies_s[from].at(to),
                                       farthest_s + 1e-3});
            }
        }
    }
    return graph;
}

}  // namespace murmur
