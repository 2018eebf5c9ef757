#include "topologies/mixing.h"

#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
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

/// A weight of a file, with the line it stands in.
struct Entry {
    double weight;
    std::size_t line;
};

using Entries = std::map<std::pair<NodeId, NodeId>, Entry>;

/// Adds the weight that the reader's line gives.
void add_entry(const FieldReader& reader, const Graph& graph, Entries& entries) {
    const auto& fields = reader.fields();
    const auto refuse = [&] {
        reader.fail(fmt::format("not a weight, got '{}', expected 'i j weight'", reader.line()));
    };
    if (fields.size() != 3) {
        refuse();
    }
    const auto i = parse_number<NodeId>(fields[0]);
    const auto j = parse_number<NodeId>(fields[1]);
    const auto weight = parse_number<double>(fields[2]);
    if (!i || !j || !weight || !std::isfinite(*weight)) {
        refuse();
    }
    const std::size_t num_nodes = boost::num_vertices(graph);
    const NodeId larger = std::max(*i, *j);
    if (larger >= num_nodes) {
        reader.fail(
            fmt::format("node id out of range, got {}, allowed 0 ... {}", larger, num_nodes - 1));
    }
    if (*i != *j && !boost::edge(*i, *j, graph).second) {
        reader.fail(fmt::format("a weight off the graph, got {} {}, which is no edge", *i, *j));
    }
    const auto [first, is_new] = entries.insert({{*i, *j}, {*weight, reader.line_number()}});
    if (!is_new) {
        reader.fail(fmt::format("repeated weight, got {} {} as in line {}; give each once",
                                *i,
                                *j,
                                first->second.line));
    }
}

Entries read_entries(const std::string& path, const Graph& graph) {
    Entries entries;
    FieldReader reader(path);
    while (reader.next()) {
        add_entry(reader, graph, entries);
    }
    return entries;
}

/// Returns the entry of row i and column j, null where the file has none.
const Entry* find_entry(const Entries& entries, NodeId i, NodeId j) {
    const auto entry = entries.find({i, j});
    return entry == entries.end() ? nullptr : &entry->second;
}

MixingMatrix read_weights(const std::string& path, const Graph& graph) {
    constexpr double kRowTolerance = 1e-6;
    const Entries entries = read_entries(path, graph);
    std::vector<MixingMatrix::Row> rows;
    for (NodeId node = 0; node < boost::num_vertices(graph); ++node) {
        MixingMatrix::Row row{.self = 0.0, .neighbors = {}};
        double sum = 0.0;
        for (const NodeId neighbor : sorted_neighbors(graph, node)) {
            const Entry* entry = find_entry(entries, node, neighbor);
            if (entry == nullptr) {
                throw std::invalid_argument(fmt::format(
                    "{}: no weight {} {}; every edge needs both directions", path, node, neighbor));
            }
            row.neighbors.push_back({neighbor, entry->weight});
            sum += entry->weight;
        }
        const Entry* diagonal = find_entry(entries, node, node);
        row.self = diagonal == nullptr ? 1.0 - sum : diagonal->weight;
        if (std::abs(sum + row.self - 1.0) > kRowTolerance) {
            throw std::invalid_argument(
                fmt::format("{}: the weights of node {} do not sum to 1, got {}, allowed within {}",
                            path,
                            node,
                            sum + row.self,
                            kRowTolerance));
        }
        rows.push_back(std::move(row));
    }
    return MixingMatrix(std::move(rows));
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
        return read_weights(std::string(spec.substr(kFile.size())), graph);
    }
    throw std::invalid_argument(fmt::format(
        "weights: unknown form, got '{}', allowed metropolis, uniform, max-degree or file:PATH",
        spec));
}

}  // namespace murmur
