#include "topologies/generators.h"

#include "topologies/edge_set.h"
#include "topologies/require.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

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

}  // namespace murmur
