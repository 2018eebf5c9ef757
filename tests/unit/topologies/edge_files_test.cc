#include "topologies/edge_files.h"

#include "tests/support/doctest.h"
#include "tests/unit/topologies/temporary_file.h"
#include "topologies/generators.h"
#include "topologies/overlays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <stdexcept>

namespace murmur {
namespace {

using Edges = std::vector<std::pair<NodeId, NodeId>>;

/// Returns what reading an edge list with this content complains of, the path cut off.
std::string complaint(std::string_view content) {
    const TemporaryFile file("overlay.txt", content);
    try {
        (void)read_edge_list(file.path());
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        REQUIRE(text.starts_with(file.path()));
        return text.substr(file.path().size());
    }
    return "no complaint";
}

TEST_CASE("edge list: what is written is read again") {
    for (const char* spec : {"ring", "regular:4", "full", "star", "barabasi-albert:2", "torus"}) {
        CAPTURE(spec);
        const Graph graph = make_topology(spec, 36, 5);
        const TemporaryFile file("overlay.txt");
        write_edge_list(graph, file.path());
        const Graph again = read_graph(file.path());
        CHECK(boost::num_vertices(again) == 36);
        CHECK(sorted_edges(again) == sorted_edges(graph));
    }
}

TEST_CASE("every form of text: what is written is read again, with any line ends") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        const auto num_nodes = static_cast<NodeId>(4 + seed % 20);
        const Graph graph = make_topology("barabasi-albert:2", num_nodes, seed);
        const Edges edges = sorted_edges(graph);
        const std::string count = std::to_string(num_nodes) + "\n";
        std::string once;
        std::string both;
        for (const auto& [u, v] : edges) {
            once += fmt::format("{} {}\n", u, v);
            both += fmt::format("{} {}\n{} {}\n", u, v, v, u);
        }
        std::string numbered;
        std::string named;
        for (NodeId node = 0; node < num_nodes; ++node) {
            const auto neighbors = sorted_neighbors(graph, node);
            numbered += fmt::format("{}\n", fmt::join(neighbors, " "));
            named += fmt::format("{}", node);
            for (const NodeId neighbor : neighbors) {
                named += neighbor > node ? fmt::format(" {}", neighbor) : "";
            }
            named += "\n";
        }
        for (std::string text : {count + once, count + both, both, count + numbered, named}) {
            for (const char* end : {"\n", "\r\n", "\r"}) {
                CAPTURE(text);
                std::string content = "\xEF\xBB\xBF";
                for (const char character : text) {
                    content +=
                        character == '\n' ? std::string(" \t") + end : std::string(1, character);
                }
                const TemporaryFile file("graph", content);
                CHECK(sorted_edges(read_graph(file.path())) == edges);
            }
        }
    }
}

TEST_CASE("edge list: the file is the number of nodes and the edges in ascending order") {
    const TemporaryFile file("overlay.txt");
    write_edge_list(make_graph(4, {{3, 2}, {1, 0}, {2, 0}}), file.path());
    CHECK(file.content() == "4\n0 1\n0 2\n2 3\n");
}

TEST_CASE("edge list: comments, empty lines, tabs and DOS line ends are passed over") {
    const TemporaryFile file("overlay.txt", "# a path\r\n\r\n3\r\n  0\t1  \r\n# more\n1 2");
    CHECK(sorted_edges(read_edge_list(file.path())) == Edges{{0, 1}, {1, 2}});
}

TEST_CASE("edge list: an impossible number of nodes is refused") {
    const std::string empty =
        ":1: the file is empty, allowed an edge list, an adjacency list or GraphML";
    CHECK(complaint("") == empty);
    CHECK(complaint("# only this\n\n") == empty);
    CHECK(complaint("three\n0 1\n") ==
          ":1: not a number of nodes, got 'three', allowed a whole number of 2 or more");
    CHECK(complaint("-3\n") ==
          ":1: not a number of nodes, got '-3', allowed a whole number of 2 or more");
    CHECK(complaint("1\n") ==
          ":1: not a number of nodes, got '1', allowed a whole number of 2 or more");
    CHECK(complaint("99999999999\n") ==
          ":1: not a number of nodes, got '99999999999', allowed a whole number of 2 or more");
    CHECK(complaint("source,target\n") == ":1: too few nodes, got 0, allowed 2 or more");
}

