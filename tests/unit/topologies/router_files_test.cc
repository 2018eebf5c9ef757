#include "topologies/router_files.h"

#include "tests/support/doctest.h"
#include "tests/unit/topologies/temporary_file.h"

#include <cmath>
#include <stdexcept>

namespace murmur {
namespace {

// A zoo of three cities, written for this test; line numbers matter below.
constexpr std::string_view kZoo = R"(<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d0" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d1" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d2" />
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d3" />
  <key attr.name="LinkLabel" attr.type="string" for="edge" id="d4" />
  <graph edgedefault="undirected">
    <data key="d9">a comment follows <!-- <node> is no node here --></data>
    <node id="0"><data key="d0">Oslo</data><data key="d1">60</data><data key="d2">10</data></node>
    <node id="1">
      <data key="d1">60.0</data>
      <data key="d2">11.0</data>
    </node>
    <node id="2"><data key="d0">Nowhere</data></node>
    <edge source="0" target="1"><data key="d3">10000000000.0</data></edge>
    <edge source="1" target="0"><data key="d4">10 Gbps</data></edge>
    <edge source="1" target="2"><data key="d3">1e9</data></edge>
  </graph>
</graphml>
)";

std::string with(std::string_view text, std::string_view old, std::string_view replacement) {
    std::string result(text);
    const std::size_t at = result.find(old);
    REQUIRE(at != std::string::npos);
    return result.replace(at, old.size(), replacement);
}

using Reader = RouterGraph (*)(const std::string&, const LinkDefaults&);

/// Returns what reading a file with this content complains of, the path cut off.
std::string complaint(Reader read, std::string_view content, const LinkDefaults& defaults = {}) {
    const TemporaryFile file("network", content);
    try {
        (void)read(file.path(), defaults);
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        REQUIRE(text.starts_with(file.path()));
        return text.substr(file.path().size());
    }
    return "no complaint";
}

TEST_CASE("great circles: degrees of the equator and of meridians, poles, antipodes") {
    // One degree of a great circle is 111.195 km, which light in fiber passes in 0.556 ms.
    const double degree_s = 6371.0088 * M_PI / 180 / (299792.458 * 2 / 3);
    CHECK(great_circle_latency({0, 0}, {0, 1}) == doctest::Approx(degree_s).epsilon(1e-12));
    CHECK(great_circle_latency({-30, 7}, {40, 7}) == doctest::Approx(70 * degree_s).epsilon(1e-12));
    CHECK(great_circle_latency({90, 0}, {-90, 50}) ==
          doctest::Approx(180 * degree_s).epsilon(1e-12));
    CHECK(great_circle_latency({0, -90}, {0, 90}) ==
          doctest::Approx(180 * degree_s).epsilon(1e-12));
    CHECK(great_circle_latency({12, 34}, {12, 34}) == 0);
    // Berlin (52.517, 13.389) to New York (40.713, -74.006): 6385 km by the spherical law of
    // cosines.
    CHECK(great_circle_latency({52.517, 13.389}, {40.713, -74.006}) ==
          doctest::Approx(6385.0 / 199861.64).epsilon(1e-3));
}

TEST_CASE("topology zoo: names, places, rates, and what stands in for missing ones") {
    const TemporaryFile file("zoo.graphml", kZoo);
    const RouterGraph graph = read_zoo_graphml(file.path(), {.rate_bps = 5e9, .latency_s = 0.007});
    CHECK(graph.routers == std::vector<std::string>{"Oslo", "1", "Nowhere"});
    CHECK(graph.access == std::vector<RouterId>{0, 1, 2});
    REQUIRE(graph.links.size() == 6);
    CHECK(graph.links[0].from == 0);
    CHECK(graph.links[0].to == 1);
    CHECK(graph.links[0].rate_bps == 1e10);
    // One degree of the parallel at 60 degrees north is about half of one at the equator.
    CHECK(graph.links[0].latency_s == doctest::Approx(0.000278).epsilon(1e-3));
    CHECK(graph.links[2].rate_bps == 5e9);
    CHECK(graph.links[2].latency_s == graph.links[0].latency_s);
    CHECK(graph.links[4].rate_bps == 1e9);
    CHECK(graph.links[4].latency_s == 0.007);
    CHECK(graph.links[5].from == 2);
}

TEST_CASE("topology zoo: what is missing or impossible is refused with its line") {
    const LinkDefaults rate{.rate_bps = 1e9, .latency_s = {}};
    const LinkDefaults both{.rate_bps = 1e9, .latency_s = 0.001};
    const auto zoo = [](std::string_view text, const LinkDefaults& defaults) {
        return complaint(read_zoo_graphml, text, defaults);
    };
    // A comment does not begin inside of an attribute.
    CHECK(zoo(R"(<graphml><graph edgedefault="undire<!--"><node id="0"/>
<edge source="0" target="9"/></graph></graphml>)",
              both)
              .starts_with(":2: "));
    CHECK(zoo(kZoo, {}) ==
          ":17: the edge has no LinkSpeedRaw; give a rate for such links, as in ,rate=1Gbps");
    CHECK(zoo(kZoo, rate) ==
          ":18: the edge's end 'Nowhere' has no Latitude and Longitude; give a "
          "latency for such links, as in ,latency=5ms");
    CHECK(zoo(kZoo, both) == "no complaint");
    CHECK(zoo(with(kZoo, "10000000000.0", "0"), both) ==
          ":16: LinkSpeedRaw is no rate, got 0, allowed above 0");
    CHECK(zoo(with(kZoo, "10000000000.0", "fast"), both) ==
          ":16: LinkSpeedRaw is not a number, got 'fast'");
    CHECK(zoo(with(kZoo, ">60.0<", ">91<"), both) ==
          ":11: no place on Earth, got Latitude 91 and Longitude 11, allowed up to +-90 and +-180");
    CHECK(zoo(with(kZoo, ">60.0<", ">nan<"), both) == ":11: Latitude is not a number, got 'nan'");
    CHECK(zoo(with(kZoo, R"(id="2")", R"(id="1")"), both) ==
          ":15: the node's id is missing or repeated, got '1'");
    CHECK(zoo(with(kZoo, R"(target="2")", R"(target="7")"), both) ==
          ":18: the target is not a node of the graph, got '7'");
    CHECK(zoo(with(kZoo, R"(source="1" target="0")", R"(source="0" target="0")"), both) ==
          ":17: the edge joins 'Oslo' to itself");
    CHECK(zoo(with(kZoo, "undirected", "directed"), both) ==
          ": the graph is directed, got edgedefault=\"directed\"; edges must have no direction");
    CHECK(zoo("<graphml>\n<graph>", both).starts_with(":2: not XML"));
    CHECK_THROWS_WITH_AS((void)read_zoo_graphml("/no/such", both),
                         "/no/such: cannot be read (No such file or directory)",
                         std::invalid_argument);
}

