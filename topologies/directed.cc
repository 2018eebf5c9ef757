#include "topologies/directed.h"

#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

constexpr std::string_view kDirected = "directed:";
constexpr std::string_view kOnePeer = "one-peer-exponential";

[[noreturn]] void refuse(std::string_view spec, std::string_view what) {
    throw std::invalid_argument(fmt::format("topology '{}': {}", spec, what));
}

void require_two_nodes(std::string_view name, NodeId num_nodes) {
    if (num_nodes < 2) {
        refuse(name, fmt::format("got {} nodes, allowed 2 or more", num_nodes));
    }
}

/// Returns how many nodes are reached from node 0 along `next`.
NodeId count_reached(NodeId num_nodes, const std::vector<std::vector<NodeId>>& next) {
    std::vector<bool> is_reached(num_nodes, false);
    std::vector<NodeId> open{0};
    is_reached[0] = true;
    NodeId count = 1;
    while (!open.empty()) {
        const NodeId node = open.back();
        open.pop_back();
        for (const NodeId other : next[node]) {
            if (!is_reached[other]) {
                is_reached[other] = true;
                ++count;
                open.push_back(other);
            }
        }
    }
    return count;
}

/// Returns the matrix with `weight(i, j)` where j sends to i, and `self(i)` on the diagonal.
template <class Weight, class Self>
MixingMatrix matrix_on_arcs(const DirectedGraph& graph, Weight weight, Self self) {
    std::vector<MixingMatrix::Row> rows;
    for (NodeId node = 0; node < graph.num_nodes(); ++node) {
        MixingMatrix::Row row{.self = self(node), .neighbors = {}};
        for (const NodeId sender : graph.in(node)) {
            row.neighbors.push_back({sender, weight(node, sender)});
        }
        rows.push_back(std::move(row));
    }
    return MixingMatrix(std::move(rows));
}

double share_of(const std::vector<NodeId>& others) {
    return 1.0 / static_cast<double>(others.size() + 1);
}

DirectedGraph graph_of_file(std::string_view spec, const std::string& path, NodeId num_nodes) {
    DirectedGraph graph = read_directed_edge_list(path);
    if (graph.num_nodes() != num_nodes) {
        refuse(spec,
               fmt::format("the file has {} nodes, but the number of nodes is {}",
                           graph.num_nodes(),
                           num_nodes));
    }
    return graph;
}

}  // namespace

DirectedGraph::DirectedGraph(std::vector<std::vector<NodeId>> out)
    : out_(std::move(out)), in_(out_.size()) {
    for (NodeId node = 0; node < num_nodes(); ++node) {
        std::sort(out_[node].begin(), out_[node].end());
        if (std::adjacent_find(out_[node].begin(), out_[node].end()) != out_[node].end()) {
            throw std::invalid_argument(fmt::format("directed graph: a repeated arc of {}", node));
        }
        for (const NodeId other : out_[node]) {
            if (other >= num_nodes() || other == node) {
                throw std::invalid_argument(
                    fmt::format("directed graph: got an arc from {} to {}, allowed 0 ... {}, no "
                                "self-loop",
                                node,
                                other,
                                num_nodes() - 1));
            }
            in_[other].push_back(node);  // in ascending order, as nodes are
        }
    }
}

Graph DirectedGraph::undirected() const {
    Graph graph(num_nodes());
    for (NodeId node = 0; node < num_nodes(); ++node) {
        for (const NodeId other : out_[node]) {
            const bool is_listed = std::binary_search(out_[other].begin(), out_[other].end(), node);
            if (node < other || !is_listed) {
                boost::add_edge(node, other, graph);
            }
        }
    }
    return graph;
}

bool DirectedGraph::is_strongly_connected() const {
    return count_reached(num_nodes(), out_) == num_nodes() &&
           count_reached(num_nodes(), in_) == num_nodes();
}

DirectedGraph directed_exponential(NodeId num_nodes) {
    require_two_nodes("directed:exponential", num_nodes);
    std::vector<std::vector<NodeId>> out(num_nodes);
    for (NodeId node = 0; node < num_nodes; ++node) {
        for (std::uint64_t step = 1; step < num_nodes; step *= 2) {
            out[node].push_back(static_cast<NodeId>((node + step) % num_nodes));
        }
    }
    return DirectedGraph(std::move(out));
}

