#include "topologies/edge_files.h"

#include "topologies/edge_collector.h"
#include "topologies/text_files.h"

#include <fmt/ostream.h>

namespace murmur {
namespace {

NodeId read_num_nodes(FieldReader& reader) {
    if (!reader.next()) {
        reader.fail("the file is empty; the first line is the number of nodes");
    }
    const auto num_nodes = parse_number<NodeId>(reader.fields().front());
    if (reader.fields().size() != 1 || !num_nodes || *num_nodes < 2) {
        reader.fail(fmt::format(
            "not a number of nodes, got '{}', allowed a whole number of 2 or more", reader.line()));
    }
    return *num_nodes;
}

}  // namespace

Graph read_graph(const std::string& path) {
    return path.ends_with(".graphml") ? read_graphml(path) : read_edge_list(path);
}

Graph read_edge_list(const std::string& path) {
    FieldReader reader(path);
    EdgeCollector collector(path, "line", read_num_nodes(reader));
    while (reader.next()) {
        const auto& fields = reader.fields();
        const auto u = parse_number<NodeId>(fields.front());
        const auto v = parse_number<NodeId>(fields.back());
        if (fields.size() != 2 || !u || !v) {
            reader.fail(
                fmt::format("not an edge, got '{}', expected two node ids 'u v'", reader.line()));
        }
        collector.add(*u, *v, reader.line_number());
    }
    return collector.connected_graph();
}

void write_edge_list(const Graph& graph, const std::string& path) {
    write_file(path, [&](std::ostream& stream) {
        fmt::print(stream, "{}\n", boost::num_vertices(graph));
        for (const auto& [u, v] : sorted_edges(graph)) {
            fmt::print(stream, "{} {}\n", u, v);
        }
    });
}

}  // namespace murmur
