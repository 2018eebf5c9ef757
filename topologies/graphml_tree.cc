#include "topologies/graphml_tree.h"

#include "topologies/text_files.h"

#include <boost/property_tree/xml_parser.hpp>
#include <fmt/format.h>

#include <set>
#include <stdexcept>

namespace murmur {

using boost::property_tree::ptree;

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

}  // namespace murmur
