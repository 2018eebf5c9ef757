#include "topologies/directed.h"

#include "topologies/overlays.h"
#include "topologies/require.h"
#include "topologies/text_files.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

constexpr const char* kOnePeer = "one-peer-exponential";

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

/// Returns, for each node, the number of its component: nodes that hear each other, in however many
/// rounds.
std::vector<std::uint32_t> strong_components(const DirectedGraph& graph) {
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> arcs(graph.num_nodes());
    for (NodeId node = 0; node < graph.num_nodes(); ++node) {
        for (const NodeId other : graph.out(node)) {
            boost::add_edge(node, other, arcs);
        }
    }
    std::vector<std::uint32_t> component(graph.num_nodes());
    boost::strong_components(arcs,
                             boost::make_iterator_property_map(
                                 component.begin(), boost::get(boost::vertex_index, arcs)));
    return component;
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
    require_nodes("directed:exponential", num_nodes, 2);
    std::vector<std::vector<NodeId>> out(num_nodes);
    for (NodeId node = 0; node < num_nodes; ++node) {
        for (std::uint64_t step = 1; step < num_nodes; step *= 2) {
            out[node].push_back(static_cast<NodeId>((node + step) % num_nodes));
        }
    }
    return DirectedGraph(std::move(out));
}

DirectedGraph one_peer_exponential(NodeId num_nodes, std::uint64_t round) {
    require_nodes(kOnePeer, num_nodes, 2);
    const auto steps = static_cast<std::uint64_t>(std::bit_width(num_nodes - 1));
    const std::uint64_t step = std::uint64_t{1} << (round % steps);
    std::vector<std::vector<NodeId>> out(num_nodes);
    for (NodeId node = 0; node < num_nodes; ++node) {
        out[node].push_back(static_cast<NodeId>((node + step) % num_nodes));
    }
    return DirectedGraph(std::move(out));
}

DirectedFile read_directed_graph(const std::string& path, GraphForm form) {
    ListedGraph listed = read_listed_graph(path, form);
    ReadSummary& summary = listed.summary;
    // Before anything of the size of num_nodes is allocated: that number is the file's word.
    if (listed.entries.size() < listed.num_nodes) {
        throw std::invalid_argument(fmt::format("{}: {} cannot let each of {} nodes be heard",
                                                shown(path, 200),
                                                counted(listed.entries.size(), "arc"),
                                                listed.num_nodes));
    }
    std::vector<std::vector<NodeId>> out(listed.num_nodes);
    for (const ListedGraph::Entry& entry : listed.entries) {
        if (entry.from == entry.to) {
            ++summary.self_loops;
        } else {
            out[entry.from].push_back(entry.to);
        }
    }
    std::size_t arcs = 0;
    for (std::vector<NodeId>& others : out) {
        std::sort(others.begin(), others.end());
        const auto repeated = std::unique(others.begin(), others.end());
        summary.repeated += static_cast<std::size_t>(others.end() - repeated);
        others.erase(repeated, others.end());
        arcs += others.size();
    }
    DirectedGraph graph(std::move(out));
    const std::vector<std::uint32_t> component = strong_components(graph);
    if (*std::max_element(component.begin(), component.end()) > 0) {
        throw std::invalid_argument(
            fmt::format("{}: some node is never heard by another, {}",
                        shown(path, 200),
                        describe_components(
                            component, [&](std::size_t node) { return listed.name_of(node); })));
    }
    summary.nodes = listed.num_nodes;
    summary.links = boost::num_edges(graph.undirected());
    summary.both_listed = arcs - summary.links;
    summary.one_way = summary.links - summary.both_listed;
    summary.components = 1;
    // What an undirected graph would have been made of.
    std::erase(summary.notes, kTakenForBoth);
    return {std::move(graph), std::move(summary)};
}

MixingMatrix row_stochastic_weights(const DirectedGraph& graph) {
    const auto share = [&](NodeId node) { return share_of(graph.in(node)); };
    return matrix_on_arcs(
        graph, [&](NodeId node, NodeId) { return share(node); }, share);
}

MixingMatrix column_stochastic_weights(const DirectedGraph& graph) {
    const auto share = [&](NodeId node) { return share_of(graph.out(node)); };
    return matrix_on_arcs(
        graph, [&](NodeId, NodeId sender) { return share(sender); }, share);
}

MixingMatrix directed_weights(std::string_view spec, const DirectedGraph& graph) {
    if (spec == "row-stochastic") {
        return row_stochastic_weights(graph);
    }
    if (spec == "column-stochastic") {
        return column_stochastic_weights(graph);
    }
    throw std::invalid_argument(fmt::format(
        "weights: got '{}' for a directed graph, allowed row-stochastic, column-stochastic",
        shown(spec)));
}

void register_directed(OverlayRegistry& registry) {
    registry.add({kOnePeer, "with directions: node i sends to i + 2^(round mod log2 N) alone"},
                 {.directed = [](const OverlayRequest& request) -> DirectedTopology {
                      return {one_peer_exponential(request.num_nodes, request.round)};
                  },
                  .needs_dynamic = true});
}

}  // namespace murmur
