#include "emulator/network/link_changes.h"

#include "emulator/network/link_names.h"
#include "emulator/run/experiment_options.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include "ns3/simulator.h"

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

LinkPlan plan_of(const ExperimentOptions& options) {
    return plan_links(options, plan_network(options, kRing));
}

std::string refusal_of(const ExperimentOptions& options) {
    try {
        (void)plan_of(options);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

/// The links that follow a trace file of this text, in order.
std::vector<std::uint32_t> followers_of(ExperimentOptions options, const std::string& text) {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "trace", text);
    options.link_trace = (folder.path() / "trace").string();
    std::vector<std::uint32_t> links;
    for (const LinkPlan::Follower& follower : plan_of(options).followers) {
        CHECK(follower.offset.IsZero());
        links.push_back(follower.link);
    }
    return links;
}

TEST_CASE("links that nothing is asked of stay as they are") {
    const LinkPlan plan = plan_of(four_nodes());
    CHECK(plan.loss.empty());
    CHECK(plan.jitter_s.empty());
    CHECK(plan.followers.empty());
}

TEST_CASE("loss and jitter are drawn for each link, from seed and link alone") {
    ExperimentOptions options = four_nodes();
    options.loss = "0.01";
    options.jitter = "uniform:1ms:9ms";
    const LinkPlan plan = plan_of(options);
    CHECK(plan.loss == std::vector<double>(8, 0.01));
    CHECK(plan.jitter_s.size() == 8);
    CHECK(std::set<double>(plan.jitter_s.begin(), plan.jitter_s.end()).size() == 8);
    options.loss = "0";
    CHECK(plan_of(options).jitter_s == plan.jitter_s);
    CHECK(plan_of(options).loss.empty());
    options.seed = 2;
    CHECK(plan_of(options).jitter_s != plan.jitter_s);

    const auto underlay = make_underlay(plan_network(options, kRing), options.nodes);
    impair_links(plan, *underlay);
    CHECK(underlay->GetLink(5).loss == 0.01);
    CHECK(underlay->GetLink(5).jitter.GetSeconds() == doctest::Approx(plan.jitter_s[5]));
    CHECK(underlay->GetStream(5) == kFirstLinkStream + 10);
}

TEST_CASE("impossible loss and jitter are refused") {
    const auto loss = [](const std::string& text, const std::string& network = "tcp") {
        ExperimentOptions options = four_nodes();
        options.loss = text;
        options.network = network;
        return refusal_of(options);
    };
    CHECK(loss("0.5") == "accepted");
    CHECK(loss("1") == "--loss: got '1', allowed a probability P, 0 <= P < 1");
    CHECK(loss("-0.1") == "--loss: got '-0.1', allowed a probability P, 0 <= P < 1");
    CHECK(loss("1%") == "--loss: got '1%', allowed a number");
    CHECK(loss("lognormal:0.9:5").ends_with("allowed below 1"));
    CHECK(loss("0.01", "ideal") == "--loss: --network=ideal knows no loss, allowed 0");
    ExperimentOptions options = four_nodes();
    options.jitter = "-1ms";
    CHECK(refusal_of(options) ==
          "--jitter: got '-1ms', allowed a time with its unit (ns, us, ms, s, min, h), such as "
          "5ms");
}

TEST_CASE("parallel links have names of their own, in traces as in results") {
    const test::TemporaryFolder folder;
    const std::string map = folder.write(
        "net.graphml",
        R"(<graphml><key id="l" for="node" attr.name="label"/><graph edgedefault="directed">)"
        R"(<node id="a"><data key="l">St. John's, NL</data></node><node id="b"/>)"
        R"(<edge source="a" target="b"/><edge source="a" target="b"/></graph></graphml>)");
    ExperimentOptions options = four_nodes();
    options.underlay = "graphml:" + map + ",rate=1Gbps,latency=1ms";
    const auto underlay = make_underlay(plan_network(options, kRing), 4);
    const std::vector<std::string> names = link_names(*underlay);
    CHECK(std::vector<std::string>(names.begin(), names.begin() + 5) ==
          std::vector<std::string>{"St. John's  NL to b #1",
                                   "b to St. John's  NL #1",
                                   "St. John's  NL to b #2",
                                   "b to St. John's  NL #2",
                                   "node 0 up"});
    using Links = std::vector<std::uint32_t>;
    CHECK(followers_of(options, "time,rate,link\n0s,1Mbps,\"St. John's, NL to b #2\"\n") ==
          Links{2});
    CHECK(followers_of(options, "time,rate,link\n0s,1Mbps,St. John's  NL to b #1\n") == Links{0});
    const std::string trace =
        folder.write("trace", "time,rate,link\n0s,1Mbps,b to St. John's  NL\n");
    options.link_trace = trace;
    CHECK(refusal_of(options) ==
          "--link-trace: " + trace +
              ":2: several links, got 'b to St. John's NL', allowed 'b to St. John's NL #1', 'b to "
              "St. John's NL #2' and so on, one each");
}

TEST_CASE("what was made of traces is said") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = four_nodes();
    options.link_trace =
        folder.write("changes", "time,rate,link\n0s,1Mbps,node 3\n1s,down,node 0 up\n");
    options.uplink_trace = "mahimahi:" + folder.write("maha", "1\n2\n");
    CHECK(
        plan_of(options).notes ==
        std::vector<std::string>{
            (folder.path() / "maha").string() +
                ": Mahimahi trace, 0.002 s, 12 Mbps on average, down for 0 s",
            (folder.path() / "changes").string() + ": link trace, 2 changes, 3 of 8 links change"});
}

