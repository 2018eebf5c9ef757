#include "topologies/router_files.h"

#include "tests/support/doctest.h"
#include "tests/unit/topologies/gzip_text.h"
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

/// Returns what is said of a file, its path cut off.
std::string said_of(const RouterGraph& graph, const TemporaryFile& file) {
    return graph.read->describe().substr(file.path().size() + 2);
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
          ":17: the edge has no rate (LinkSpeedRaw); give one for such links, as in ,rate=1Gbps");
    CHECK(zoo(kZoo, rate) ==
          ":18: the edge's end 'Nowhere' has no Latitude and Longitude; give a "
          "latency for such links, as in ,latency=5ms");
    CHECK(zoo(kZoo, both) == "no complaint");
    CHECK(zoo(with(kZoo, "10000000000.0", "0"), both) ==
          ":16: the edge's rate is none, got 0, allowed above 0");
    CHECK(zoo(with(kZoo, "10000000000.0", "fast"), both) ==
          ":16: LinkSpeedRaw is not a number, got 'fast'");
    CHECK(zoo(with(kZoo, ">60.0<", ">91<"), both) ==
          ":11: no place on Earth, got Latitude 91 and Longitude 11, allowed up to +-90 and +-180");
    CHECK(zoo(with(kZoo, ">60.0<", ">nan<"), both) == ":11: Latitude is not a number, got 'nan'");
    CHECK(zoo(with(kZoo, R"(id="2")", R"(id="1")"), both) ==
          ":15: the node's id is missing or repeated, got '1'");
    CHECK(zoo(with(kZoo, R"(target="2")", R"(target="7")"), both) ==
          ":18: the target is not a node of the graph, got '7'");
    CHECK(zoo("<graphml><graph/></graphml>", both) == ": the graph has no <node>");
    const std::string no_xml = zoo("<a>" + std::string(10'000'000, 'x') + "\n<<<", both);
    CHECK(no_xml.find("not XML") != std::string::npos);
    CHECK(no_xml.size() < 200);
    CHECK(zoo(with(kZoo, "10000000000.0", std::string(10'000'000, 'x')), both).size() < 200);
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
    CHECK(said_of(graph, file) == "BRITE, 3 nodes, 3 links (1 of one direction)");
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
    CHECK(brite(with(kBrite, "5\t70.00", "1\t70.00"), both) ==
          ":7: the node's number is missing or repeated, got "
          "'1 70.00 20.00 2 2 -1 RT_NODE'");
    CHECK(brite(with(kBrite, "Edges: ( 3 )", "Edges: ( 4 )"), both) ==
          ":12: the file ends after 3 of 4 edges");
    CHECK(brite(with(kBrite, "Edges: ( 3 )", "Edges: ( 2 )"), both) ==
          ":12: more lines than the 2 edges announced");
    CHECK(brite(with(kBrite, "Nodes: ( 3 )", "Nodes: many"), both) ==
          ":4: not a section, got 'Nodes: many', allowed Nodes: ( COUNT ) with COUNT of 1 or more");
    CHECK(brite("hello\n", both) == ":1: no line Nodes: ( COUNT ); not a BRITE file, or cut short");
    CHECK(brite(with(kBrite, "\t0.25\t10.0\t-1\t-1\tE_RT\tU", ""), both) ==
          ":10: not an edge, got '0 0 1 50.00', allowed EdgeId From To Length Delay Bandwidth "
          "and more");
}

const LinkDefaults kBoth{.rate_bps = 1e9, .latency_s = 0.001};

