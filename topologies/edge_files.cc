#include "topologies/edge_files.h"

#include "topologies/graph_lines.h"
#include "topologies/graph_text.h"
#include "topologies/graphml_tree.h"
#include "topologies/overlays.h"
#include "topologies/text_files.h"

#include <boost/graph/graphml.hpp>
#include <fmt/ostream.h>

namespace murmur {

namespace {

/// Returns the overlays that a file of this form holds, with directions and without.
OverlayMake of_file(GraphForm form) {
    OverlayMake overlay;
    overlay.graph = [form](const OverlayRequest& request) -> Topology {
        const Options& options = request.options;
        const OneWay one_way = options.has("undirected") ? OneWay::kTakeBoth : OneWay::kRefuse;
        GraphFile file = read_graph_file(options.text("file"), form, one_way);
        require_nodes_of_file(options, boost::num_vertices(file.graph), request.num_nodes);
        return {std::move(file.graph), std::move(file.summary)};
    };
    overlay.directed = [form](const OverlayRequest& request) -> DirectedTopology {
        DirectedFile file = read_directed_graph(request.options.text("file"), form);
        require_nodes_of_file(request.options, file.graph.num_nodes(), request.num_nodes);
        return {std::move(file.graph), std::move(file.summary)};
    };
    overlay.edges = [](const Options&, double) { return 0.0; };
    return overlay;
}

}  // namespace

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

void register_edge_files(OverlayRegistry& registry) {
    const std::vector<OptionForm> options{
        rest("file", "PATH", "plain or gzip"),
        flag("undirected", "entries of one direction count for both")};
    const auto add = [&](const char* name, const char* help, GraphForm form) {
        registry.add({name, help, options}, of_file(form));
    };
    add("file", "an edge list, an adjacency list or GraphML, as recognized", GraphForm::kRecognize);
    add("edges", "'u v' a line; a first line of one number: how many nodes", GraphForm::kEdgeList);
    add("adjacency",
        "how many nodes, then the neighbors of node i in line i; or 'node neighbor ...' a line",
        GraphForm::kAdjacencyList);
    add("graphml", "a graph of GraphML", GraphForm::kGraphml);
}

}  // namespace murmur
