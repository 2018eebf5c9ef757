#include "topologies/mixing.h"

#include "tools/text/words.h"
#include "topologies/weights_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {
namespace {

/// Returns the matrix with `weight(i, j)` on the edges and the rest of each row on the diagonal.
template <class Weight>
MixingMatrix matrix_on_edges(const Graph& graph, Weight weight) {
    std::vector<MixingMatrix::Row> rows;
    for (NodeId node = 0; node < boost::num_vertices(graph); ++node) {
        MixingMatrix::Row row{.self = 1.0, .neighbors = {}};
        for (const NodeId neighbor : sorted_neighbors(graph, node)) {
            row.neighbors.push_back({neighbor, weight(node, neighbor)});
            row.self -= row.neighbors.back().weight;
        }
        rows.push_back(std::move(row));
    }
    return MixingMatrix(std::move(rows));
}

double degree_of(const Graph& graph, NodeId node) {
    return static_cast<double>(boost::out_degree(node, graph));
}

}  // namespace

MixingMatrix metropolis_weights(const Graph& graph) {
    return matrix_on_edges(graph, [&](NodeId i, NodeId j) {
        return 1.0 / (1.0 + std::max(degree_of(graph, i), degree_of(graph, j)));
    });
}

MixingMatrix uniform_weights(const Graph& graph) {
    return matrix_on_edges(graph,
                           [&](NodeId i, NodeId) { return 1.0 / (1.0 + degree_of(graph, i)); });
}

MixingMatrix max_degree_weights(const Graph& graph) {
    double max_degree = 0.0;
    for (NodeId node = 0; node < boost::num_vertices(graph); ++node) {
        max_degree = std::max(max_degree, degree_of(graph, node));
    }
    return matrix_on_edges(graph, [&](NodeId, NodeId) { return 1.0 / (1.0 + max_degree); });
}

MixingMatrix mixing_weights(std::string_view spec, const Graph& graph) {
    constexpr std::string_view kFile = "file:";
    if (spec == "metropolis") {
        return metropolis_weights(graph);
    }
    if (spec == "uniform") {
        return uniform_weights(graph);
    }
    if (spec == "max-degree") {
        return max_degree_weights(graph);
    }
    if (spec.starts_with(kFile)) {
        return read_weights_file(std::string(spec.substr(kFile.size())), graph).weights;
    }
    throw std::invalid_argument(
        unknown_word("weights",
                     spec,
                     std::vector<std::string>{"metropolis", "uniform", "max-degree", "file:PATH"}));
}

}  // namespace murmur