/// What yEd makes of a Topology Zoo file: labels are drawn, all edges have a direction.
constexpr std::string_view kYed = R"(<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
  <!--Created by yFiles for Java 2.8-->
  <key for="graphml" id="d0" yfiles.type="resources"/>
  <key attr.name="Internal" attr.type="boolean" for="node" id="d4"/>
  <key attr.name="description" attr.type="string" for="node" id="d6"/>
  <key for="node" id="d7" yfiles.type="nodegraphics"/>
  <key attr.name="label" attr.type="string" for="edge" id="d33"/>
  <key for="edge" id="d36" yfiles.type="edgegraphics"/>
  <graph edgedefault="directed" id="G">
    <data key="d8">false</data>
    <node id="n0">
      <data key="d4">true</data>
      <data key="d6"/>
      <data key="d7">
        <y:ShapeNode>
          <y:Geometry height="10.0" width="10.0" x="78.09" y="43.39"/>
          <y:NodeLabel alignment="center" fontSize="8">Seattle
WA</y:NodeLabel>
        </y:ShapeNode>
      </data>
    </node>
    <node id="n1"><data key="d7"><y:ShapeNode><y:NodeLabel>Denver</y:NodeLabel></y:ShapeNode></data></node>
    <node id="n2"><data key="d7"><y:ShapeNode><y:NodeLabel>Denver</y:NodeLabel></y:ShapeNode></data></node>
    <node id="n3"/>
    <edge id="e0" source="n0" target="n1"><data key="d33"><![CDATA[OC-192c]]></data></edge>
    <edge id="e1" source="n1" target="n2"/>
    <edge id="e2" source="n0" target="n1"><data key="d33"/></edge>
    <edge id="e3" source="n2" target="n1"/>
    <edge id="e4" source="n2" target="n2"/>
  </graph>
</graphml>
<?pi at the end?>
)";

TEST_CASE("yEd: edges are links of both directions, labels are what is drawn") {
    const TemporaryFile file("yed.graphml", kYed);
    const RouterGraph graph = read_zoo_graphml(file.path(), kBoth);
    CHECK(graph.routers == std::vector<std::string>{"Seattle WA", "Denver #1", "Denver #2", "n3"});
    REQUIRE(graph.links.size() == 6);
    CHECK(graph.links[2].from == 1);
    CHECK(graph.links[2].to == 2);
    CHECK(graph.links[3].from == 2);
    CHECK(said_of(graph, file) ==
          "GraphML, 4 nodes, 3 links (1 parallel, 1 listed in both directions), 2 components; left "
          "out: 1 self-loop; not used: label (1 link), Internal (1 node); 2 routers share names, "
          "now NAME #1, NAME #2");
    const RouterGraph part = largest_component(graph);
    CHECK(part.routers == std::vector<std::string>{"Seattle WA", "Denver #1", "Denver #2"});
    CHECK(part.access == std::vector<RouterId>{0, 1, 2});
    CHECK(part.links.size() == 6);
    CHECK(said_of(part, file)
              .starts_with("GraphML, 3 nodes, 3 links (1 parallel, 1 listed in both directions); "
                           "left out: 1 node of "
                           "other components, 1 self-loop;"));
}

/// Returns a GraphML file of two nodes and one edge with these data, by name.
std::string with_data(const std::vector<std::pair<std::string, std::string>>& edge_data,
                      std::string_view graph_data = "") {
    std::string keys = R"(<key id="g0" for="graph" attr.name="capacity_unit"/>)"
                       R"(<key id="g1" for="graph" attr.name="delay_unit"/>)";
    std::string data;
    for (const auto& [name, value] : edge_data) {
        keys += "<key id=\"" + name + "\" for=\"edge\" attr.name=\"" + name + "\"/>";
        data += "<data key=\"" + name + "\">" + value + "</data>";
    }
    return "<graphml>" + keys + "<graph>" + std::string(graph_data) +
           "<node id=\"a\"/><node id=\"b\"/><edge source=\"a\" target=\"b\">" + data +
           "</edge></graph></graphml>";
}

