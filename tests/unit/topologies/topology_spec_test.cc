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
        const std::string opening = "topology '" + spec + "': ";
        return text.starts_with(opening) ? text.substr(opening.size()) : text;
    }
    return "no complaint";
}

const char* const kAllForms =
    "ring, regular:K, full, star, small-world:K:P, erdos-renyi:P, torus, torus:ROWSxCOLS, "
    "barabasi-albert:M, exponential, file:PATH, edges:PATH, "
    "adjacency:PATH, graphml:PATH";

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
    CHECK(complaint("file") == "wrong number of parameters, allowed file:PATH");
}

TEST_CASE("make_topology: unknown forms are refused with the list of those there are") {
    CHECK(complaint("mesh") == std::string("unknown form, allowed ") + kAllForms);
    CHECK(complaint("") == std::string("unknown form, allowed ") + kAllForms);
    CHECK(complaint(":5") == std::string("unknown form, allowed ") + kAllForms);
    CHECK(complaint("Ring") == std::string("unknown form, allowed ") + kAllForms);
}

TEST_CASE("make_topology: parameters too many or too few are refused") {
    CHECK(complaint("regular") == "wrong number of parameters, allowed regular:K");
    CHECK(complaint("small-world:4") == "wrong number of parameters, allowed small-world:K:P");
    CHECK(complaint("ring:3") == "wrong number of parameters, allowed ring");
    CHECK(complaint("regular:5:3") == "K is not a whole number, got '5:3', allowed 0 or more");
}

TEST_CASE("make_topology: malformed numbers are refused") {
    CHECK(complaint("regular:5x") == "K is not a whole number, got '5x', allowed 0 or more");
    CHECK(complaint("regular:-1") == "K is not a whole number, got '-1', allowed 0 or more");
    CHECK(complaint("regular:") == "K is not a whole number, got '', allowed 0 or more");
    CHECK(complaint("regular: 5") == "K is not a whole number, got ' 5', allowed 0 or more");
    CHECK(complaint("regular:4.0") == "K is not a whole number, got '4.0', allowed 0 or more");
    CHECK(complaint("regular:99999999999") ==
          "K is not a whole number, got '99999999999', allowed 0 or more");
    CHECK(complaint("erdos-renyi:0,5") == "P is not a probability, got '0,5', allowed 0 ... 1");
    CHECK(complaint("small-world:4:x") == "P is not a probability, got 'x', allowed 0 ... 1");
    CHECK(complaint("barabasi-albert:two") ==
          "M is not a whole number, got 'two', allowed 0 or more");
    CHECK(complaint("torus:4") == "not ROWSxCOLS, got '4', expected such as 4x8");
    CHECK(complaint("torus:4x") == "COLS is not a whole number, got '', allowed 0 or more");
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
    CHECK(complaint("erdos-renyi:1.5") ==
          "erdos-renyi: P is not a probability, got 1.5, allowed 0 ... 1");
}

TEST_CASE("topology_help: one line a form") {
    const std::string help = topology_help();
    CHECK(std::count(help.begin(), help.end(), '\n') == 14);
    CHECK(help.starts_with("  ring               every node has 2 neighbors\n"));
    CHECK(help.find("  small-world:K:P    Watts-Strogatz") != std::string::npos);
}

}  // namespace
}  // namespace murmur
