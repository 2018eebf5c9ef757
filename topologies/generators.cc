#include "topologies/generators.h"

#include "tools/text/number.h"
#include "topologies/edge_set.h"
#include "topologies/overlays.h"
#include "topologies/require.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace murmur {

namespace {

/// Reads ROWSxCOLS, where it is given; what is as square as the number of nodes allows, else.
Topology torus_of(const OverlayRequest& request) {
    const Options& options = request.options;
    if (!options.has("sides")) {
        return {torus(request.num_nodes)};
    }
    const std::string& sides = options.text("sides");
    const std::size_t cross = sides.find('x');
    const std::string_view all = sides;
    const auto rows = parse_number<NodeId>(all.substr(0, cross));
    const auto columns =
        cross == std::string::npos ? std::nullopt : parse_number<NodeId>(all.substr(cross + 1));
    if (!rows || !columns) {
        options.refuse(fmt::format("not ROWSxCOLS, got '{}', allowed such as 4x8", shown(sides)));
    }
    const std::uint64_t product = std::uint64_t{*rows} * *columns;
    if (product != request.num_nodes) {
        options.refuse(fmt::format(
            "ROWS x COLS is {}, but the number of nodes is {}", product, request.num_nodes));
    }
    return {torus(*rows, *columns)};
}

/// Returns an overlay that needs no options and no chance.
OverlayMake plain(Graph (*make)(NodeId), double (*edges)(double) = nullptr) {
    OverlayMake overlay;
    overlay.graph = [make](const OverlayRequest& request) -> Topology {
        return {make(request.num_nodes)};
    };
    if (edges != nullptr) {
        overlay.edges = [edges](const Options&, double nodes) { return edges(nodes); };
    }
    return overlay;
}

}  // namespace

Graph ring(NodeId num_nodes) {
    require_nodes("ring", num_nodes, 3);
    EdgeSet edges;
    for (NodeId node = 0; node < num_nodes; ++node) {
        edges.insert(node, (node + 1) % num_nodes);
    }
    return make_graph(num_nodes, edges.sorted());
}

Graph fully_connected(NodeId num_nodes) {
    require_nodes("full", num_nodes, 2);
    std::vector<std::pair<NodeId, NodeId>> edges;
    edges.reserve(std::size_t{num_nodes} * (num_nodes - 1) / 2);
    for (NodeId u = 0; u < num_nodes; ++u) {
        for (NodeId v = u + 1; v < num_nodes; ++v) {
            edges.emplace_back(u, v);
        }
    }
    return make_graph(num_nodes, edges);
}

Graph star(NodeId num_nodes) {
    require_nodes("star", num_nodes, 2);
    EdgeSet edges;
    for (NodeId leaf = 1; leaf < num_nodes; ++leaf) {
        edges.insert(0, leaf);
    }
    return make_graph(num_nodes, edges.sorted());
}

Graph torus(NodeId rows, NodeId columns) {
    if (rows < 3 || columns < 3) {
        throw std::invalid_argument(
            fmt::format("torus: a side is too short, got {}x{}, allowed 3 or more rows and columns",
                        rows,
                        columns));
    }
    EdgeSet edges;
    for (NodeId row = 0; row < rows; ++row) {
        for (NodeId column = 0; column < columns; ++column) {
            const NodeId node = row * columns + column;
            edges.insert(node, row * columns + (column + 1) % columns);
            edges.insert(node, (row + 1) % rows * columns + column);
        }
    }
    return make_graph(rows * columns, edges.sorted());
}

Graph torus(NodeId num_nodes) {
    NodeId rows = 0;
    for (std::uint64_t side = 3; side * side <= num_nodes; ++side) {
        if (num_nodes % side == 0) {
            rows = static_cast<NodeId>(side);
        }
    }
    if (rows == 0) {
        throw std::invalid_argument(fmt::format(
            "torus: {} nodes are not ROWS x COLUMNS with both at least 3; take a number "
            "of nodes such as 9, 12, 15 or 16",
            num_nodes));
    }
    return torus(rows, num_nodes / rows);
}

Graph exponential(NodeId num_nodes) {
    require_nodes("exponential", num_nodes, 2);
    EdgeSet edges;
    for (std::uint64_t step = 1; step < num_nodes; step *= 2) {
        for (NodeId node = 0; node < num_nodes; ++node) {
            edges.insert(node, static_cast<NodeId>((node + step) % num_nodes));
        }
    }
    return make_graph(num_nodes, edges.sorted());
}

void register_generators(OverlayRegistry& registry) {
    registry.add({"ring", "every node has 2 neighbors"}, plain(ring));
    registry.add({"full", "every node is a neighbor of every other"},
                 plain(fully_connected, [](double nodes) { return nodes * (nodes - 1) / 2; }));
    registry.add({"star", "node 0 is the neighbor of all"}, plain(star));
    registry.add(
        {"torus",
         "grid that wraps around, 4 neighbors each",
         {may_be_left_out(positional(
             "sides", "ROWSxCOLS", "without: as square as the number of nodes allows"))}},
        {.graph = torus_of, .edges = [](const Options&, double nodes) { return 2 * nodes; }});
    OverlayMake distances =
        plain(exponential, [](double nodes) { return nodes * std::log2(nodes); });
    distances.directed = [](const OverlayRequest& request) -> DirectedTopology {
        return {directed_exponential(request.num_nodes)};
    };
    registry.add({"exponential", "neighbors at distance 2^k around a ring"}, distances);
}

}  // namespace murmur