TEST_CASE("GraphML: rates and latencies that links state, with units or by a unit for all") {
    const auto link = [](const std::string& text, const LinkDefaults& defaults) {
        const TemporaryFile file("net.graphml", text);
        return read_zoo_graphml(file.path(), defaults).links.at(0);
    };
    CHECK(link(with_data({{"latency", "5ms"}, {"Bandwidth", "2.5 Gbit/s"}}), {}).latency_s ==
          0.005);
    CHECK(link(with_data({{"latency", "5ms"}, {"Bandwidth", "2.5 Gbit/s"}}), {}).rate_bps == 2.5e9);
    CHECK(link(with_data({{"LinkSpeed", "155"}, {"LinkSpeedUnits", "M"}}), kBoth).rate_bps ==
          155e6);
    CHECK(link(with_data({{"LinkSpeedRaw", "7"}, {"LinkSpeed", "155"}, {"LinkSpeedUnits", "M"}}),
               kBoth)
              .rate_bps == 7);
    const std::string bare = with_data({{"delay", "3"}, {"capacity", "40"}, {"weight", "9"}});
    CHECK(link(bare, kBoth).latency_s == 0.001);
    CHECK(link(bare, kBoth).rate_bps == 1e9);
    const LinkDefaults units{.latency_s_per_weight = 1e-3, .rate_bps_per_unit = 1e6};
    CHECK(link(bare, units).latency_s == 0.003);
    CHECK(link(bare, units).rate_bps == 40e6);
    CHECK(link(with_data({{"rate", "1Mbps"}, {"length", "200"}}), {.latency_s_per_weight = 5e-6})
              .latency_s == doctest::Approx(0.001));
    // FNSS states the units of all links at the graph.
    CHECK(link(with_data({{"delay", "3"}, {"capacity", "40"}},
                         R"(<data key="g0">Gbps</data><data key="g1">us</data>)"),
               {})
              .latency_s == doctest::Approx(3e-6));
    const TemporaryFile file("net.graphml", bare);
    CHECK(said_of(read_zoo_graphml(file.path(), kBoth), file) ==
          "GraphML, 2 nodes, 1 link; not used: capacity (1 link), delay (1 link), weight (1 link)");
    CHECK(said_of(read_zoo_graphml(file.path(), units), file) ==
          "GraphML, 2 nodes, 1 link; not used: weight (1 link)");
    CHECK(complaint(read_zoo_graphml, with_data({{"latency", "-5ms"}}), kBoth) ==
          ":1: the latency of a link, got -0.005 s, allowed 0 to 10000 s");
    CHECK(complaint(read_zoo_graphml, with_data({{"bw", "-5Mbps"}}), kBoth) ==
          ":1: the edge's rate is none, got -5000000, allowed above 0");
}

TEST_CASE("GraphML: what a key gives to elements without data, and names in any spelling") {
    const TemporaryFile file("net.graphml", R"(<graphml>
<key id="k" for="edge" attr.name="link-speed raw"><default>5e6</default></key>
<key id="x" for="all" attr.name="LATITUDE"/><key id="y" for="node" attr.name="lng"/>
<graph><node id="a"><data key="x">0</data><data key="y"> 0 </data></node>
<node id="b"><data key="x">0</data><data key="y">1</data></node>
<edge source="a" target="b"/><edge source="a" target="b"><data key="k">7e6</data></edge>
</graph></graphml>)");
    const RouterGraph graph = read_zoo_graphml(file.path(), {});
    REQUIRE(graph.links.size() == 4);
    CHECK(graph.links[0].rate_bps == 5e6);
    CHECK(graph.links[2].rate_bps == 7e6);
    CHECK(graph.links[0].latency_s == great_circle_latency({0, 0}, {0, 1}));
    CHECK(said_of(graph, file) == "GraphML, 2 nodes, 2 links (1 parallel)");
}

TEST_CASE("GraphML: opposite edges of a directed graph are a link with two rates") {
    const TemporaryFile file("net.graphml", R"(<graphml>
<key id="k" for="edge" attr.name="LinkSpeedRaw"/>
<graph edgedefault="directed"><node id="a"/><node id="b"/>
<edge source="a" target="b"><data key="k">1e6</data></edge>
<edge source="b" target="a"><data key="k">2e6</data></edge>
<edge source="b" target="a"><data key="k">3e6</data></edge>
</graph></graphml>)");
    const RouterGraph graph = read_zoo_graphml(file.path(), kBoth);
    REQUIRE(graph.links.size() == 4);
    CHECK(graph.links[0].rate_bps == 1e6);
    CHECK(graph.links[1].rate_bps == 2e6);
    CHECK(graph.links[1].from == 1);
    CHECK(graph.links[2].from == 1);
    CHECK(graph.links[3].rate_bps == 3e6);
}

