#include "tests/support/doctest.h"
#include "tests/unit/topologies/temporary_file.h"
#include "topologies/edge_files.h"
#include "topologies/generators.h"
#include "topologies/overlays.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {
namespace {

using Edges = std::vector<std::pair<NodeId, NodeId>>;

/// Returns a GraphML file with these elements in its graph.
std::string graphml(std::string_view elements, std::string_view direction = "undirected") {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
        "<key id=\"d0\" for=\"node\" attr.name=\"label\" attr.type=\"string\"/>\n"
        "<graph edgedefault=\"{}\">\n{}\n</graph>\n</graphml>\n",
        direction,
        elements);
}

std::string node(std::string_view id) {
    return fmt::format("<node id=\"{}\"/>", id);
}

std::string edge(std::string_view source, std::string_view target) {
    return fmt::format("<edge source=\"{}\" target=\"{}\"/>", source, target);
}

Edges edges_of(std::string_view elements) {
    const TemporaryFile file("overlay.graphml", graphml(elements));
    return sorted_edges(read_graph(file.path()));
}

/// Returns what reading a file with this content complains of, the path cut off.
std::string complaint(std::string_view content) {
    const TemporaryFile file("overlay.graphml", content);
    try {
        (void)read_graphml(file.path());
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        REQUIRE(text.starts_with(file.path()));
        return text.substr(file.path().size());
    }
    return "no complaint";
}

TEST_CASE("GraphML: what is written is read again") {
    for (const char* spec : {"ring", "regular:4", "full", "star", "barabasi-albert:2", "torus"}) {
        CAPTURE(spec);
        const Graph graph = make_topology(spec, 36, 5);
        const TemporaryFile file("overlay.graphml");
        write_graphml(graph, file.path());
        const Graph again = read_graph(file.path());
        CHECK(boost::num_vertices(again) == 36);
        CHECK(sorted_edges(again) == sorted_edges(graph));
    }
}

TEST_CASE("GraphML: ids that are numbers are the node numbers, in any order of the file") {
    CHECK(edges_of(node("2") + node("0") + node("1") + edge("2", "0") + edge("2", "1")) ==
          Edges{{0, 2}, {1, 2}});
    CHECK(edges_of(node("n2") + node("n0") + node("n1") + edge("n2", "n0") + edge("n2", "n1")) ==
          Edges{{0, 2}, {1, 2}});
}

TEST_CASE("GraphML: other ids are numbered in order of appearance") {
    CHECK(edges_of(node("Oslo") + node("Rome") + node("Bern") + edge("Oslo", "Rome") +
                   edge("Bern", "Oslo")) == Edges{{0, 1}, {0, 2}});
    CHECK(edges_of(node("3") + node("1") + node("4") + edge("3", "1") + edge("1", "4")) ==
          Edges{{0, 1}, {1, 2}});
    CHECK(edges_of(node("3") + node("1") + node("2") + edge("3", "1") + edge("1", "2")) ==
          Edges{{0, 1}, {0, 2}});
    CHECK(edges_of(node("0") + node("n0") + edge("0", "n0")) == Edges{{0, 1}});
}

TEST_CASE("GraphML: attributes, descriptions and comments are passed over") {
    CHECK(edges_of("<desc>two</desc><!-- nodes --><node id=\"a\"><data key=\"d0\">x</data></node>" +
                   node("b") + "<edge id=\"e\" source=\"a\" target=\"b\" directed=\"false\"/>") ==
          Edges{{0, 1}});
}

