#include "topologies/overlays.h"

#include "tests/support/doctest.h"
#include "tests/unit/topologies/temporary_file.h"
#include "topologies/edge_files.h"
#include "topologies/generators.h"

#include <filesystem>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

/// Returns what make_topology complains of, its common opening cut off.
std::string complaint(const std::string& spec, NodeId num_nodes = 16) {
    try {
        (void)make_topology(spec, num_nodes, 1);
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        const std::string opening = "topology " + spec.substr(0, spec.find(':')) + ": ";
        return text.starts_with(opening) ? text.substr(opening.size()) : text;
    }
    return "no complaint";
}

const char* const kAll =
    "ring, full, star, torus, exponential, regular, small-world, erdos-renyi, barabasi-albert, "
    "file, edges, adjacency, graphml, one-peer-exponential, spanning-tree, base-graph, matcha";

TEST_CASE("make_topology: every form by name is its generator") {
    const auto edges = [](std::string_view spec) {
        return sorted_edges(make_topology(spec, 24, 7));
    };
    CHECK(edges("ring") == sorted_edges(ring(24)));
    CHECK(edges("regular:5") == sorted_edges(k_regular(24, 5, 7)));
    CHECK(edges("full") == sorted_edges(fully_connected(24)));
    CHECK(edges("star") == sorted_edges(star(24)));
    CHECK(edges("small-world:4:0.25") == sorted_edges(small_world(24, 4, 0.25, 7)));
    CHECK(edges("erdos-renyi:0.3") == sorted_edges(erdos_renyi(24, 0.3, 7)));
    CHECK(edges("torus") == sorted_edges(torus(4, 6)));
    CHECK(edges("torus:3x8") == sorted_edges(torus(3, 8)));
    CHECK(edges("barabasi-albert:3") == sorted_edges(barabasi_albert(24, 3, 7)));
    CHECK(edges("exponential") == sorted_edges(exponential(24)));
}

TEST_CASE("make_topology: every form is connected for many sizes and seeds") {
    for (const char* spec : {"ring",
                             "regular:4",
                             "full",
                             "star",
                             "small-world:4:0.2",
                             "erdos-renyi:0.5",
                             "torus",
                             "barabasi-albert:2",
                             "exponential"}) {
        for (const NodeId num_nodes : {9u, 16u, 36u, 100u}) {
            for (std::uint64_t seed = 0; seed < 10; ++seed) {
                CAPTURE(spec);
                CAPTURE(num_nodes);
                CAPTURE(seed);
                const Graph graph = make_topology(spec, num_nodes, seed);
                CHECK(boost::num_vertices(graph) == num_nodes);
                CHECK(is_connected(graph));
                CHECK(sorted_edges(graph) == sorted_edges(make_topology(spec, num_nodes, seed)));
            }
        }
    }
}

TEST_CASE("make_topology: a file, of either kind, with colons in its path") {
    const TemporaryFile list("a:b.txt", "3\n0 1\n1 2\n");
    CHECK(boost::num_edges(make_topology("file:" + list.path(), 3, 1)) == 2);
    const TemporaryFile xml("overlay.graphml");
    write_graphml(ring(8), xml.path());
    CHECK(sorted_edges(make_topology("file:" + xml.path(), 8, 1)) == sorted_edges(ring(8)));
}

TEST_CASE("make_topology: a file of the wrong size, in pieces or missing is refused") {
    const TemporaryFile list("overlay.txt", "3\n0 1\n1 2\n");
    CHECK(complaint("file:" + list.path()) ==
          "the file has 3 nodes, but the number of nodes is 16");
    const TemporaryFile pieces("pieces.txt", "4\n0 1\n2 3\n");
    CHECK(complaint("file:" + pieces.path(), 4) ==
          pieces.path() + ": the graph is not connected, 2 edges cannot join 4 nodes");
    CHECK(complaint("file:/no/such") == "/no/such: cannot be read (No such file or directory)");
    CHECK(complaint("file") == "the file is missing, allowed file:PATH[,undirected]");
}

TEST_CASE("make_topology: unknown forms are refused with the list of those there are") {
    const std::string all = std::string("', allowed ") + kAll;
    CHECK(complaint("mesh") == "topology: unknown, got 'mesh" + all);
    CHECK(complaint("") == "topology: unknown, got '" + all);
    CHECK(complaint(":5") == "topology: unknown, got '" + all);
    CHECK(complaint("Ring") == "topology: unknown, got 'Ring" + all + "; did you mean ring?");
    CHECK(complaint("regulr:5") ==
          "topology: unknown, got 'regulr" + all + "; did you mean regular?");
}