TEST_CASE("edge list: a line that is no edge is refused by its number") {
    CHECK(complaint("3\n0 1\n1 b\n") == ":3: not an edge, got '1 b', expected two node ids 'u v'");
    CHECK(complaint("3\n0\n") == ":2: not an edge, got '0', expected two node ids 'u v'");
    CHECK(complaint("3\n0 -1\n") == ":2: not an edge, got '0 -1', expected two node ids 'u v'");
    CHECK(complaint("3\n0 1.0\n") == ":2: not an edge, got '0 1.0', expected two node ids 'u v'");
    CHECK(complaint("0 1\n1 b\n") == ":2: not an edge, got '1 b', expected two node ids 'u v'");
    CHECK(complaint("3\n0 1\n1 2 5\n") ==
          ":3: not an edge, got '1 2 5', expected two node ids 'u v'");
    for (const char* other : {"graph [\n  directed 0\n",
                              "digraph G {\n",
                              "*Vertices 3\n1 \"a\"\n",
                              "{\"directed\": false}\n"}) {
        CAPTURE(other);
        CHECK(complaint(other).starts_with(
            ":1: neither an edge list nor an adjacency list nor GraphML, got '"));
    }
    const std::string long_line = complaint("3\n0 " + std::string(5'000'000, '1') + "\n");
    CHECK(long_line.size() < 200);
    CHECK(long_line.starts_with(":2: not an edge, got '0 1111"));
    CHECK(complaint("3\n0 a\x01\xff\tb\n") ==
          ":2: not an edge, got '0 a ? b', expected two node ids 'u v'");
}

TEST_CASE("edge list: an impossible edge is refused by its line") {
    CHECK(complaint("3\n0 1\n1 3\n0 2\n") == ":3: node id out of range, got 3, allowed 0 ... 2");
    CHECK(complaint("3\n0 1\n1 2\n1 7\n") == ":4: node id out of range, got 7, allowed 0 ... 2");
}

TEST_CASE("edge list: a graph in pieces is refused with its components") {
    CHECK(complaint("5\n0 1\n1 2\n0 2\n3 4\n") ==
          ": the graph is not connected, 2 components: 3 nodes with '0', 2 nodes with '3'");
    CHECK(complaint("4000000000\n0 1\n") ==
          ": the graph is not connected, 1 edge cannot join 4000000000 nodes");
    CHECK(complaint("a b\nb c\na c\nd e\nd f\ne f\n") ==
          ": the graph is not connected, 2 components: 3 nodes with 'a', 3 nodes with 'd'");
}

GraphFile read_text(std::string_view content, GraphForm form = GraphForm::kRecognize) {
    const TemporaryFile file("graph", content);
    return read_graph_file(file.path(), form);
}

/// Returns what is said of a file with this content, the path cut off.
std::string description(std::string_view content, GraphForm form = GraphForm::kRecognize) {
    const TemporaryFile file("graph", content);
    return read_graph_file(file.path(), form).summary.describe().substr(file.path().size() + 2);
}

TEST_CASE("edge list: both directions of an edge are one, as DecentralizePy writes them") {
    const std::string ring = "4\n0 1\n0 3\n1 0\n1 2\n2 1\n2 3\n3 0\n3 2\n";
    CHECK(sorted_edges(read_text(ring).graph) == Edges{{0, 1}, {0, 3}, {1, 2}, {2, 3}});
    CHECK(description(ring) == "edge list, 4 nodes, 4 links (4 listed in both directions)");
    CHECK(description("4\n0 1\n1 2\n2 3\n1 0\n") ==
          "edge list, 4 nodes, 3 links (1 listed in both directions)");
    CHECK(description("3\n0 1\n1 2\n0 1\n2 2\n1 1\n") ==
          "edge list, 3 nodes, 2 links; left out: 1 repetition, 2 self-loops");
}

