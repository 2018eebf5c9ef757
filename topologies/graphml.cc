#include "topologies/graph_text.h"
#include "topologies/graphml_data.h"
#include "topologies/graphml_tree.h"
#include "topologies/node_ids.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {
namespace {

using boost::property_tree::ptree;

// Read here and not by boost::read_graphml: that one numbers nodes in the order of the file
// whatever they are called, and takes an edge to a node that does not exist for the birth of one.

/// Returns the ids of all nodes, in the order of the file.
NodeIds ids_of(const std::string& path, const ptree& graph) {
    NodeIds ids;
    for (auto [node, end] = graph.equal_range("node"); node != end; ++node) {
        const std::string id = attribute(node->second, "id");
        const auto place = static_cast<NodeId>(ids.size());
        if (id.empty() || ids.place_of(id) != place) {
            throw std::invalid_argument(
                fmt::format("{}: node {}: the id is missing or repeated, got '{}'",
                            shown(path, 200),
                            place + 1,
                            shown(id)));
        }
    }
    if (ids.size() < 2) {
        throw std::invalid_argument(fmt::format(
            "{}: too few nodes, got {}, allowed 2 or more", shown(path, 200), ids.size()));
    }
    return ids;
}

}  // namespace

ListedGraph list_graphml(const std::string& path, const std::string& text) {
    const ptree document = parse_xml(path, text);
    const ptree& graph = only_graph(path, document);
    GraphmlData data(document.get_child("graphml"));
    const NodeIds ids = ids_of(path, graph);
    const NodeNumbering numbering = ids.number(static_cast<NodeId>(ids.size()));
    ListedGraph listed;
    listed.num_nodes = static_cast<NodeId>(ids.size());
    listed.counts_edges = true;
    listed.summary.path = path;
    listed.summary.form = "GraphML";
    listed.names.resize(ids.size());
    for (NodeId place = 0; place < ids.size(); ++place) {
        listed.names[numbering.numbers[place]] = ids.id(place);
    }
    const auto node_at = [&](const ptree& edge, const std::string& end) {
        const std::string id = attribute(edge, end);
        const auto place = ids.find(id);
        if (!place) {
            throw std::invalid_argument(
                fmt::format("{}: the {} is not a node of the graph, got '{}'",
                            listed.place_of(listed.entries.size() + 1),
                            end,
                            shown(id)));
        }
        return numbering.numbers[*place];
    };
    for (auto [edge, end] = graph.equal_range("edge"); edge != end; ++edge) {
        const NodeId from = node_at(edge->second, "source");
        listed.entries.push_back(
            {from, node_at(edge->second, "target"), listed.entries.size() + 1});
        data.count(edge->second, GraphmlData::Kind::kEdge);
    }
    for (const std::string& note : {numbering.note, data.unused()}) {
        if (!note.empty()) {
            listed.summary.notes.push_back(note);
        }
    }
    if (is_directed(graph)) {
        listed.summary.notes.emplace_back(kTakenForBoth);
    }
    return listed;
}

}  // namespace murmur
