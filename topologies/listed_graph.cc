#include "topologies/listed_graph.h"

#include "topologies/text_files.h"

#include <boost/graph/connected_components.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace murmur {
namespace {

/// An entry with its ends in order.
struct Sorted {
    NodeId low;
    NodeId high;
    bool is_backward;
    std::size_t position;
};

std::vector<Sorted> sort_entries(const ListedGraph& listed, ReadSummary& summary) {
    std::vector<Sorted> sorted;
    sorted.reserve(listed.entries.size());
    for (const auto& [from, to, position] : listed.entries) {
        if (from == to) {
            ++summary.self_loops;
        } else {
            sorted.push_back({std::min(from, to), std::max(from, to), from > to, position});
        }
    }
    std::sort(sorted.begin(), sorted.end(), [](const Sorted& a, const Sorted& b) {
        return std::tie(a.low, a.high, a.is_backward, a.position) <
               std::tie(b.low, b.high, b.is_backward, b.position);
    });
    return sorted;
}

void refuse_one_way(const ListedGraph& listed, const Sorted& first, std::size_t count) {
    const std::string from = listed.name_of(first.is_backward ? first.high : first.low);
    const std::string to = listed.name_of(first.is_backward ? first.low : first.high);
    throw std::invalid_argument(fmt::format(
        "{}: node {} lists {}, but node {} does not list {} ({} such in all); list both, "
        "or say ,undirected behind the file to take each for both",
        listed.place_of(first.position),
        shown(from, 30),
        shown(to, 30),
        shown(to, 30),
        shown(from, 30),
        count));
}

void refuse_pieces(const ListedGraph& listed, const std::string& what) {
    throw std::invalid_argument(
        fmt::format("{}: the graph is not connected, {}", shown(listed.summary.path, 200), what));
}

}  // namespace

std::string ListedGraph::place_of(std::size_t position) const {
    return fmt::format(
        "{}{}{}", shown(summary.path, 200), counts_edges ? ": edge " : ":", position);
}

GraphFile make_undirected(const ListedGraph& listed, OneWay one_way) {
    ReadSummary summary = listed.summary;
    const std::vector<Sorted> sorted = sort_entries(listed, summary);
    std::vector<std::pair<NodeId, NodeId>> edges;
    const Sorted* first_alone = nullptr;
    std::size_t alone = 0;
    for (auto begin = sorted.begin(); begin != sorted.end();) {
        const auto end = std::find_if(begin, sorted.end(), [&](const Sorted& entry) {
            return entry.low != begin->low || entry.high != begin->high;
        });
        edges.emplace_back(begin->low, begin->high);
        const bool both = begin->is_backward != std::prev(end)->is_backward;
        summary.both_listed += both ? 1 : 0;
        summary.repeated += static_cast<std::size_t>(end - begin) - (both ? 2 : 1);
        if (!both) {
            ++alone;
            first_alone = first_alone == nullptr || begin->position < first_alone->position
                              ? &*begin
                              : first_alone;
        }
        begin = end;
    }
    if (listed.is_directed && one_way == OneWay::kRefuse && alone > 0) {
        refuse_one_way(listed, *first_alone, alone);
    }
    // Before anything of the size of num_nodes is allocated: that number is the file's word.
    if (edges.size() + 1 < listed.num_nodes) {
        refuse_pieces(
            listed,
            fmt::format(
                "{} cannot join {} nodes", counted(edges.size(), "edge"), listed.num_nodes));
    }
    Graph graph = make_graph(listed.num_nodes, edges);
    std::vector<std::uint32_t> component(listed.num_nodes);
    if (boost::connected_components(graph, component.data()) > 1) {
        refuse_pieces(listed, describe_components(component, [&](std::size_t node) {
                          return listed.name_of(node);
                      }));
    }
    summary.nodes = listed.num_nodes;
    summary.links = edges.size();
    summary.components = 1;
    if (listed.is_directed && alone > 0) {
        summary.notes.push_back(
            fmt::format("{} of one direction taken for both", counted(alone, "link")));
    }
    return {std::move(graph), std::move(summary)};
}

}  // namespace murmur
