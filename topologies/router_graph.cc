#include "topologies/router_graph.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>

#include <algorithm>
#include <utility>

namespace murmur {

RouterId RouterGraph::add_router(std::string name) {
    routers.push_back(std::move(name));
    return static_cast<RouterId>(routers.size() - 1);
}

void RouterGraph::join(RouterId first, RouterId second, double rate_bps, double latency_s) {
    links.push_back({first, second, rate_bps, latency_s, latency_s});
    links.push_back({second, first, rate_bps, latency_s, latency_s});
}

std::vector<std::uint32_t> components(const RouterGraph& graph) {
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> directed(
        graph.routers.size());
    for (const RouterGraph::Link& link : graph.links) {
        boost::add_edge(link.from, link.to, directed);
    }
    std::vector<std::uint32_t> component(graph.routers.size());
    boost::strong_components(directed,
                             boost::make_iterator_property_map(
                                 component.begin(), boost::get(boost::vertex_index, directed)));
    return component;
}

RouterGraph largest_component(const RouterGraph& graph) {
    if (graph.routers.empty()) {
        return graph;
    }
    const std::vector<std::uint32_t> component = components(graph);
    const std::uint32_t largest = largest_component(component);
    RouterGraph part;
    part.read = graph.read;
    std::vector<RouterId> number(graph.routers.size());
    for (RouterId router = 0; router < graph.routers.size(); ++router) {
        if (component[router] == largest) {
            number[router] = part.add_router(graph.routers[router]);
        }
    }
    for (RouterGraph::Link link : graph.links) {
        if (component[link.from] == largest && component[link.to] == largest) {
            link.from = number[link.from];
            link.to = number[link.to];
            part.links.push_back(link);
        }
    }
    for (const RouterId router : graph.access) {
        if (component[router] == largest) {
            part.access.push_back(number[router]);
        }
    }
    if (part.read) {
        part.read->nodes_dropped = graph.routers.size() - part.routers.size();
        count_links(part);
    }
    return part;
}

void count_links(RouterGraph& graph) {
    ReadSummary& read = *graph.read;
    read.nodes = graph.routers.size();
    read.links = 0;
    read.one_way = 0;
    read.parallel = 0;
    std::vector<std::pair<std::pair<RouterId, RouterId>, bool>> sorted;  // ends, backward
    for (const RouterGraph::Link& link : graph.links) {
        sorted.push_back(
            {std::minmax(RouterId{link.from}, RouterId{link.to}), link.from > link.to});
    }
    std::sort(sorted.begin(), sorted.end());
    for (auto begin = sorted.begin(); begin != sorted.end();) {
        const auto middle = std::upper_bound(begin, sorted.end(), std::pair{begin->first, false});
        const auto end = std::upper_bound(begin, sorted.end(), std::pair{begin->first, true});
        const auto forward = static_cast<std::size_t>(middle - begin);
        const auto backward = static_cast<std::size_t>(end - middle);
        const std::size_t links = std::max(forward, backward);
        read.links += links;
        read.one_way += links - std::min(forward, backward);
        read.parallel += links - 1;
        begin = end;
    }
    const std::vector<std::uint32_t> component = components(graph);
    read.components =
        component.empty() ? 0 : *std::max_element(component.begin(), component.end()) + 1;
}

}  // namespace murmur
