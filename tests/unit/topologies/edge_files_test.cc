#include "topologies/edge_files.h"

#include "tests/support/doctest.h"
#include "tests/unit/topologies/temporary_file.h"
#include "topologies/generators.h"

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
    CHECK(complaint("") == ":1: the file is empty; the first line is the number of nodes");
    CHECK(complaint("# only this\n") ==
          ":1: the file is empty; the first line is the number of nodes");
    CHECK(complaint("three\n0 1\n") ==
          ":1: not a number of nodes, got 'three', allowed a whole number of 2 or more");
    CHECK(complaint("\n0 1\n") ==
          ":2: not a number of nodes, got '0 1', allowed a whole number of 2 or more");
    CHECK(complaint("-3\n") ==
          ":1: not a number of nodes, got '-3', allowed a whole number of 2 or more");
    CHECK(complaint("1\n") ==
          ":1: not a number of nodes, got '1', allowed a whole number of 2 or more");
    CHECK(complaint("99999999999\n") ==
          ":1: not a number of nodes, got '99999999999', allowed a whole number of 2 or more");
}

TEST_CASE("edge list: a line that is no edge is refused by its number") {
    CHECK(complaint("3\n0 1\n1 b\n") == ":3: not an edge, got '1 b', expected two node ids 'u v'");
    CHECK(complaint("3\n0 1 2\n") == ":2: not an edge, got '0 1 2', expected two node ids 'u v'");
    CHECK(complaint("3\n0\n") == ":2: not an edge, got '0', expected two node ids 'u v'");
    CHECK(complaint("3\n0 -1\n") == ":2: not an edge, got '0 -1', expected two node ids 'u v'");
    CHECK(complaint("3\n0 1.0\n") == ":2: not an edge, got '0 1.0', expected two node ids 'u v'");
}

TEST_CASE("edge list: an impossible edge is refused by its line") {
    CHECK(complaint("3\n0 1\n1 3\n") == ":3: node id out of range, got 3, allowed 0 ... 2");
    CHECK(complaint("3\n0 1\n\n2 2\n") ==
          ":4: self-loop, got 2 2; an edge joins two different nodes");
    CHECK(complaint("3\n0 1\n1 2\n1 0\n") ==
          ":4: repeated edge, got 1 0 as in line 2; edges have no direction, give each once");
}

TEST_CASE("edge list: a graph in pieces is refused") {
    CHECK(complaint("5\n0 1\n1 2\n0 2\n3 4\n") ==
          ": the graph is not connected, it is in 2 pieces; node 3 cannot be reached from node 0");
    CHECK(complaint("4000000000\n0 1\n") ==
          ": the graph is not connected, 1 edges cannot join 4000000000 nodes");
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
