#include "topologies/edge_collector.h"
#include "topologies/edge_files.h"
#include "topologies/text_files.h"

#include <boost/graph/graphml.hpp>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

namespace murmur {
namespace {

using boost::property_tree::ptree;

// Read here and not by boost::read_graphml: that one numbers nodes in the order of the file
// whatever they are called, and takes an edge to a node that does not exist for the birth of one.

ptree parse_xml(const std::string& path) {
    auto stream = open_for_reading(path);
    ptree document;
    try {
        boost::property_tree::read_xml(stream, document);
    } catch (const boost::property_tree::xml_parser_error& error) {
        throw std::invalid_argument(
            fmt::format("{}:{}: not XML, {}", path, error.line(), error.message()));
    }
    return document;
}

const ptree& only_graph(const std::string& path, const ptree& document) {
    const auto root = document.get_child_optional("graphml");
    const std::size_t num_graphs = root ? root->count("graph") : 0;
    if (num_graphs != 1) {
        throw std::invalid_argument(fmt::format(
            "{}: not a GraphML graph, got {} <graph> elements inside <graphml>, expected one",
            path,
            num_graphs));
    }
    return root->get_child("graph");
}

void check_supported(const std::string& path, const ptree& graph) {
    static const std::set<std::string> kKnown = {
        "node", "edge", "data", "desc", "<xmlattr>", "<xmlcomment>"};
    for (const auto& [name, element] : graph) {
        if (kKnown.count(name) == 0 || element.count("graph") > 0) {
            throw std::invalid_argument(
                fmt::format("{}: got a {} in the graph, allowed are <node> and <edge>",
                            path,
                            kKnown.count(name) == 0 ? "<" + name + ">" : "nested <graph>"));
        }
        const std::string directed = name == "edge" ? "directed" : "edgedefault";
        const ptree& holder = name == "edge" ? element : graph;
        const auto value = holder.get("<xmlattr>." + directed, "undirected");
        if (value == "directed" || value == "true") {
            throw std::invalid_argument(fmt::format(
                "{}: the graph is directed, got {}=\"{}\"; edges must have no direction",
                path,
                directed,
                value));
        }
    }
}

/// Returns the K of an id `K` or `nK`, none for any other id.
std::optional<NodeId> number_of(std::string_view id) {
    id.remove_prefix(id.starts_with('n') ? 1 : 0);
    return parse_number<NodeId>(id);
}

/// Returns the number of every node id: the one it spells where all spell 0 ... N-1, otherwise its
/// place in the file.
std::map<std::string, NodeId> number_nodes(const std::string& path, const ptree& graph) {
    std::map<std::string, NodeId> by_place;
    std::map<std::string, NodeId> by_name;
    std::set<NodeId> spelled;
    for (auto [node, end] = graph.equal_range("node"); node != end; ++node) {
        const auto id = node->second.get<std::string>("<xmlattr>.id", "");
        const auto place = static_cast<NodeId>(by_place.size());
        if (id.empty() || !by_place.emplace(id, place).second) {
            throw std::invalid_argument(fmt::format(
                "{}: node {}: the id is missing or repeated, got '{}'", path, place + 1, id));
        }
        if (const auto number = number_of(id); number && spelled.insert(*number).second) {
            by_name.emplace(id, *number);
        }
    }
    const bool is_numbered = by_name.size() == by_place.size() && !spelled.empty() &&
                             *spelled.rbegin() < by_place.size();
    return is_numbered ? by_name : by_place;
}

}  // namespace

Graph read_graphml(const std::string& path) {
    const ptree document = parse_xml(path);
    const ptree& graph = only_graph(path, document);
    check_supported(path, graph);
    const auto numbers = number_nodes(path, graph);
    if (numbers.size() < 2) {
        throw std::invalid_argument(
            fmt::format("{}: too few nodes, got {}, allowed 2 or more", path, numbers.size()));
    }
    EdgeCollector collector(path, "edge", static_cast<NodeId>(numbers.size()));
    std::size_t position = 0;
    const auto node_at = [&](const ptree& edge, const std::string& end) {
        const auto id = edge.get<std::string>("<xmlattr>." + end, "");
        const auto node = numbers.find(id);
        if (node == numbers.end()) {
            throw std::invalid_argument(
                fmt::format("{}: edge {}: the {} is not a node of the graph, got '{}'",
                            path,
                            position,
                            end,
                            id));
        }
        return node->second;
    };
    for (auto [edge, end] = graph.equal_range("edge"); edge != end; ++edge) {
        ++position;
        collector.add(node_at(edge->second, "source"), node_at(edge->second, "target"), position);
    }
    return collector.connected_graph();
}

void write_graphml(const Graph& graph, const std::string& path) {
    write_file(path, [&](std::ostream& stream) {
        boost::write_graphml(stream, graph, boost::dynamic_properties(), /*ordered_vertices=*/true);
    });
}

}  // namespace murmur
