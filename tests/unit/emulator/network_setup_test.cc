#include "emulator/network/network_setup.h"

#include "emulator/run/experiment_options.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

const Graph kRing = make_graph(4, {{0, 1}, {1, 2}, {2, 3}, {3, 0}});

ExperimentOptions four_nodes() {
    ExperimentOptions options;
    options.nodes = 4;
    return options;
}

/// Plans with a latency matrix of this text; returns the refusal without the file's name.
std::string refusal_of_matrix(const std::string& text) {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "matrix", text);
    ExperimentOptions options = four_nodes();
    options.latency_matrix = (folder.path() / "matrix").string();
    try {
        (void)plan_network(options, kRing);
    } catch (const std::invalid_argument& error) {
        std::string message = error.what();
        const auto at = message.find(options.latency_matrix);
        REQUIRE(at != std::string::npos);
        return message.replace(at, options.latency_matrix.size(), "FILE");
    }
    return "accepted";
}

TEST_CASE("on the wide area every node has an uplink, a downlink and a latency") {
    ExperimentOptions options = four_nodes();
    options.rate = "8Mbps";
    options.latency = "30ms";
    NetworkPlan plan = plan_network(options, kRing);
    CHECK(plan.up_bps == std::vector<double>(4, 8e6));
    CHECK(plan.down_bps == plan.up_bps);
    CHECK(plan.access_latency_s == std::vector<double>(4, 0.03));
    CHECK(plan.latency_matrix_s.empty());
    CHECK(plan.edges.empty());
    options.downlink_rate = "50Mbps";
    plan = plan_network(options, kRing);
    CHECK(plan.up_bps == std::vector<double>(4, 8e6));
    CHECK(plan.down_bps == std::vector<double>(4, 50e6));
}

TEST_CASE("point to point every edge of the overlay has a link") {
    ExperimentOptions options = four_nodes();
    options.underlay = "p2p";
    options.rate = "uniform:1Mbps:2Mbps";
    options.latency = "5ms";
    const NetworkPlan plan = plan_network(options, kRing);
    CHECK(plan.up_bps.empty());
    REQUIRE(plan.edges.size() == 4);
    std::set<double> rates;
    std::vector<std::pair<NodeId, NodeId>> ends;
    for (const NetworkPlan::Edge& edge : plan.edges) {
        ends.emplace_back(edge.first, edge.second);
        rates.insert(edge.rate_bps);
        CHECK(edge.latency_s == 0.005);
    }
    CHECK(ends == sorted_edges(kRing));
    CHECK(rates.size() == 4);
}

TEST_CASE("draws follow from seed and node alone") {
    ExperimentOptions options = four_nodes();
    options.rate = "uniform:1Mbps:9Mbps";
    options.latency = "uniform:1ms:9ms";
    const NetworkPlan plan = plan_network(options, kRing);
    CHECK(std::set<double>(plan.up_bps.begin(), plan.up_bps.end()).size() == 4);
    CHECK(plan_network(options, kRing).up_bps == plan.up_bps);

    ExperimentOptions larger = options;
    larger.nodes = 6;
    larger.downlink_rate = "uniform:1Mbps:9Mbps";
    const NetworkPlan more = plan_network(larger, kRing);
    CHECK(std::equal(plan.up_bps.begin(), plan.up_bps.end(), more.up_bps.begin()));
    CHECK(std::equal(
        plan.access_latency_s.begin(), plan.access_latency_s.end(), more.access_latency_s.begin()));
    // A link down is drawn apart from the link up.
    CHECK(more.down_bps[0] != more.up_bps[0]);

    options.seed = 2;
    CHECK(plan_network(options, kRing).up_bps != plan.up_bps);
}

TEST_CASE("rates from a file are the nodes' in turn") {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "rates", "1Mbps\n2Mbps\n3Mbps\n");
    ExperimentOptions options = four_nodes();
    options.rate = "file:" + (folder.path() / "rates").string();
    CHECK(plan_network(options, kRing).up_bps == std::vector<double>{1e6, 2e6, 3e6, 1e6});
}

TEST_CASE("a latency matrix is read with blanks or commas, blank lines apart") {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "matrix", "1ms 20ms\n\n30ms, 2ms\n");
    ExperimentOptions options = four_nodes();
    options.latency_matrix = (folder.path() / "matrix").string();
    const NetworkPlan plan = plan_network(options, kRing);
    REQUIRE(plan.latency_matrix_s.size() == 2);
    CHECK(plan.latency_matrix_s[0] == std::vector<double>{0.001, 0.02});
    CHECK(plan.latency_matrix_s[1] == std::vector<double>{0.03, 0.002});
    CHECK(plan.access_latency_s.empty());
}

TEST_CASE("a latency matrix that is missing, empty, ragged or without units is refused") {
    CHECK(refusal_of_matrix("1ms 2ms\n3ms 4ms\n") == "accepted");
    CHECK(refusal_of_matrix("\n") == "--latency-matrix: FILE holds no value");
    CHECK(refusal_of_matrix("1ms 2ms\n3ms\n") ==
          "--latency-matrix: row 2 of FILE has 1 values, allowed 2 (as many as there are rows)");
    CHECK(refusal_of_matrix("1ms 2ms\n") ==
          "--latency-matrix: row 1 of FILE has 2 values, allowed 1 (as many as there are rows)");
    CHECK(
        refusal_of_matrix("1ms 2ms\n\n3 4ms\n") ==
        "--latency-matrix: FILE:3: got '3', allowed a time with its unit (ns, us, ms, s, min, h), "
        "such as 5ms");
    CHECK(refusal_of_matrix("-1ms\n") ==
          "--latency-matrix: FILE:1: got '-1ms', allowed a time with its unit (ns, us, ms, s, min, "
          "h), such as 5ms");
    ExperimentOptions options = four_nodes();
    options.latency_matrix = "/no/such/file";
    CHECK_THROWS_WITH_AS(
        (void)plan_network(options, kRing),
        "--latency-matrix: /no/such/file: cannot be read (No such file or directory)",
        std::invalid_argument);
}

TEST_CASE("what only the wide area knows is refused point to point") {
    constexpr auto* kRefusal =
        "--underlay: p2p links take --rate and --latency; --downlink-rate and --latency-matrix "
        "need "
        "--underlay=wan";
    ExperimentOptions options = four_nodes();
    options.underlay = "p2p";
    options.downlink_rate = "1Mbps";
    CHECK_THROWS_WITH_AS((void)plan_network(options, kRing), kRefusal, std::invalid_argument);
    options.downlink_rate = "";
    options.latency_matrix = "matrix";
    CHECK_THROWS_WITH_AS((void)plan_network(options, kRing), kRefusal, std::invalid_argument);
}

TEST_CASE("unknown networks and bad link values are refused by option") {
    ExperimentOptions options = four_nodes();
    options.network = "avian";
    CHECK_THROWS_WITH_AS((void)plan_network(options, kRing),
                         "network: unknown, got 'avian', allowed ideal, flow, packet, tcp",
                         std::invalid_argument);
    options = four_nodes();
    options.latency = "20";
    CHECK_THROWS_WITH_AS(
        (void)plan_network(options, kRing),
        "--latency: got '20', allowed a time with its unit (ns, us, ms, s, min, h), such as 5ms",
        std::invalid_argument);
    options = four_nodes();
    options.downlink_rate = "0bps";
    CHECK_THROWS_AS((void)plan_network(options, kRing), std::invalid_argument);
}

}  // namespace
}  // namespace murmur
