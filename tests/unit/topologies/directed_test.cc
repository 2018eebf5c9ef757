#include "topologies/directed.h"

#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "topologies/overlays.h"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// x <- W x, entry by entry.
std::vector<double> times(const MixingMatrix& weights, const std::vector<double>& x) {
    std::vector<double> y(x.size());
    for (NodeId i = 0; i < weights.num_nodes(); ++i) {
        y[i] = weights.row(i).self * x[i];
        for (const auto& [j, weight] : weights.row(i).neighbors) {
            y[i] += weight * x[j];
        }
    }
    return y;
}

TEST_CASE("the exponential graph sends to all distances that are powers of 2") {
    const DirectedGraph graph = directed_exponential(10);
    CHECK(graph.out(7) == std::vector<NodeId>{1, 5, 8, 9});  // 7 + 1, 2, 4, 8
    CHECK(graph.in(0) == std::vector<NodeId>{2, 6, 8, 9});
    CHECK(graph.is_strongly_connected());
    CHECK(boost::num_edges(directed_exponential(2).undirected()) == 1);
    CHECK_THROWS_AS((void)directed_exponential(1), std::invalid_argument);
}

// Expectation [Ying, 2021, lemma 3]: for N = 2^L, the product of L of its matrices is 1 1^T / N.
TEST_CASE("one-peer exponential graphs make the exact mean in log2 N rounds") {
    for (const NodeId nodes : {2, 8, 32}) {
        std::vector<double> x(nodes);
        std::iota(x.begin(), x.end(), 0.0);
        for (std::uint64_t round = 5; round < 5 + std::log2(nodes); ++round) {
            const DirectedGraph graph = one_peer_exponential(nodes, round);
            CHECK(graph.out(0).size() == 1);
            x = times(row_stochastic_weights(graph), x);
        }
        for (const double value : x) {
            CHECK(value == doctest::Approx((nodes - 1) / 2.0).epsilon(1e-14));
        }
    }
    // Of 6 nodes: distances 1, 2, 4, and again.
    CHECK(one_peer_exponential(6, 2).out(3) == std::vector<NodeId>{1});
    CHECK(one_peer_exponential(6, 3).out(3) == std::vector<NodeId>{4});
}

/// 0 -> 1 -> 2 -> 0, and 0 -> 2.
DirectedGraph triangle() {
    return DirectedGraph({{1, 2}, {2}, {0}});
}

// Expectation: rows of the one and columns of the other sum to 1; the first keeps what all agree
// on, the second the sum of all.
TEST_CASE("row- and column-stochastic weights") {
    const MixingMatrix rows = row_stochastic_weights(triangle());
    CHECK(rows.row(2).self == doctest::Approx(1.0 / 3));
    CHECK(rows.row(2).neighbors.size() == 2);
    CHECK(rows.row(0).neighbors[0].neighbor == 2);
    CHECK(rows.row(0).neighbors[0].weight == 0.5);
    for (const double value : times(rows, {4, 4, 4})) {
        CHECK(value == doctest::Approx(4));
    }
    const MixingMatrix columns = column_stochastic_weights(triangle());
    CHECK(columns.row(0).self == doctest::Approx(1.0 / 3));
    CHECK(columns.row(2).neighbors[0].weight == doctest::Approx(1.0 / 3));
    CHECK(columns.row(2).neighbors[1].weight == 0.5);
    const std::vector<double> pushed = times(columns, {1, 10, 100});
    CHECK(pushed[0] + pushed[1] + pushed[2] == doctest::Approx(111));
    CHECK_THROWS_WITH_AS((void)directed_weights("metropolis", triangle()),
                         "weights: got 'metropolis' for a directed graph, allowed row-stochastic, "
                         "column-stochastic",
                         std::invalid_argument);
}

TEST_CASE("directions vanish where they are not asked for") {
    const Graph graph = DirectedGraph({{1}, {0, 2}, {0}}).undirected();
    CHECK(sorted_edges(graph) == std::vector<std::pair<NodeId, NodeId>>{{0, 1}, {0, 2}, {1, 2}});
}

