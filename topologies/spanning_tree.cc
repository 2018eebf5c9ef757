#include "topologies/overlays.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// Returns the tree of shortest paths from node 0; where there are several, over the node with the
/// least id.
Graph breadth_first_tree(const Graph& graph) {
    const auto num_nodes = static_cast<NodeId>(boost::num_vertices(graph));
    std::vector<bool> is_reached(num_nodes, false);
    std::vector<NodeId> level{0};
    is_reached[0] = true;
    std::vector<std::pair<NodeId, NodeId>> edges;
    while (!level.empty()) {
        std::vector<NodeId> next;
        for (const NodeId node : level) {
            for (const NodeId neighbor : sorted_neighbors(graph, node)) {
                if (!is_reached[neighbor]) {
                    is_reached[neighbor] = true;
                    edges.emplace_back(node, neighbor);
                    next.push_back(neighbor);
                }
            }
        }
        std::sort(next.begin(), next.end());
        level = std::move(next);
    }
    return make_graph(num_nodes, edges);
}

}  // namespace

void register_spanning_tree(OverlayRegistry& registry) {
    registry.add({"spanning-tree",
                  "the tree of shortest paths from node 0 in another overlay",
                  {rest("of", "SPEC", "the other overlay")}},
                 {.graph = [](const OverlayRequest& request) -> Topology {
                     Topology whole = read_or_make_topology(
                         request.options.text("of"), request.num_nodes, request.seed);
                     return {breadth_first_tree(whole.graph), std::move(whole.read)};
                 }});
}

}  // namespace murmur