TEST_CASE("Inet: counts, nodes and links of a latency each or by weight") {
    // As Inet-3.0 writes them, with tabs.
    const TemporaryFile file("inet.3037",
                             "4\t4\n0\t10\t20\n1\t30\t40\n2\t50\t60\n3\t1\t1\n"
                             "0\t1\t7\n1\t2\t2.5\n2\t1\t3\n3\t3\t1\n\n");
    const LinkDefaults by_weight{.rate_bps = 1e9, .latency_s_per_weight = 1e-3};
    const RouterGraph graph = read_inet(file.path(), by_weight);
    CHECK(graph.routers == std::vector<std::string>{"0", "1", "2", "3"});
    REQUIRE(graph.links.size() == 4);
    CHECK(graph.links[1].latency_s == 0.007);
    CHECK(graph.links[2].latency_s == 0.0025);
    CHECK(graph.links[3].latency_s == 0.003);
    CHECK(said_of(graph, file) ==
          "Inet, 4 nodes, 2 links (1 listed in both directions), 2 components; left out: 1 "
          "self-loop");
    CHECK(read_inet(file.path(), kBoth).links[2].latency_s == 0.001);
}

TEST_CASE("Rocketfuel: maps with any place name, routers of other networks left out") {
    const TemporaryFile file("1221.cch",
                             "1 @St.+John's,+NL + bb\t(2) &5 -> <2> <3> {-4}  =a.example.net r0\r\n"
                             "2 @Elsewhere,+IL + bb\t(1) -> <1>  =b.example.net! r0\r\n"
                             "3 @?\t(2)  -> <1>  <7> =c.example.net r1\r\n"
                             "9 @T\t(0)  -> =d.example.net r1\r\n"
                             "-4 =10.1.2.3 r1\r\n");
    const RouterGraph graph = read_rocketfuel(file.path(), kBoth);
    CHECK(graph.routers == std::vector<std::string>{"1", "2", "3", "7", "9"});
    CHECK(graph.links.size() == 6);
    CHECK(said_of(graph, file) ==
          "Rocketfuel, 5 nodes, 3 links (2 listed in both directions), 2 components; left out: 1 "
          "router of other networks and 1 link to them; 1 router without a line; places and names "
          "are not used");
    CHECK(largest_component(graph).routers == std::vector<std::string>{"1", "2", "3", "7"});
    const auto map = [](std::string_view text) { return complaint(read_rocketfuel, text, kBoth); };
    const std::string form =
        "', allowed a line of a map: uid @loc [+] [bb] (N) [&ext] -> <uid> <uid> ... =name rN";
    CHECK(map("1 @Oslo (1) -> <2> =a r0\n2 @Bern =b r0\n") == ":2: got '2 @Bern =b r0" + form);
    CHECK(map("1 @Oslo (1) -> <two> =a r0\n") == ":1: got '1 @Oslo (1) -> <two> =a r0" + form);
    CHECK(map("1 @Oslo (1) -> <2> =a r0\n1 @Bern (1) -> <2> =b r0\n") ==
          ":2: router 1 is repeated, as in line 1");
    CHECK(map("1 @Oslo (0) -> =a r0\n") == ": the file has no link");
    CHECK(map("") == ":1: the file is empty, allowed a map or lines 'from to weight'");
    CHECK(complaint(read_rocketfuel,
                    "1 @Oslo (1) -> <2> =a r0\n",
                    {.rate_bps = 1e9, .latency_s_per_weight = 1}) ==
          ":1: the link has no weight; give latency= instead of weight=");
}