TEST_CASE("files with directions") {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "arcs.txt").string();
    const auto said_of = [&path](const std::string& text) -> std::string {
        test::write_text(path, text);
        try {
            return read_directed_graph(path).summary.describe().substr(path.size());
        } catch (const std::invalid_argument& error) {
            return std::string(error.what()).substr(path.size());
        }
    };
    CHECK(said_of("# who sends to whom\n3\n0 1\n\n1 2\n2 0\n1 0\n") ==
          ": edge list, 3 nodes, 3 links (2 of one direction, 1 listed in both directions)");
    const DirectedGraph graph = make_directed_topology("directed:file:" + path, 3, 0);
    CHECK(graph.out(1) == std::vector<NodeId>{0, 2});
    CHECK(graph.in(1) == std::vector<NodeId>{0});
    CHECK_THROWS_WITH_AS((void)make_directed_topology("directed:file:" + path, 4, 0),
                         "topology file: the file has 3 nodes, but the number of nodes is 4",
                         std::invalid_argument);
    CHECK(
        said_of("3\n0 1\n1 2\n1 2\n2 0\n2 2\n") ==
        ": edge list, 3 nodes, 3 links (3 of one direction); left out: 1 repetition, 1 self-loop");
    CHECK(said_of("").starts_with(":1: the file is empty, allowed an edge list"));
    CHECK(said_of("3\n0 1\n1 2 3\n").starts_with(":3: not an edge, got '1 2 3'"));
    CHECK(said_of("3\n0 3\n1 0\n").starts_with(":2: node id out of range, got 3"));
    CHECK(said_of("3\n0 1\n1 0\n2 0\n2 1\n") ==
          ": some node is never heard by another, 2 components: 2 nodes with '0', 1 node with '2'");
    CHECK(said_of("4000000000\n0 1\n") == ": 1 arc cannot let each of 4000000000 nodes be heard");
}

TEST_CASE("adjacency lists and GraphML with directions") {
    const test::TemporaryFolder folder;
    const std::string list = folder.write("graph.adj", "4\n1 2\n2\n3\n0\n");
    const DirectedGraph graph = make_directed_topology("directed:file:" + list, 4, 0);
    CHECK(graph.out(0) == std::vector<NodeId>{1, 2});
    CHECK(graph.out(3) == std::vector<NodeId>{0});
    // As an edge list, the same lines would be arcs.
    const std::string pairs = folder.write("pairs", "5\n1 2\n2 3\n3 4\n4 0\n0 1\n");
    CHECK(make_directed_topology("directed:edges:" + pairs, 5, 0).out(0) == std::vector<NodeId>{1});
    CHECK(make_directed_topology("directed:adjacency:" + pairs, 5, 0).out(0) ==
          std::vector<NodeId>{1, 2});
    const std::string xml = folder.write(
        "graph.graphml",
        "<graphml><graph edgedefault=\"directed\"><node id=\"a\"/><node id=\"b\"/><node id=\"c\"/>"
        "<edge source=\"a\" target=\"b\"/><edge source=\"b\" target=\"c\"/>"
        "<edge source=\"c\" target=\"a\"/></graph></graphml>");
    const DirectedTopology read = read_or_make_directed_topology("directed:file:" + xml, 3, 0);
    CHECK(read.graph.in(0) == std::vector<NodeId>{2});
    CHECK(read.read->describe() ==
          xml +
              ": GraphML, 3 nodes, 3 links (3 of one direction); nodes are numbered as they "
              "appear, 'a' is node 0");
}

TEST_CASE("topologies by name") {
    CHECK(is_directed_topology("directed:exponential"));
    CHECK(is_directed_topology("one-peer-exponential"));
    CHECK_FALSE(is_directed_topology("exponential"));
    CHECK(needs_dynamic_topology("one-peer-exponential"));
    CHECK_FALSE(needs_dynamic_topology("directed:exponential"));
    CHECK_THROWS_WITH_AS((void)make_topology("one-peer-exponential", 8, 1),
                         "topology one-peer-exponential: has directions, allowed overlays without",
                         std::invalid_argument);
    CHECK(make_directed_topology("directed:exponential", 8, 3).out(0).size() == 3);
    CHECK(make_directed_topology("one-peer-exponential", 8, 1).out(0) == std::vector<NodeId>{2});
    CHECK_THROWS_WITH_AS((void)make_directed_topology("directed:ring", 8, 0),
                         "topology ring: cannot be had with directed:, allowed exponential, file, "
                         "edges, adjacency, graphml",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
