#include "topologies/edge_files.h"

#include "topologies/graph_lines.h"
#include "topologies/graph_text.h"
#include "topologies/graphml_tree.h"
#include "topologies/text_files.h"

#include <boost/graph/graphml.hpp>
#include <fmt/ostream.h>

namespace murmur {

ListedGraph read_listed_graph(const std::string& path, GraphForm form) {
    const GraphLines lines(path);
    if (form == GraphForm::kGraphml || (form == GraphForm::kRecognize && lines.is_xml())) {
        return list_graphml(path, lines.text());
    }
    return list_text(lines, form == GraphForm::kRecognize ? recognize_text(lines) : form);
}

GraphFile read_graph_file(const std::string& path, GraphForm form, OneWay one_way) {
    return make_undirected(read_listed_graph(path, form), one_way);
}

Graph read_graph(const std::string& path) {
    return read_graph_file(path).graph;
}

Graph read_edge_list(const std::string& path) {
    return read_graph_file(path, GraphForm::kEdgeList).graph;
}

Graph read_graphml(const std::string& path) {
    return read_graph_file(path, GraphForm::kGraphml).graph;
}

void write_edge_list(const Graph& graph, const std::string& path) {
    write_file(path, [&](std::ostream& stream) {
        fmt::print(stream, "{}\n", boost::num_vertices(graph));
        for (const auto& [u, v] : sorted_edges(graph)) {
            fmt::print(stream, "{} {}\n", u, v);
        }
    });
}

void write_graphml(const Graph& graph, const std::string& path) {
    write_file(path, [&](std::ostream& stream) {
        boost::write_graphml(stream, graph, boost::dynamic_properties(), /*ordered_vertices=*/true);
    });
}

}  // namespace murmur
