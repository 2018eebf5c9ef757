#include "topologies/router_graph.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>

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

std::vector<std::uint32_t> pieces(const RouterGraph& graph) {
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> directed(
        graph.routers.size());
    for (const RouterGraph::Link& link : graph.links) {
        boost::add_edge(link.from, link.to, directed);
    }
    std::vector<std::uint32_t> piece(graph.routers.size());
    boost::strong_components(directed,
                             boost::make_iterator_property_map(
                                 piece.begin(), boost::get(boost::vertex_index, directed)));
    return piece;
}

}  // namespace murmur
