#include "emulator/network/network_setup.h"
#include "emulator/run/experiment_options.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include "ns3/routed-underlay.h"
#include "ns3/wan-underlay.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using ns3::murmuration::Underlay;

const Graph kRing = make_graph(4, {{0, 1}, {1, 2}, {2, 3}, {3, 0}});

ExperimentOptions four_nodes(const std::string& underlay) {
    ExperimentOptions options;
    options.nodes = 4;
    options.underlay = underlay;
    options.rate = "8Mbps";
    return options;
}

std::string refusal(const ExperimentOptions& options) {
    try {
        (void)plan_network(options, kRing);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

std::string refusal(const std::string& underlay) {
    return refusal(four_nodes(underlay));
}

/// A file that is gone after the test.
class TextFile {
  public:
    explicit TextFile(const std::string& text) { test::write_text(folder_.path() / "file", text); }
    [[nodiscard]] std::string path() const { return (folder_.path() / "file").string(); }

  private:
    test::TemporaryFolder folder_;
};

/// Returns what is refused of a file of this text, "FILE" standing for its path.
std::string refusal_of_file(const std::string& form,
                            const std::string& text,
                            const std::string& options) {
    const TextFile file(text);
    std::string message = refusal(form + ":" + file.path() + options);
    for (auto at = message.find(file.path()); at != std::string::npos;
         at = message.find(file.path())) {
        message.replace(at, file.path().size(), "FILE");
    }
    return message;
}

// Two pairs of routers that are apart, written for this test.
constexpr const char* kInet = "4 3\n0 0 0\n1 30 40\n2 5 5\n3 6 6\n0 1 50\n1 2 7\n3 2 2\n";

TEST_CASE("leaf-spine: nodes take the leaves in turn, access links have --rate") {
    const NetworkPlan plan = plan_network(four_nodes("leaf-spine:2x3"), kRing);
    CHECK(plan.routers.routers.size() == 5);
    CHECK(plan.attached == std::vector<RouterId>{0, 1, 0, 1});
    CHECK(plan.up_bps == std::vector<double>(4, 8e6));
    CHECK(plan.down_bps == plan.up_bps);
    CHECK(plan.access_latency_s == std::vector<double>(4, 1e-6));
    REQUIRE(plan.routers.links.size() == 12);
    CHECK(plan.routers.links.front().rate_bps == 10e9);
    CHECK(plan.routers.links.front().latency_s == 1e-6);

    const NetworkPlan other = plan_network(
        four_nodes("leaf-spine:2x3,rate=1Gbps,latency=7us,access=uniform:1ms:2ms"), kRing);
    CHECK(other.routers.links.front().rate_bps == 1e9);
    CHECK(other.routers.links.front().latency_s == 7e-6);
    CHECK(std::set<double>(other.access_latency_s.begin(), other.access_latency_s.end()).size() ==
          4);
}

TEST_CASE("routed plans become ns-3 underlays with the same links and latencies") {
    ExperimentOptions options = four_nodes("leaf-spine:2x3,rate=1Gbps,latency=5us,access=2us");
    options.downlink_rate = "9Mbps";
    const auto underlay = make_underlay(plan_network(options, kRing), 4);
    CHECK(underlay->GetNNodes() == 4);
    CHECK(underlay->GetNLinks() == 12 + 2 * 4);
    const Underlay::Route across = underlay->GetRoute(0, 1);
    CHECK(across.latency == ns3::MicroSeconds(2 + 5 + 5 + 2));
    REQUIRE(across.links.size() == 4);
    CHECK(underlay->GetLink(across.links[0]).rate == ns3::DataRate("8Mbps"));
    CHECK(underlay->GetLink(across.links[1]).rate == ns3::DataRate("1Gbps"));
    CHECK(underlay->GetLink(across.links[3]).rate == ns3::DataRate("9Mbps"));
    CHECK(underlay->GetRoute(0, 2).latency == ns3::MicroSeconds(4));
    CHECK(underlay->GetLinkName(across.links[0]) == "node 0 up");
    CHECK(underlay->GetLinkName(across.links[1]).starts_with("leaf 0 to spine "));
}

TEST_CASE("fat-tree: hosts of one edge switch, of one pod, of two pods") {
    ExperimentOptions options = four_nodes("fat-tree:4,latency=10us,access=1us");
    const TextFile file("edge 0\nedge 0\nedge 1\nedge 7\n");
    options.attach = "file:" + file.path();
    const auto underlay = make_underlay(plan_network(options, kRing), 4);
    CHECK(underlay->GetRoute(0, 1).latency == ns3::MicroSeconds(2));
    CHECK(underlay->GetRoute(0, 2).latency == ns3::MicroSeconds(2 + 20));
    CHECK(underlay->GetRoute(0, 3).latency == ns3::MicroSeconds(2 + 40));
    CHECK(underlay->GetRoute(0, 3).links.size() == 6);
}

TEST_CASE("sites: every two nodes are apart by the matrix and the ways to their gateways") {
    ExperimentOptions options = four_nodes("sites:us-east,eu-west,jp-east,latency=2ms,access=1ms");
    const auto underlay = make_underlay(plan_network(options, kRing), 4);
    CHECK(underlay->GetRoute(0, 3).latency == ns3::MilliSeconds(2));  // the same site
    CHECK(underlay->GetRoute(0, 1).latency == ns3::MicroSeconds(6000 + 37500));
    CHECK(underlay->GetRoute(2, 1).latency == ns3::MicroSeconds(6000 + 122000));
    CHECK(underlay->GetRoute(0, 1).links.size() == 5);
    // A detour over site 1 would be shorter than the matrix says, and is not taken.
    const TextFile matrix("0ms 10ms 90ms\n10ms 0ms 10ms\n80ms 10ms 0ms\n");
    options.underlay = "sites:latency=2ms,access=1ms";
    options.latency_matrix = matrix.path();
    const auto apart = make_underlay(plan_network(options, kRing), 4);
    CHECK(apart->GetRoute(0, 2).latency == ns3::MilliSeconds(96));
    CHECK(apart->GetRoute(2, 0).latency == ns3::MilliSeconds(86));
}

TEST_CASE("regions: a wide area with built-in latencies, all regions or some") {
    const NetworkPlan all = plan_network(four_nodes("regions"), kRing);
    CHECK(all.routers.routers.empty());
    CHECK(all.latency_matrix_s.size() == 10);
    CHECK(all.up_bps == std::vector<double>(4, 8e6));
    const auto two = make_underlay(plan_network(four_nodes("regions:us-east,eu-west"), kRing), 4);
    CHECK(two->GetRoute(0, 1).latency == ns3::MicroSeconds(37500));
    CHECK(two->GetRoute(0, 2).latency == ns3::MicroSeconds(500));
    CHECK(refusal("regions:us-east,mars") ==
          "underlay regions: no region 'mars', allowed us-east, us-south, "
          "ca-east, sa-east, eu-west, eu-central, eu-south, jp-east, jp-west, au-east");
}

TEST_CASE("Inet and Rocketfuel files: latencies by link or by weight") {
    const TextFile inet(kInet);
    const auto plan = plan_network(
        four_nodes("inet:" + inet.path() + ",rate=1Gbps,weight=1us,access=none"), kRing);
    CHECK(plan.up_bps.empty());
    const auto underlay = make_underlay(plan, 4);
    CHECK(underlay->GetNLinks() == 6);
    CHECK(underlay->GetRoute(0, 3).latency == ns3::MicroSeconds(50 + 7 + 2));

    const TextFile weights("Oslo Bern 2.5\nBern Oslo 2.5\nBern Rome 1\n");
    const auto by_weight =
        plan_network(four_nodes("rocketfuel:" + weights.path() + ",rate=1Gbps,weight=1ms"), kRing);
    CHECK(by_weight.routers.routers == std::vector<std::string>{"Oslo", "Bern", "Rome"});
    REQUIRE(by_weight.routers.links.size() == 4);
    CHECK(by_weight.routers.links[0].latency_s == 0.0025);
    CHECK(by_weight.routers.links[3].latency_s == 0.001);

    const TextFile map(
        "1 @Oslo,+NO + bb	(2) &5 -> <2> <3>  =a.example.net r0\n"
        "2 @Bern,+CH  	(1)  -> <1>  =b.example.net! r0\n"
        "3 @Rome,+IT  	(1)  -> <1>  =c.example.net r1\n");
    const auto by_link =
        plan_network(four_nodes("rocketfuel:" + map.path() + ",rate=1Gbps,latency=3ms"), kRing);
    CHECK(by_link.routers.routers == std::vector<std::string>{"1", "2", "3"});
    REQUIRE(by_link.routers.links.size() == 4);
    CHECK(by_link.routers.links[2].latency_s == 0.003);
}

TEST_CASE("Inet files that are cut short or name no nodes are refused by line") {
    const auto inet = [](const std::string& text) {
        return refusal_of_file("inet", text, ",rate=1Gbps,latency=1ms");
    };
    const std::string where = "underlay inet: FILE:";
    CHECK(inet(kInet) == "accepted");
    CHECK(inet("") == where + "1: the file ends here, allowed a line 'NODES LINKS'");
    CHECK(inet("1 two\n") == where + "1: got '1 two', allowed two counts, NODES LINKS");
    CHECK(inet("2 1\n0 1 1\n") == where + "2: the file ends here, allowed a line 'id x y'");
    CHECK(inet("2 1\n0 1 1\n0 1 1\n") == where + "3: node '0' is repeated");
    CHECK(inet("2 1\n0 1 1\n1 1 1\n0 1\n") == where + "4: got '0 1', allowed 'from to weight'");
    CHECK(inet("2 1\n0 1 1\n1 1 1\n0 7 1\n") == where + "4: no such node, got '7'");
    CHECK(inet("2 1\n0 1 1\n1 1 1\n1 1 1\n") == "underlay inet: FILE: the file has no link");
    CHECK(inet("2 1\n0 1 1\n1 1 1\n0 1 -1\n") ==
          where + "4: the weight is no number of 0 or more, got '-1'");
    CHECK(inet("2 1\n0 1 1\n1 1 1\n0 1 1\n0 1 1\n") ==
          where + "5: got '0 1 1', allowed nothing more");
}

TEST_CASE("Rocketfuel files that are no maps and no weights are refused by line") {
    const auto rocketfuel = [](const std::string& text, const std::string& latency) {
        return refusal_of_file("rocketfuel", text, ",rate=1Gbps," + latency);
    };
    const std::string by_link = "underlay rocketfuel: FILE";
    const std::string by_weight = "underlay rocketfuel: FILE";
    CHECK(rocketfuel("a b 1\nb c\n", "latency=1ms") ==
          by_link + ":2: got 'b c', allowed from to weight");
    CHECK(rocketfuel("a b 1e0\n\nb c 1\nc d 2\n", "latency=1ms") == "accepted");
    CHECK(rocketfuel("1 @St.+Town,+MN (1)  ->  <2>   <3>  =a.net r0\n2 @? (1) -> <4>  =b.net r1\n",
                     "latency=1ms") == "accepted");
    CHECK(rocketfuel("1 @Oslo,+NO  (1)  -> <2>  =a.net r0\n", "weight=1ms") ==
          by_weight + ":1: the link has no weight; give latency= instead of weight=");
    CHECK(rocketfuel("a b 1e300\n", "weight=1ms") ==
          by_weight + ":1: the latency of a link, got 1e+297 s, allowed 0 to 10000 s");
}

TEST_CASE("parts of a network that do not reach each other are refused by name, or left out") {
    const std::string apart = "5 3\n0 0 0\n1 0 0\n2 0 0\n3 0 0\n4 0 0\n0 1 1\n3 4 1\n4 2 1\n";
    const TextFile file(apart);
    ExperimentOptions options = four_nodes("inet:" + file.path() + ",rate=1Gbps,latency=1ms");
    const std::string message = refusal(options);
    CHECK(
        message ==
        "--underlay: no route between nodes 0 (at '0') and 3 (at '3'), which are neighbors in the "
        "overlay; the routers are 2 components: 3 nodes with '2', 2 nodes with '0'; "
        ",component=largest leaves out all but the first");
    options.underlay += ",component=largest";
    const NetworkPlan plan = plan_network(options, kRing);
    CHECK(plan.routers.routers == std::vector<std::string>{"2", "3", "4"});
    CHECK(plan.attached == std::vector<RouterId>{0, 1, 2, 0});
    CHECK(make_underlay(plan, 4)->HasRoute(0, 2));
    REQUIRE(plan.notes.size() == 1);
    CHECK(plan.notes[0] ==
          file.path() + ": Inet, 3 nodes, 2 links; left out: 2 nodes of other components");
    for (const std::string form : {"graphml", "brite", "rocketfuel"}) {
        CHECK(refusal(form + ":f,rate=1Gbps,latency=1ms,component=first")
                  .ends_with("component: unknown, got 'first', allowed all, largest"));
    }
}

TEST_CASE("devices, folders and pipes are no networks") {
    for (const std::string form : {"graphml", "brite", "rocketfuel", "inet"}) {
        CHECK(refusal(form + ":/dev/zero,rate=1Gbps,latency=1ms")
                  .ends_with(": /dev/zero: cannot be read (a device or a pipe, allowed a file)"));
        CHECK(refusal(form + ":/,rate=1Gbps,latency=1ms")
                  .ends_with(": /: cannot be read (Is a directory)"));
    }
    ExperimentOptions options = four_nodes("leaf-spine:2x1");
    options.attach = "file:/dev/zero";
    CHECK(refusal(options) ==
          "--attach: /dev/zero: cannot be read (a device or a pipe, allowed a file)");
    options = four_nodes("wan");
    options.latency_matrix = "/dev/zero";
    CHECK(refusal(options) ==
          "--latency-matrix: /dev/zero: cannot be read (a device or a pipe, allowed a file)");
    options.latency_matrix = "";
    options.rate = "file:/dev/zero";
    CHECK(refusal(options) ==
          "--rate: /dev/zero: cannot be read (a device or a pipe, allowed a file)");
}

TEST_CASE("topology zoo and BRITE files are refused with the option, the file and the line") {
    CHECK(refusal_of_file("graphml",
                          "<graphml><graph>\n<node id=\"a\"/><node id=\"b\"/>\n"
                          "<edge source=\"a\" target=\"b\"/></graph></graphml>",
                          "") ==
          "underlay graphml: FILE:3: the edge has no rate (LinkSpeedRaw); give one for "
          "such links, as in ,rate=1Gbps");
    CHECK(refusal_of_file("graphml",
                          "<graphml><graph>\n<node id=\"a\"/><node id=\"b\"/>\n"
                          "<edge source=\"a\" target=\"b\"/></graph></graphml>",
                          ",rate=1Gbps,latency=2ms") == "accepted");
    CHECK(refusal_of_file("brite", "nothing\n", "") ==
          "underlay brite: FILE:1: no line Nodes: ( COUNT ); not a BRITE file, or cut "
          "short");
    CHECK(refusal("graphml:/no/such,file") ==
          "underlay graphml: /no/such,file: cannot be read (No such file or "
          "directory)");
    CHECK(refusal("graphml") ==
          "underlay graphml: the file is missing, allowed "
          "graphml:FILE[,rate=RATE,latency=TIME,weight=TIME,unit=RATE,access=0s,"
          "component=all|largest]");
}

TEST_CASE("parts that no neighbors of the overlay join may stay apart") {
    const TextFile file("4 2\n0 0 0\n1 0 0\n2 0 0\n3 0 0\n0 1 1\n2 3 1\n");
    const ExperimentOptions options = four_nodes("inet:" + file.path() + ",rate=1Gbps,latency=1ms");
    const Graph apart = make_graph(4, {{0, 1}, {2, 3}});
    CHECK(make_underlay(plan_network(options, apart), 4)->HasRoute(0, 2) == false);
}

TEST_CASE("nodes are attached in turn, by chance or by a file") {
    ExperimentOptions options = four_nodes("leaf-spine:64x1");
    CHECK(plan_network(options, kRing).attached == std::vector<RouterId>{0, 1, 2, 3});
    options.attach = "random";
    const std::vector<RouterId> drawn = plan_network(options, kRing).attached;
    CHECK(drawn == plan_network(options, kRing).attached);
    CHECK(*std::max_element(drawn.begin(), drawn.end()) < 64);
    ExperimentOptions other = options;
    other.seed = 2;
    CHECK(plan_network(other, kRing).attached != drawn);

    const TextFile file("\xEF\xBB\xBF# of node 0\r\nleaf 7 \r\n3\r\n\r\nleaf 7\r\nleaf 0\r\n");
    options.attach = "file:" + file.path();
    CHECK(plan_network(options, kRing).attached == std::vector<RouterId>{7, 3, 7, 0});
}

TEST_CASE("impossible attachments are refused") {
    const auto attached_by = [](const std::string& lines) {
        const TextFile file(lines);
        ExperimentOptions options = four_nodes("leaf-spine:2x1");
        options.attach = "file:" + file.path();
        const std::string message = refusal(options);
        const auto at = message.find(file.path());
        return at == std::string::npos ? message : message.substr(at + file.path().size());
    };
    CHECK(attached_by("0\n1\n0\n1\n") == "accepted");
    CHECK(attached_by("0\n1\n") == ": too few lines, got 2, allowed 4 (one a node)");
    CHECK(attached_by("0\nleaf 9\n") ==
          ":2: no router 'leaf 9', allowed a unique name or a number below 3");
    CHECK(attached_by("0\nspine 0\n") == ":2: nodes cannot be attached to router 'spine 0'");
    ExperimentOptions options = four_nodes("leaf-spine:2x1");
    options.attach = "nearest";
    CHECK(refusal(options) == "--attach: got 'nearest', allowed round-robin, random, file:PATH");
    options = four_nodes("leaf-spine:2x1,access=none");
    CHECK(refusal(options) ==
          "--attach: nodes 0 and 2 are both at router 'leaf 0', allowed one node a router where "
          "nodes have no access links (4 nodes, 2 routers)");
    // Drawn without repetition where there is one node a router.
    options = four_nodes("leaf-spine:4x1,access=none");
    options.attach = "random";
    std::vector<RouterId> attached = plan_network(options, kRing).attached;
    std::sort(attached.begin(), attached.end());
    CHECK(attached == std::vector<RouterId>{0, 1, 2, 3});
}

TEST_CASE("unknown forms, options and values are refused by name") {
    CHECK(refusal("avian").starts_with(
        "underlay: unknown, got 'avian', allowed wan, regions, p2p, graphml, brite, rocketfuel, "
        "inet, leaf-spine, fat-tree, sites"));
    CHECK(refusal("leafspine:2x2").ends_with("; did you mean leaf-spine?"));
    CHECK(refusal("wan:fast") == "underlay wan: takes no argument, got 'fast'");
    CHECK(refusal("wan:rate=1Mbps") == "underlay wan: takes no argument, got 'rate=1Mbps'");
    CHECK(refusal("fat-tree:4,speed=2") ==
          "underlay fat-tree: unknown option, got 'speed', allowed keys: rate, latency, access");
    CHECK(refusal("fat-tree:4,rate=1Gbps,rate=2Gbps") ==
          "underlay fat-tree: option 'rate' is given twice, allowed once");
    CHECK(refusal("fat-tree:4,rate=0bps")
              .starts_with("underlay fat-tree: rate: got '0bps', allowed a rate"));
    CHECK(refusal("fat-tree:4,latency=-1ms")
              .starts_with("underlay fat-tree: latency: got '-1ms', allowed"));
    CHECK(refusal("fat-tree:4,latency=1000h") ==
          "underlay fat-tree: latency: got '1000h', allowed up to 10000 s");
    CHECK(refusal("fat-tree:4,access=5")
              .starts_with("underlay fat-tree: access: got '5', allowed a time"));
    CHECK(refusal("fat-tree:three") ==
          "underlay fat-tree: K: not a whole number in range, got 'three', allowed 0 ... 128");
    CHECK(refusal("fat-tree:5") == "underlay fat-tree: fat-tree: got 5, allowed even K from 2 up");
    CHECK(refusal("leaf-spine:4") ==
          "underlay leaf-spine: got '4', allowed leaf-spine:LEAVESxSPINES with up to 4096 of each, "
          "such as leaf-spine:8x4");
    CHECK(refusal("leaf-spine:0x4") ==
          "underlay leaf-spine: leaf-spine: got 0 leaves and 4 spines, allowed 1 or more "
          "of each");
    CHECK(refusal("inet:f,latency=1ms") ==
          "underlay inet: the file has no rates; give one for all links, as in "
          ",rate=1Gbps");
    const std::string no_latency =
        "the file has no latencies; give one for all links, as in ,latency=5ms, or the latency of "
        "each unit of a link's weight, as in ,weight=1ms";
    CHECK(refusal("inet:f,rate=1Gbps") == "underlay inet: " + no_latency);
    CHECK(refusal("inet:f,rate=1Gbps,latency=1ms,weight=1ms") == "underlay inet: " + no_latency);
    ExperimentOptions options = four_nodes("fat-tree:4");
    options.latency_matrix = "matrix";
    CHECK(refusal(options) ==
          "underlay fat-tree: the latencies are its own; "
          "--latency-matrix needs wan or sites");
    options.underlay = "regions";
    CHECK(refusal(options) ==
          "underlay regions: the latencies are built in; "
          "--latency-matrix needs --underlay=wan");
}

}  // namespace
}  // namespace murmur
