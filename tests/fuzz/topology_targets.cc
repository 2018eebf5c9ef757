#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/targets.h"
#include "topologies/edge_files.h"
#include "topologies/generators.h"
#include "topologies/mixing.h"
#include "topologies/router_files.h"

namespace murmur::fuzz {
namespace {

constexpr const char* kGraphml = R"(<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="w" for="edge" attr.name="weight" attr.type="double"/>
  <graph id="G" edgedefault="undirected">
    <node id="n0"/><node id="n1"/><node id="n2"/>
    <edge source="n0" target="n1"><data key="w">1.5</data></edge>
    <edge source="n1" target="n2"/>
  </graph>
</graphml>
)";

constexpr const char* kZoo = R"(<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d0" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d1" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d2" />
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d3" />
  <graph edgedefault="undirected">
    <node id="0"><data key="d0">Oslo</data><data key="d1">60</data><data key="d2">10</data></node>
    <node id="1"><data key="d1">60.0</data><data key="d2">11.0</data></node>
    <edge source="0" target="1"><data key="d3">10000000000.0</data></edge>
    <edge source="1" target="0" />
  </graph>
</graphml>
)";

constexpr const char* kBrite =
    "Topology: ( 3 Nodes, 3 Edges )\n"
    "Model ( 1 ): 3 1000 100 1 2 0.15 0.2 1 1 10.0 1024.0\n"
    "\n"
    "Nodes: (3)\n"
    "0\t10.0\t20.0\t2\t2\t-1\tRT_NODE\n"
    "1\t30.0\t40.0\t2\t2\t-1\tRT_NODE\n"
    "2\t50.0\t60.0\t2\t2\t-1\tRT_NODE\n"
    "\n"
    "Edges: (3)\n"
    "0\t0\t1\t28.2\t0.09\t10.0\t-1\t-1\tE_RT\tU\n"
    "1\t1\t2\t28.2\t0.09\t-1.0\t-1\t-1\tE_RT\tU\n"
    "2\t2\t0\t56.5\t-1.0\t10.0\t-1\t-1\tE_RT\tD\n";

constexpr const char* kYed = R"(<graphml xmlns:y="http://www.yworks.com/xml/graphml">
  <key for="node" id="d0" yfiles.type="nodegraphics"/>
  <key for="edge" id="d1" attr.name="bandwidth"><default>10 Gbit/s</default></key>
  <key for="edge" id="d2" attr.name="delay"/><key for="graph" id="d3" attr.name="delay_unit"/>
  <graph edgedefault="directed"><data key="d3">ms</data>
    <node id="n0"><data key="d0"><y:ShapeNode><y:NodeLabel>A
B</y:NodeLabel></y:ShapeNode></data></node><node id="n1"/><node id="n2"/>
    <edge source="n0" target="n1"><data key="d2">5</data></edge>
    <edge source="n1" target="n0"><data key="d1">155M</data></edge>
    <edge source="n1" target="n2" directed="false"><data key="d2">7us</data></edge>
  </graph>
</graphml>
)";

constexpr const char* kInet = "3 2\n0 10 20\n1 30 40\n2 50 60\n0 1 7\n1 2 2.5\n";

constexpr const char* kRocketfuelMap =
    "1 @Oslo,+NO + bb\t(2) &5 -> <2> <3> {-7} =a.example.net r0\n"
    "2 @St.+Gallen,+CH  \t(1)  -> <1>  =b.example.net! r0\n"
    "3 @Rome,+IT  \t(1)  -> <1>  =c.example.net r1\n"
    "-7 =10.0.0.1 r1\n";

constexpr const char* kRocketfuelWeights = "Oslo Bern 2.5\nBern Oslo 2.5\nBern Rome 1\n";

/// The target of a reader of routers.
Target router_target(const std::string& name,
                     RouterGraph (*read)(const std::string&, const LinkDefaults&),
                     const LinkDefaults& defaults,
                     std::vector<std::string> seeds) {
    return file_target(
        name,
        [read, defaults](const std::string& path) {
            (void)largest_component(read(path, defaults)).read->describe();
        },
        std::move(seeds));
}

}  // namespace

std::vector<Target> topology_targets() {
    const LinkDefaults by_link{.rate_bps = 1e9, .latency_s = 0.001};
    const LinkDefaults by_weight{.rate_bps = 1e9, .latency_s_per_weight = 0.001};
    std::vector<Target> targets;
    targets.push_back(file_target("edge-list",
                                  [](const std::string& path) { (void)read_edge_list(path); },
                                  {"3\n0 1\n1 2\n", "# a ring\n4\n0 1\n1 2\n\n2 3\n3 0\n"}));
    targets.push_back(file_target(
        "graphml", [](const std::string& path) { (void)read_graphml(path); }, {kGraphml}));
    targets.push_back(
        file_target("weights",
                    [](const std::string& path) { (void)mixing_weights("file:" + path, ring(3)); },
                    {"0 1 0.25\n1 0 0.25\n1 2 0.5\n2 1 0.5\n0 2 0.1\n2 0 0.1\n",
                     "0 0 0.5\n0 1 0.25\n0 2 0.25\n1 0 1e-1\n1 2 .1\n2 0 0\n2 1 1\n"}));
    targets.push_back(file_target("graph-file",
                                  [](const std::string& path) {
                                      (void)read_graph_file(
                                          path, GraphForm::kRecognize, OneWay::kTakeBoth)
                                          .summary.describe();
                                  },
                                  {"4\n1 3\n0 2\n1 3\n0 2\n",
                                   "#nx\n0 1 2\n1 2\n2\n",
                                   "Source,Target,Weight\nOslo,Bern,1\nBern,Rome,2\n",
                                   "1 2 {'weight': 3}\n2 3 {}\n",
                                   kYed}));
    targets.push_back(router_target("zoo", read_zoo_graphml, by_link, {kZoo, kYed}));
    targets.push_back(router_target("brite", read_brite, by_link, {kBrite}));
    targets.push_back(router_target("inet", read_inet, by_link, {kInet}));
    targets.push_back(router_target("rocketfuel-map", read_rocketfuel, by_link, {kRocketfuelMap}));
    targets.push_back(
        router_target("rocketfuel-weights", read_rocketfuel, by_weight, {kRocketfuelWeights}));
    return targets;
}

}  // namespace murmur::fuzz
