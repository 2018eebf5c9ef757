#include "topologies/edge_collector.h"
#include "topologies/edge_files.h"
#include "topologies/graphml_tree.h"
#include "topologies/text_files.h"

#include <boost/graph/graphml.hpp>
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
