#include "emulator/network/tcp_options.h"

#include "emulator/network/link_changes.h"
#include "emulator/network/network_setup.h"
#include "tests/support/doctest.h"

#include "ns3/underlay.h"

#include <cstdint>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

using ns3::murmuration::LinkQueue;
using ns3::murmuration::TcpSettings;

const Graph kRing = make_graph(4, {{0, 1}, {1, 2}, {2, 3}, {3, 0}});

NetworkOptions four_nodes(const std::string& network) {
    NetworkOptions options;
    options.nodes = 4;
    options.network = network;
    return options;
}

std::string refusal(const NetworkOptions& options) {
    try {
        (void)plan_links(options, plan_network(options, kRing));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

TEST_CASE("queues are read with place, size and discipline, in any order") {
    CHECK(parse_queue("--q", "behind:1000p") == LinkQueue{});
    CHECK(parse_queue("--q", "behind") == LinkQueue{});
    CHECK(parse_queue("--q", "drop-tail") == LinkQueue{});
    LinkQueue expected;
    expected.place = LinkQueue::Place::AT_HOST;
    CHECK(parse_queue("--q", "host") == expected);
    expected.size = 100;
    CHECK(parse_queue("--q", "host:100p") == expected);
    CHECK(parse_queue("--q", "100p:host") == expected);
    expected = LinkQueue{};
    expected.unit = LinkQueue::Unit::BYTES;
    expected.size = 64'000;
    CHECK(parse_queue("--q", "64kB") == expected);
    expected.size = 65'536;
    CHECK(parse_queue("--q", "64KiB") == expected);
    expected.unit = LinkQueue::Unit::NANOSECONDS;
    expected.size = 50'000'000;
    CHECK(parse_queue("--q", "behind:50ms") == expected);
    expected = LinkQueue{};
    expected.discipline = LinkQueue::Discipline::FQ_CODEL;
    expected.size = 10'240;
    CHECK(parse_queue("--q", "fq-codel") == expected);
    expected.target = ns3::MilliSeconds(2);
    expected.interval = ns3::MilliSeconds(40);
    CHECK(parse_queue("--q", "fq-codel:target=2ms,interval=40ms") == expected);
    expected.discipline = LinkQueue::Discipline::CODEL;
    expected.size = 300;
    CHECK(parse_queue("--q", "interval=40ms,target=2ms:300p:codel:behind") == expected);
}

TEST_CASE("wrong queues are refused with what is wrong in them") {
    CHECK_THROWS_WITH(
        (void)parse_queue("--uplink-queue", "behind:red"),
        "--uplink-queue: got 'behind:red' with 'red', allowed "
        "[behind|host][:100p|64kB|50ms][:drop-tail|codel|fq-codel][:target=5ms,interval=100ms]");
    for (const char* text : {"",
                             ":",
                             "1000",
                             "p",
                             "host:behind",
                             "100p:64kB",
                             "codel:fq-codel",
                             "fq-codel:target=5ms:interval=100ms",
                             "fq-codel:target=5ms,target=6ms",
                             "fq-codel:target",
                             "fq-codel:limit=5",
                             "target=5ms",
                             "drop-tail:target=5ms",
                             "1.5p",
                             "-5p",
                             "5parsecs",
                             "0p",
                             "0B",
                             "0ms",
                             "codel:target=0ms",
                             "codel:target=100ms,interval=100ms",
                             "Behind"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse_queue("--uplink-queue", text), std::invalid_argument);
    }
}

TEST_CASE("settings of TCP are read, each once") {
    CHECK(parse_tcp("--tcp", "cubic") == TcpSettings{});
    TcpSettings expected;
    expected.congestionControl = TcpSettings::CongestionControl::NEW_RENO;
    expected.initialWindow = 4;
    expected.minRto = ns3::Seconds(1);
    expected.slowStartAfterIdle = false;
    CHECK(parse_tcp("--tcp", "newreno,initial-window=4,min-rto=1s,slow-start-after-idle=false") ==
          expected);
    CHECK(parse_tcp("--tcp", "slow-start-after-idle=false,min-rto=1s,initial-window=4,newreno") ==
          expected);
    CHECK(!parse_tcp("--tcp", "cubic").ecn);
    CHECK(parse_tcp("--tcp", "ecn=true").ecn);
    CHECK(parse_tcp("--tcp", "bbr").congestionControl == TcpSettings::CongestionControl::BBR);
    CHECK_THROWS_WITH((void)parse_tcp("--tcp", "cubic,reno"),
                      "--tcp: control: unknown, got 'cubic,reno', allowed cubic, newreno, bbr");
    CHECK_THROWS_WITH(
        (void)parse_tcp("--tcp", "newrenno"),
        "--tcp: control: unknown, got 'newrenno', allowed cubic, newreno, bbr; did you "
        "mean newreno?");
    for (const char* text : {"",
                             "cubic,bbr",
                             "initial-window",
                             "initial-window=0",
                             "initial-window=1001",
                             "initial-window=2,initial-window=3",
                             "min-rto=200",
                             "min-rto=0s",
                             "slow-start-after-idle=maybe",
                             "ecn=1",
                             "cubic,",
                             "window=3"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse_tcp("--tcp", text), std::invalid_argument);
    }
}

TEST_CASE("queues get to the links that they are for, and to no others") {
    NetworkOptions options = four_nodes("tcp");
    options.uplink_queue = "host:100p";
    options.downlink_queue = "50ms";
    const NetworkPlan network = plan_network(options, kRing);
    const LinkPlan plan = plan_links(options, network);
    const auto underlay = make_underlay(network, 4);
    impair_links(plan, *underlay);
    for (std::uint32_t link = 0; link < underlay->GetNLinks(); ++link) {
        CAPTURE(link);
        CHECK(underlay->GetQueue(link) ==
              (link % 2 == 0 ? plan.uplink_queue : plan.downlink_queue));
    }
}

TEST_CASE("what a network does not know is refused, not ignored") {
    NetworkOptions options = four_nodes("ideal");
    CHECK(refusal(options) == "accepted");
    options.uplink_queue = "host";
    CHECK(refusal(options) == "--uplink-queue: --network=ideal knows no queues");
    options = four_nodes("ideal");
    options.tcp = "initial-window=4";
    CHECK(refusal(options) == "--tcp: --network=ideal knows no TCP");
    options = four_nodes("tcp");
    options.downlink_queue = "host";
    CHECK(refusal(options) ==
          "--downlink-queue: got 'host', allowed behind: it is not the sender's own interface");
    options = four_nodes("tcp");
    options.underlay = "p2p";
    options.downlink_queue = "100p";
    CHECK(refusal(options) == "--downlink-queue: --underlay=p2p has no such links");
    options.downlink_queue = "behind:1000p";
    options.uplink_queue = "100p";
    CHECK(refusal(options) == "accepted");
}

}  // namespace
}  // namespace murmur
