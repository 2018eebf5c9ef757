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

}  // namespace

std::vector<Target> topology_targets() {
    const LinkDefaults defaults{.rate_bps = 1e9, .latency_s = 0.001};
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
    targets.push_back(
        file_target("zoo",
                    [defaults](const std::string& path) { (void)read_zoo_graphml(path, defaults); },
                    {kZoo}));
    targets.push_back(
        file_target("brite",
                    [defaults](const std::string& path) { (void)read_brite(path, defaults); },
                    {kBrite}));
    return targets;
}

}  // namespace murmur::fuzz