TEST_CASE("a link trace is for one link, for a node's two, or for every one") {
    using Links = std::vector<std::uint32_t>;
    CHECK(followers_of(four_nodes(), "time,rate,link\n0s,1Mbps,node 3 up\n") == Links{6});
    CHECK(followers_of(four_nodes(), "time,rate,link\n0s,1Mbps,node 3\n") == Links{6, 7});
    CHECK(followers_of(four_nodes(), "time,rate,link\n0s,1Mbps,node 3\n1s,1Mbps,node 0 down\n") ==
          Links{6, 7, 1});
    CHECK(followers_of(four_nodes(), "time,rate\n0s,1Mbps\n") == Links{0, 1, 2, 3, 4, 5, 6, 7});
    ExperimentOptions options = four_nodes();
    options.underlay = "p2p";
    CHECK(followers_of(options, "time,rate,link\n0s,1Mbps,node 0 to node 3\n") == Links{2});
}

TEST_CASE("a link trace of an unknown link is refused with its line") {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "trace").string();
    test::write_text(path, "time,rate,link\n0s,1Mbps,node 3 up\n1s,1Mbps,node 4 up\n");
    ExperimentOptions options = four_nodes();
    options.link_trace = path;
    CHECK(refusal_of(options) ==
          "--link-trace: " + path +
              ":3: no such link, got 'node 4 up', allowed names such as 'node 0 up', or none for "
              "every link");
}