TEST_CASE("edge list: without a number of nodes, there are as many as appear") {
    // networkx: write_edgelist without and with data, write_weighted_edgelist.
    CHECK(description("0 1\n0 2\n1 2\n2 3\n") == "edge list, 4 nodes, 4 links");
    CHECK(description("0 1 {}\n1 2 {}\n") == "edge list, 3 nodes, 2 links");
    CHECK(description("0 1 {'weight': 4}\n1 2 {'weight': 1, 'b': 'x y'}\n") ==
          "edge list, 3 nodes, 2 links; what stands in braces is not used");
    CHECK(description("0 1 0.5\n1 2 0.25\n") ==
          "edge list, 3 nodes, 2 links; its third column is not used");
    // SNAP, KONECT, and a table with a heading.
    CHECK(description("# Nodes: 3 Edges: 2\n# FromNodeId\tToNodeId\n0\t1\n1\t2\n") ==
          "edge list, 3 nodes, 2 links");
    CHECK(description("% sym unweighted\n1 2 1 1082040961\n2 3 1 1082155839\n") ==
          "edge list, 3 nodes, 2 links; columns behind its second are not used; its nodes count "
          "from 1, here from 0");
    CHECK(description("Source,Target,Weight\n0,1,1\n1,2,1\n") ==
          "edge list, 3 nodes, 2 links; its third column is not used");
    CHECK(description("0, 1\n1, 2 # the last\n") == "edge list, 3 nodes, 2 links");
}

TEST_CASE("node ids: numbers from 0 or 1 are kept, others count as they appear") {
    CHECK(sorted_edges(read_text("2 0\n1 2\n").graph) == Edges{{0, 2}, {1, 2}});
    CHECK(sorted_edges(read_text("3 1\n2 3\n").graph) == Edges{{0, 2}, {1, 2}});
    CHECK(sorted_edges(read_text("3\n3 1\n2 3\n").graph) == Edges{{0, 2}, {1, 2}});
    CHECK(sorted_edges(read_text("007 001\n001 009\n").graph) == Edges{{0, 1}, {1, 2}});
    CHECK(sorted_edges(read_text("00 01\n01 02\n").graph) == Edges{{0, 1}, {1, 2}});
    CHECK(sorted_edges(read_text("Oslo Bern\nRome Oslo\n").graph) == Edges{{0, 1}, {0, 2}});
    CHECK(description("Oslo Bern\nRome Oslo\n") ==
          "edge list, 3 nodes, 2 links; nodes are numbered as they appear, 'Oslo' is node 0");
    CHECK(complaint("3\n0 1\n1 3\n3 0\n") == ":3: node id out of range, got 3, allowed 0 ... 2");
}

TEST_CASE("adjacency list: line i holds the neighbors of node i") {
    const std::string text = "6\n1\n0 3 4\n3 5\n1 2 5\n1\n2 3";
    CHECK(sorted_edges(read_text(text).graph) ==
          Edges{{0, 1}, {1, 3}, {1, 4}, {2, 3}, {2, 5}, {3, 5}});
    CHECK(description(text) == "adjacency list, 6 nodes, 6 links (6 listed in both directions)");
    // Every line of a ring could be an edge, too.
    CHECK(sorted_edges(read_text("5\n1 4\n0 2\n1 3\n2 4\n0 3\n").graph) ==
          Edges{{0, 1}, {0, 4}, {1, 2}, {2, 3}, {3, 4}});
    CHECK(sorted_edges(read_text("5\n0 1\n1 2\n2 3\n3 4\n4 0\n").graph) ==
          Edges{{0, 1}, {0, 4}, {1, 2}, {2, 3}, {3, 4}});
    CHECK(sorted_edges(read_text("5\n1 4\n0 2\n1 3\n2 4\n0 3\n", GraphForm::kEdgeList).graph) ==
          Edges{{0, 2}, {0, 3}, {1, 3}, {1, 4}, {2, 4}});
}