TEST_CASE("GraphML: text that is not one GraphML graph is refused") {
    CHECK(complaint("<graphml>\n<graph>\n</graphml>") == ":3: not XML, unexpected end of data");
    CHECK(complaint("3\n0 1\n") == ":1: not XML, expected <");
    CHECK(complaint("<a>" + std::string((std::size_t{64} << 20) + 1, '\n') + "</a>") ==
          ": too much XML, got 67108873 bytes, allowed 67108864");
    const auto repeated = [](std::string_view text, int times) {
        std::string all;
        for (int i = 0; i < times; ++i) {
            all += text;
        }
        return all;
    };
    // Neither a comment nor a quoted text closes what is open.
    for (const char* opening : {"<a>", "<a><!-- </a> -->", "<a b='/>'>", "<a><![CDATA[</a>]]>"}) {
        CHECK(complaint(repeated(opening, 100'000)) ==
              ": elements lie too deep in each other, got 100000, allowed 100");
    }
    CHECK(complaint("<graphml>" + repeated("<a/><?b?><c d=\">\"></c>", 1000) + "</graphml>")
              .starts_with(": not a GraphML graph"));
    CHECK(complaint("<svg/>") ==
          ": not a GraphML graph, got 0 <graph> elements inside <graphml>, expected one");
    CHECK(complaint("<graphml><graph/><graph/></graphml>") ==
          ": not a GraphML graph, got 2 <graph> elements inside <graphml>, expected one");
    CHECK_THROWS_WITH_AS(read_graph("/no/such.graphml"),
                         "/no/such.graphml: cannot be read (No such file or directory)",
                         std::invalid_argument);
}

TEST_CASE("GraphML: directed edges are taken for both directions, as yEd writes all of them") {
    const auto description = [](std::string_view elements) {
        const TemporaryFile file("overlay.graphml", graphml(elements, "directed"));
        return read_graph_file(file.path()).summary.describe().substr(file.path().size() + 2);
    };
    const std::string three = node("n0") + node("n1") + node("n2");
    CHECK(description(three + edge("n0", "n1") + edge("n1", "n2")) ==
          "GraphML, 3 nodes, 2 links; its directed edges are taken for both directions");
    CHECK(description(three + edge("n0", "n1") + edge("n1", "n2") + edge("n1", "n0") +
                      edge("n1", "n2") + edge("n2", "n2")) ==
          "GraphML, 3 nodes, 2 links (1 listed in both directions); left out: 1 repetition, 1 "
          "self-loop; its directed edges are taken for both directions");
}

TEST_CASE("GraphML: data of edges that are not used are named") {
    const TemporaryFile file(
        "overlay",
        "<graphml><key id=\"d1\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"/><graph>"
        "<node id=\"a\"/><node id=\"b\"/><edge source=\"a\" target=\"b\"><data key=\"d1\">2</data>"
        "</edge></graph></graphml>");
    CHECK(read_graph_file(file.path())
              .summary.describe()
              .ends_with("GraphML, 2 nodes, 1 link; nodes are numbered as they appear, 'a' is node "
                         "0; not used: "
                         "weight (1 link)"));
}

TEST_CASE("GraphML: nested and hyper-graphs are refused") {
    const std::string two = node("a") + node("b");
    CHECK(complaint(graphml(two + "<hyperedge/>")) ==
          ": got a <hyperedge> in the graph, allowed are <node> and <edge>");
    CHECK(complaint(graphml("<node id=\"a\"><graph/></node>")) ==
          ": got a nested <graph> in the graph, allowed are <node> and <edge>");
}

TEST_CASE("GraphML: impossible nodes and edges are refused") {
    const std::string two = node("a") + node("b");
    CHECK(complaint(graphml(two + edge("a", "b") + edge("b", "c"))) ==
          ": edge 2: the target is not a node of the graph, got 'c'");
    CHECK(complaint(graphml(two + "<edge target=\"a\"/>")) ==
          ": edge 1: the source is not a node of the graph, got ''");
    CHECK(complaint(graphml(two + node("a"))) ==
          ": node 3: the id is missing or repeated, got 'a'");
    CHECK(complaint(graphml("<node/>")) == ": node 1: the id is missing or repeated, got ''");
    CHECK(complaint(graphml(node("a"))) == ": too few nodes, got 1, allowed 2 or more");
    CHECK(complaint(graphml(two)) == ": the graph is not connected, 0 edges cannot join 2 nodes");
}

}  // namespace
}  // namespace murmur