TEST_CASE("every up- or downlink follows a trace from its node's own place") {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "trace", "100\n900\n5000\n");
    const std::string file = "mahimahi:" + (folder.path() / "trace").string();
    ExperimentOptions options = four_nodes();
    options.uplink_trace = file;
    options.downlink_trace = file + ",bin=1s,offset=random";
    const LinkPlan plan = plan_of(options);
    REQUIRE(plan.followers.size() == 8);
    std::set<ns3::Time> offsets;
    for (std::uint32_t node = 0; node < 4; ++node) {
        const LinkPlan::Follower& up = plan.followers[node];
        const LinkPlan::Follower& down = plan.followers[4 + node];
        CHECK(up.link == 2 * node);
        CHECK(down.link == 2 * node + 1);
        CHECK(up.offset == down.offset);
        CHECK(up.offset < ns3::Seconds(5));
        offsets.insert(up.offset);
    }
    CHECK(offsets.size() == 4);
    CHECK(plan.followers[0].trace == plan.followers[1].trace);
    CHECK(plan.followers[0].trace->changes.size() == 5);
    CHECK(plan.followers[4].trace->changes.size() == 3);
    options.downlink_trace.clear();
    options.uplink_trace = file + ",offset=2s";
    for (const LinkPlan::Follower& follower : plan_of(options).followers) {
        CHECK(follower.offset == ns3::Seconds(2));
    }
}

TEST_CASE("links between routers have names too") {
    ExperimentOptions options = four_nodes();
    options.underlay = "leaf-spine:2x1";
    const auto underlay = make_underlay(plan_network(options, kRing), options.nodes);
    const std::string name = underlay->GetLinkName(0);
    CHECK(followers_of(options, "time,rate,link\n0s,1Mbps," + name + "\n") ==
          std::vector<std::uint32_t>{0});
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "trace", "100\n");
    options.underlay = "leaf-spine:4x1,access=none";
    options.uplink_trace = "mahimahi:" + (folder.path() / "trace").string();
    CHECK(refusal_of(options) ==
          "--uplink-trace: --underlay=leaf-spine:4x1,access=none has no such links");
}

TEST_CASE("a wrong word in a trace of all links is refused") {
    const auto refused = [](const std::string& spec) {
        ExperimentOptions options = four_nodes();
        options.uplink_trace = spec;
        return refusal_of(options);
    };
    CHECK(refused("file.up") == "--uplink-trace: unknown, got 'file.up', allowed mahimahi");
    CHECK(refused("mahimahi:") ==
          "--uplink-trace: the file is missing, allowed mahimahi:FILE[,bin=100ms,offset=random]");
    CHECK(refused("mahimahi:f,bins=1s") ==
          "--uplink-trace: unknown option, got 'bins', allowed keys: bin, offset; did you mean "
          "bin?");
    CHECK(refused("mahimahi:f,") ==
          "--uplink-trace: f,: cannot be read (No such file or directory)");
    CHECK(refused("mahimahi:f,bin=10us") == "--uplink-trace: bin: got '10us', allowed 1ms or more");
    CHECK(refused("mahimahi:f,offset=soon") ==
          "--uplink-trace: offset: got 'soon', allowed a time with its unit (ns, us, ms, s, min, "
          "h), such as 5ms");
    CHECK(refused("mahimahi:/no/such/file") ==
          "--uplink-trace: /no/such/file: cannot be read (No such file or directory)");
    ExperimentOptions options = four_nodes();
    options.underlay = "p2p";
    options.downlink_trace = "mahimahi:f";
    CHECK(refusal_of(options) ==
          "--downlink-trace: p2p links are no up- and downlinks; use --link-trace");
}

TEST_CASE("links follow the plan") {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "trace",
                     "time,rate,latency,link\n0s,3Mbps,,node 1 up\n2s,down,7ms,node 1 up\n");
    ExperimentOptions options = four_nodes();
    options.link_trace = (folder.path() / "trace").string();
    const auto underlay = make_underlay(plan_network(options, kRing), options.nodes);
    const auto schedule = schedule_links(plan_of(options), underlay);
    schedule->Start();
    CHECK(underlay->GetLink(2).rate == ns3::DataRate("3Mbps"));
    ns3::Simulator::Run();
    CHECK(ns3::Simulator::Now() == ns3::Seconds(2));
    CHECK_FALSE(underlay->GetLink(2).isUp);
    CHECK(underlay->GetLink(2).delay == ns3::MilliSeconds(7));
    ns3::Simulator::Destroy();
}

}  // namespace
}  // namespace murmur