DirectedGraph one_peer_exponential(NodeId num_nodes, std::uint64_t round) {
    require_two_nodes(kOnePeer, num_nodes);
    const auto steps = static_cast<std::uint64_t>(std::bit_width(num_nodes - 1));
    const std::uint64_t step = std::uint64_t{1} << (round % steps);
    std::vector<std::vector<NodeId>> out(num_nodes);
    for (NodeId node = 0; node < num_nodes; ++node) {
        out[node].push_back(static_cast<NodeId>((node + step) % num_nodes));
    }
    return DirectedGraph(std::move(out));
}

DirectedGraph read_directed_edge_list(const std::string& path) {
    FieldReader reader(path);
    if (!reader.next()) {
        reader.fail("the file is empty; the first line is the number of nodes");
    }
    const auto num_nodes = parse_number<NodeId>(reader.fields().front());
    if (reader.fields().size() != 1 || !num_nodes || *num_nodes < 2) {
        reader.fail(fmt::format(
            "not a number of nodes, got '{}', allowed a whole number of 2 or more", reader.line()));
    }
    std::map<std::pair<NodeId, NodeId>, std::size_t> lines;
    std::vector<std::pair<NodeId, NodeId>> arcs;
    while (reader.next()) {
        const auto u = parse_number<NodeId>(reader.fields().front());
        const auto v = parse_number<NodeId>(reader.fields().back());
        if (reader.fields().size() != 2 || !u || !v) {
            reader.fail(fmt::format("not an arc, got '{}', expected two node ids 'u v', from u to v",
                                    reader.line()));
        }
        if (std::max(*u, *v) >= *num_nodes) {
            reader.fail(fmt::format("node id out of range, got {}, allowed 0 ... {}",
                                    std::max(*u, *v),
                                    *num_nodes - 1));
        }
        if (*u == *v) {
            reader.fail(fmt::format("a self-loop, got {} {}", *u, *v));
        }
        const auto [first, is_new] = lines.insert({{*u, *v}, reader.line_number()});
        if (!is_new) {
            reader.fail(fmt::format(
                "repeated arc, got {} {} as in line {}; give each once", *u, *v, first->second));
        }
        arcs.emplace_back(*u, *v);
    }
    // Only now: a first line may promise more nodes than there is memory for.
    if (*num_nodes > arcs.size()) {
        throw std::invalid_argument(
            fmt::format("{}: {} arcs leave some of {} nodes without one to send by",
                        path,
                        arcs.size(),
                        *num_nodes));
    }
    std::vector<std::vector<NodeId>> out(*num_nodes);
    for (const auto& [u, v] : arcs) {
        out[u].push_back(v);
    }
    DirectedGraph graph(std::move(out));
    if (!graph.is_strongly_connected()) {
        throw std::invalid_argument(fmt::format(
            "{}: some node is never heard by another, allowed strongly connected graphs", path));
    }
    return graph;
}

bool is_directed_topology(std::string_view spec) {
    return spec.starts_with(kDirected) || spec == kOnePeer;
}

DirectedGraph make_directed_topology(std::string_view spec,
                                     NodeId num_nodes,
                                     std::uint64_t round) {
    constexpr std::string_view kFile = "file:";
    if (spec == kOnePeer) {
        return one_peer_exponential(num_nodes, round);
    }
    const std::string_view form = spec.substr(std::min(spec.size(), kDirected.size()));
    if (form == "exponential") {
        return directed_exponential(num_nodes);
    }
    if (form.starts_with(kFile)) {
        return graph_of_file(spec, std::string(form.substr(kFile.size())), num_nodes);
    }
    refuse(spec, "unknown, allowed directed:exponential, directed:file:PATH, one-peer-exponential");
}

MixingMatrix row_stochastic_weights(const DirectedGraph& graph) {
    const auto share = [&](NodeId node) { return share_of(graph.in(node)); };
    return matrix_on_arcs(graph, [&](NodeId node, NodeId) { return share(node); }, share);
}

MixingMatrix column_stochastic_weights(const DirectedGraph& graph) {
    const auto share = [&](NodeId node) { return share_of(graph.out(node)); };
    return matrix_on_arcs(graph, [&](NodeId, NodeId sender) { return share(sender); }, share);
}

MixingMatrix directed_weights(std::string_view spec, const DirectedGraph& graph) {
    if (spec == "row-stochastic") {
        return row_stochastic_weights(graph);
    }
    if (spec == "column-stochastic") {
        return column_stochastic_weights(graph);
    }
    throw std::invalid_argument(fmt::format(
        "weights: got '{}' for a directed graph, allowed row-stochastic, column-stochastic", spec));
}

}  // namespace murmur
