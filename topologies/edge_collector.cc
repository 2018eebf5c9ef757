#include "topologies/edge_collector.h"

#include <boost/graph/connected_components.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {

void EdgeCollector::add(NodeId u, NodeId v, std::size_t position) {
    if (std::max(u, v) >= num_nodes_) {
        fail(position,
             fmt::format(
                 "node id out of range, got {}, allowed 0 ... {}", std::max(u, v), num_nodes_ - 1));
    }
    if (u == v) {
        fail(position,
             fmt::format("self-loop, got {} {}; an edge joins two different nodes", u, v));
    }
    if (!seen_.insert(u, v)) {
        fail(position,
             fmt::format("repeated edge, got {} {} as in {} {}; edges have no direction, give each "
                         "once",
                         u,
                         v,
                         unit_,
                         first_position(u, v)));
    }
    edges_.emplace_back(u, v);
    positions_.push_back(position);
}

Graph EdgeCollector::connected_graph() const {
    // Before anything of the size of num_nodes is allocated: that number is the file's word.
    if (edges_.size() + 1 < num_nodes_) {
        throw std::invalid_argument(
            fmt::format("{}: the graph is not connected, {} edges cannot join {} nodes",
                        path_,
                        edges_.size(),
                        num_nodes_));
    }
    Graph graph = make_graph(num_nodes_, edges_);
    std::vector<NodeId> component(num_nodes_);
    const auto num_components = boost::connected_components(graph, component.data());
    if (num_components > 1) {
        const auto stray = std::find_if(
            component.begin(), component.end(), [&](NodeId c) { return c != component[0]; });
        throw std::invalid_argument(fmt::format(
            "{}: the graph is not connected, it is in {} pieces; node {} cannot be reached from "
            "node 0",
            path_,
            num_components,
            stray - component.begin()));
    }
    return graph;
}

void EdgeCollector::fail(std::size_t position, std::string_view what) const {
    const std::string_view separator = unit_ == "line" ? ":" : ": edge ";
    throw std::invalid_argument(fmt::format("{}{}{}: {}", path_, separator, position, what));
}

std::size_t EdgeCollector::first_position(NodeId u, NodeId v) const {
    const auto is_same = [&](const std::pair<NodeId, NodeId>& edge) {
        return std::minmax(edge.first, edge.second) == std::minmax(u, v);
    };
    return positions_[std::find_if(edges_.begin(), edges_.end(), is_same) - edges_.begin()];
}

}  // namespace murmur