TEST_CASE("make_topology: parameters too many or too few are refused") {
    CHECK(complaint("regular") == "the K is missing, allowed regular:K");
    CHECK(complaint("small-world:4") == "the P is missing, allowed small-world:K:P");
    CHECK(complaint("ring:3") == "takes no argument, got '3'");
    CHECK(complaint("regular:5:3") ==
          "K: not a whole number in range, got '5:3', allowed 0 ... 4294967295");
}

TEST_CASE("make_topology: malformed numbers are refused") {
    CHECK(complaint("regular:5x") ==
          "K: not a whole number in range, got '5x', allowed 0 ... 4294967295");
    CHECK(complaint("regular:-1") ==
          "K: not a whole number in range, got '-1', allowed 0 ... 4294967295");
    CHECK(complaint("regular:") == "the K is missing, allowed regular:K");
    CHECK(complaint("regular: 5") ==
          "K: not a whole number in range, got ' 5', allowed 0 ... 4294967295");
    CHECK(complaint("regular:4.0") ==
          "K: not a whole number in range, got '4.0', allowed 0 ... 4294967295");
    CHECK(complaint("regular:99999999999") ==
          "K: not a whole number in range, got '99999999999', allowed 0 ... 4294967295");
    CHECK(complaint("erdos-renyi:0,5") == "P: not a number in range, got '0,5', allowed 0 ... 1");
    CHECK(complaint("small-world:4:x") == "P: not a number in range, got 'x', allowed 0 ... 1");
    CHECK(complaint("barabasi-albert:two") ==
          "M: not a whole number in range, got 'two', allowed 0 ... 4294967295");
    CHECK(complaint("torus:4") == "not ROWSxCOLS, got '4', allowed such as 4x8");
    CHECK(complaint("torus:4x") == "not ROWSxCOLS, got '4x', allowed such as 4x8");
}

TEST_CASE("make_topology: requests that no graph meets are refused") {
    CHECK(complaint("ring", 1) == "too few nodes, got 1, allowed 2 or more");
    CHECK(complaint("ring", 0) == "too few nodes, got 0, allowed 2 or more");
    CHECK(complaint("ring", 2) == "ring: too few nodes, got 2, allowed 3 or more");
    CHECK(complaint("regular:16") ==
          "k_regular: no 16-regular graph on 16 nodes exists, a node has at most 15 neighbors; "
          "make the degree smaller");
    CHECK(complaint("torus:3x5") == "ROWS x COLS is 15, but the number of nodes is 16");
    CHECK(complaint("torus:65536x65536") ==
          "ROWS x COLS is 4294967296, but the number of nodes is 16");
    CHECK(complaint("torus:2x8") ==
          "torus: a side is too short, got 2x8, allowed 3 or more rows and columns");
    CHECK(complaint("erdos-renyi:1.5") == "P: not a number in range, got '1.5', allowed 0 ... 1");
}

TEST_CASE("make_topology: a directed file counts for both ways where it is told to") {
    // Node 1 names node 2, which does not name it.
    const TemporaryFile list("lists.adj", "3\n1\n0 2\n\n");
    CHECK(complaint("adjacency:" + list.path(), 3) != "no complaint");
    CHECK(boost::num_edges(make_topology("adjacency:" + list.path() + ",undirected", 3, 1)) == 2);
}

/// A ring, and a hub that is everybody's neighbor.
Topology wheel(const OverlayRequest& request) {
    Graph graph = star(request.num_nodes);
    const auto step = static_cast<NodeId>(request.options.integer("step", {1, 100}));
    for (NodeId node = 1; node < request.num_nodes; ++node) {
        boost::add_edge(node, 1 + (node - 1 + step) % (request.num_nodes - 1), graph);
    }
    return {std::move(graph)};
}

TEST_CASE("overlays: a program adds its own in one line") {
    overlays().add({"wheel", "a ring and a hub", {named("step", "1", "along the ring")}}, {wheel});
    CHECK(boost::num_edges(make_topology("wheel", 6, 1)) == 10);
    CHECK(is_connected(make_topology("wheel:step=2", 6, 1)));
    CHECK(expected_edges("wheel", 6) == 6);
    CHECK_FALSE(is_directed_topology("wheel"));
    CHECK(complaint("wheel:step=0") ==
          "step: not a whole number in range, got '0', allowed 1 ... 100");
    CHECK(complaint("whel").ends_with("did you mean wheel?"));
    CHECK(overlays().help().find("wheel[:step=1]") != std::string::npos);
}

TEST_CASE("overlays: the help has a line for each, and fits") {
    const std::string help = overlays().help();
    for (const std::string_view line : split(help, '\n')) {
        CHECK(line.size() <= kHelpColumns);
    }
    CHECK(help.starts_with("  ring\n      every node has 2 neighbors\n"));
    CHECK(help.find("  small-world:K:P\n      Watts-Strogatz") != std::string::npos);
}

}  // namespace
}  // namespace murmur