// Three routers as BRITE writes them, written for this test.
constexpr std::string_view kBrite =
    "Topology: ( 3 Nodes, 3 Edges )\n"
    "Model (1 - RTWaxman):  3 1000 100 1  2  0.15 0.2 1 1 10.0 1024.0\n"
    "\n"
    "Nodes: ( 3 )\n"
    "0\t10.00\t20.00\t2\t2\t-1\tRT_NODE\n"
    "1\t40.00\t60.00\t2\t2\t-1\tRT_NODE\n"
    "5\t70.00\t20.00\t2\t2\t-1\tRT_NODE\n"
    "\n"
    "Edges: ( 3 )\n"
    "0\t0\t1\t50.00\t0.25\t10.0\t-1\t-1\tE_RT\tU\n"
    "1\t1\t5\t50.00\t-1.0\t-1.0\t-1\t-1\tE_RT\tU\n"
    "2\t5\t0\t60.00\t2\t1000\t-1\t-1\tE_RT\tD\n";

TEST_CASE("BRITE: milliseconds and Mbps, links of one direction, what stands in for missing ones") {
    const TemporaryFile file("waxman.brite", kBrite);
    const RouterGraph graph = read_brite(file.path(), {.rate_bps = 7e6, .latency_s = 0.003});
    CHECK(graph.routers == std::vector<std::string>{"0", "1", "5"});
    REQUIRE(graph.links.size() == 5);
    CHECK(graph.links[0].rate_bps == 1e7);
    CHECK(graph.links[0].latency_s == 0.00025);
    CHECK(graph.links[2].to == 2);
    CHECK(graph.links[2].rate_bps == 7e6);
    CHECK(graph.links[2].latency_s == 0.003);
    CHECK(graph.links[4].from == 2);
    CHECK(graph.links[4].to == 0);
    CHECK(graph.links[4].rate_bps == 1e9);
    const TemporaryFile older("old.brite", with(kBrite, "Edges: ( 3 )", "Edges: (3):"));
    CHECK(read_brite(older.path(), {.rate_bps = 7e6, .latency_s = 0.003}).links.size() == 5);
}

TEST_CASE("BRITE: what is missing or impossible is refused with its line") {
    const LinkDefaults both{.rate_bps = 1e9, .latency_s = 0.001};
    const auto brite = [](std::string_view text, const LinkDefaults& defaults) {
        return complaint(read_brite, text, defaults);
    };
    CHECK(brite(kBrite, both) == "no complaint");
    CHECK(brite(kBrite, {}) ==
          ":11: the edge has no bandwidth; give a rate for such links, as in ,rate=1Gbps");
    CHECK(brite(kBrite, {.rate_bps = 1e9, .latency_s = {}}) ==
          ":11: the edge has no delay; give a latency for such links, as in ,latency=5ms");
    CHECK(brite(with(kBrite, "\t10.0\t", "\t0\t"), both) ==
          ":10: the bandwidth is no rate, got 0, allowed above 0, or below 0 for none");
    CHECK(brite(with(kBrite, "0.25", "soon"), both) ==
          ":10: the delay is not a number, got 'soon'");
    CHECK(brite(with(kBrite, "2\t5\t0", "2\t5\t9"), both) == ":12: no such node, got '9'");
    CHECK(brite(with(kBrite, "2\t5\t0", "2\t5\t5"), both) ==
          ":12: the edge joins node 5 to itself");
    CHECK(brite(with(kBrite, "5\t70.00", "1\t70.00"), both) ==
          ":7: the node's number is missing or repeated, got "
          "'1\t70.00\t20.00\t2\t2\t-1\tRT_NODE'");
    CHECK(brite(with(kBrite, "Edges: ( 3 )", "Edges: ( 4 )"), both) ==
          ":12: the file ends after 3 of 4 edges");
    CHECK(brite(with(kBrite, "Edges: ( 3 )", "Edges: ( 2 )"), both) ==
          ":12: more lines than the 2 edges announced");
    CHECK(brite(with(kBrite, "Nodes: ( 3 )", "Nodes: many"), both) ==
          ":4: not a section, got 'Nodes: many', allowed Nodes: ( COUNT ) with COUNT of 1 or more");
    CHECK(brite("hello\n", both) == ":1: no line Nodes: ( COUNT ); not a BRITE file, or cut short");
    CHECK(brite(with(kBrite, "\t0.25\t10.0\t-1\t-1\tE_RT\tU", ""), both) ==
          ":10: not an edge, got '0\t0\t1\t50.00', allowed EdgeId From To Length Delay Bandwidth "
          "and more");
}

}  // namespace
}  // namespace murmur