TEST_CASE("Rocketfuel: weights, of each direction its own") {
    const TemporaryFile file("weights.intra",
                             "Adelaide,+Australia15 Melbourne,+Australia80 6.5\n"
                             "Melbourne,+Australia80 Adelaide,+Australia15 2\n"
                             "Melbourne,+Australia80 Perth,+Australia1 1e0\n"
                             "Melbourne,+Australia80 Perth,+Australia1 1.0\n"
                             "Melbourne,+Australia80 Perth,+Australia1 3\n");
    const RouterGraph graph =
        read_rocketfuel(file.path(), {.rate_bps = 1e9, .latency_s_per_weight = 1e-3});
    REQUIRE(graph.links.size() == 6);
    CHECK(graph.links[0].latency_s == doctest::Approx(0.0065));
    CHECK(graph.links[1].latency_s == 0.002);
    CHECK(graph.links[3].latency_s == 0.001);
    CHECK(graph.links[5].latency_s == 0.003);
    CHECK(said_of(graph, file) ==
          "Rocketfuel, 3 nodes, 3 links (1 parallel, 1 listed in both directions); left out: 1 "
          "repetition");
    CHECK(complaint(read_rocketfuel, "a b 1\nb c\n", kBoth) ==
          ":2: got 'b c', allowed from to weight");
    CHECK(complaint(read_rocketfuel, "a b x\n", kBoth) ==
          ":1: the weight is no number of 0 or more, got 'x'");
}

TEST_CASE("routers: every reader takes any line ends and gzip") {
    struct Case {
        Reader read;
        std::string_view text;
    };
    const Case cases[] = {{read_zoo_graphml, kZoo},
                          {read_zoo_graphml, kYed},
                          {read_brite, kBrite},
                          {read_inet, "2 1\n0 1 1\n1 1 1\n0 1 4\n"},
                          {read_rocketfuel, "a b 4\nb c 5\n"},
                          {read_rocketfuel, "1 @A (1) -> <2> =a r0\n2 @B (1) -> <1> =b r0\n"}};
    for (const auto& [read, text] : cases) {
        const TemporaryFile plain("plain", text);
        const RouterGraph expected = read(plain.path(), kBoth);
        for (const char* end : {"\r\n", "\r", " \n", "gzip"}) {
            CAPTURE(end);
            std::string content = "\xEF\xBB\xBF";
            for (const char character : text) {
                content += character == '\n' && end[0] != 'g' ? std::string(end)
                                                              : std::string(1, character);
            }
            const TemporaryFile file("file", end[0] == 'g' ? gzip(content) : content);
            const RouterGraph graph = read(file.path(), kBoth);
            CHECK(graph.routers == expected.routers);
            REQUIRE(graph.links.size() == expected.links.size());
            for (std::size_t i = 0; i < graph.links.size(); ++i) {
                CHECK(graph.links[i].from == expected.links[i].from);
                CHECK(graph.links[i].to == expected.links[i].to);
                CHECK(graph.links[i].rate_bps == expected.links[i].rate_bps);
                CHECK(graph.links[i].latency_s == expected.links[i].latency_s);
            }
        }
    }
}

TEST_CASE("components: the largest is what reaches itself both ways") {
    RouterGraph graph;
    for (const char* name : {"a", "b", "c", "d"}) {
        graph.access.push_back(graph.add_router(name));
    }
    graph.join(0, 1, 1e6, 0.001);
    graph.join(2, 3, 2e6, 0.002);
    graph.links.push_back({1, 2, 1e6, 0.001, 0.001});
    CHECK(largest_component(graph).routers == std::vector<std::string>{"a", "b"});
    graph.join(1, 2, 1e6, 0.001);
    CHECK(largest_component(graph).routers.size() == 4);
    CHECK(
        describe_components(std::vector<std::uint32_t>{0, 1, 1, 2, 3, 4, 5, 6},
                            [](std::size_t node) { return std::string(1, 'a' + node); }) ==
        "7 components: 2 nodes with 'b', 1 node with 'a', 1 node with 'd', 1 node with 'e', 1 node "
        "with 'f' and 2 more");
}

}  // namespace
}  // namespace murmur