TEST_CASE("adjacency list: entries of one direction are refused, or taken for both") {
    const TemporaryFile file("graph.adj", "3\n1 2\n\n0 1\n");
    CHECK_THROWS_WITH_AS((void)read_graph(file.path()),
                         (file.path() + ":2: node 0 lists 1, but node 1 does not list 0 (2 such in "
                                        "all); list both, or say ,undirected behind the file to "
                                        "take each for both")
                             .c_str(),
                         std::invalid_argument);
    const GraphFile both = read_graph_file(file.path(), GraphForm::kRecognize, OneWay::kTakeBoth);
    CHECK(sorted_edges(both.graph) == Edges{{0, 1}, {0, 2}, {1, 2}});
    CHECK(both.summary.describe().ends_with(
        "adjacency list, 3 nodes, 3 links (1 listed in both directions); 2 links of one direction "
        "taken for both"));
    const ListedGraph listed = read_listed_graph(file.path());
    CHECK(listed.is_directed);
    REQUIRE(listed.entries.size() == 4);
    CHECK(listed.entries[3].from == 2);
    CHECK(listed.entries[3].to == 1);
    CHECK(complaint("3\n1 2\n0\n0\n1\n") ==
          ":3: not an edge, got '0', expected two node ids 'u v'");
}

TEST_CASE("adjacency list: a node and its neighbors a line, as networkx writes it") {
    CHECK(sorted_edges(read_text("#make.py\n# GMT Sat Nov 28\n# \n0 1 3\n1 2\n2 3\n3\n").graph) ==
          Edges{{0, 1}, {0, 3}, {1, 2}, {2, 3}});
    CHECK(description("0 1 3\n1 2\n2 3\n3\n") == "adjacency list, 4 nodes, 4 links");
    CHECK(description("a b c\nb a\nc a\n") ==
          "adjacency list, 3 nodes, 2 links (2 listed in both directions); nodes are numbered as "
          "they appear, 'a' is node 0");
    // A directed graph: a node lists those that it leads to.
    CHECK(read_listed_graph(TemporaryFile("g", "0 1 2\n1 0\n2 1\n").path()).is_directed);
    CHECK(complaint("0 1 2\n0 3\n1 2\n3 1 0\n") ==
          ":1: not an edge, got '0 1 2', expected two node ids 'u v'");
    const TemporaryFile twice("g.adjlist", "0 1 2\n0 3\n");
    CHECK_THROWS_WITH_AS((void)read_graph(twice.path()),
                         (twice.path() + ":2: node '0' has two lines, allowed one: the node, then "
                                         "its neighbors")
                             .c_str(),
                         std::invalid_argument);
}

TEST_CASE("edge list: a file that is not there or not a file is refused") {
    CHECK_THROWS_WITH_AS(read_edge_list("/no/such/overlay.txt"),
                         "/no/such/overlay.txt: cannot be read (No such file or directory)",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        read_edge_list("/"), "/: cannot be read (Is a directory)", std::invalid_argument);
}

TEST_CASE("edge list: a file that cannot be written is an error, a full disk too") {
    CHECK_THROWS_WITH_AS(write_edge_list(ring(3), "/no/such/overlay.txt"),
                         "/no/such/overlay.txt: cannot be written (No such file or directory)",
                         std::runtime_error);
    REQUIRE(std::filesystem::exists("/dev/full"));
    CHECK_THROWS_WITH_AS(write_edge_list(ring(3), "/dev/full"),
                         "/dev/full: cannot be written (No space left on device)",
                         std::runtime_error);
}

}  // namespace
}  // namespace murmur
