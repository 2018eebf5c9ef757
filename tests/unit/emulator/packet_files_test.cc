// What a run writes of its packets: pcap files are read back byte by byte.
#include "emulator/network/packet_files.h"

#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/run_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/plan_refusal.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace murmur {
namespace {

namespace fs = std::filesystem;

ExperimentOptions small(const fs::path& out) {
    ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 2;
    options.dataset = "least-squares:features=999,samples=16";
    options.model = "linear";
    options.clock = "modelled:1ms,merge=0";
    options.network = "tcp";
    options.rate = "10Mbps";
    options.latency = "5ms";
    options.workers = 1;
    options.quiet = true;
    options.out = out.string();
    return options;
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

/// What a capture of bare IPv4 packets holds, by the format's own rules: a header of 24 bytes, then
/// 16 before each packet.
struct Capture {
    std::uint32_t link_type = 0;
    std::size_t packets = 0;
    std::uint64_t bytes = 0;       ///< on the wire, by the headers of the packets themselves
    std::uint64_t bytes_from = 0;  ///< of these, from the node with the address
};

Capture read_capture(const std::string& file, std::uint32_t address) {
    REQUIRE(file.size() >= 24);
    REQUIRE(number_at(file, 0) == 0xa1b2c3d4);
    Capture capture{.link_type = number_at(file, 20)};
    for (std::size_t at = 24; at < file.size(); ++capture.packets) {
        const std::uint32_t captured = number_at(file, at + 8);
        const auto byte = [&](std::size_t i) {
            return static_cast<std::uint8_t>(file[at + 16 + i]);
        };
        const std::uint32_t length = (std::uint32_t{byte(2)} << 8) | byte(3);
        const std::uint32_t source = (std::uint32_t{byte(12)} << 24) |
                                     (std::uint32_t{byte(13)} << 16) |
                                     (std::uint32_t{byte(14)} << 8) | byte(15);
        REQUIRE(byte(0) == 0x45);
        REQUIRE(length == number_at(file, at + 12));
        capture.bytes += length;
        capture.bytes_from += source == address ? length : 0;
        at += 16 + captured;
    }
    return capture;
}

TEST_CASE("a pcap file has every packet of its node, as the run counts bytes") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small(folder.path() / "run");
    options.pcap = "pcap,nodes=1,3";
    const RunResult result = Experiment(options).run();
    REQUIRE(result.summary.status == "complete");
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path() / "run/pcap")) {
        names.insert(entry.path().filename().string());
    }
    CHECK(names == std::set<std::string>{"node-1-1.pcap", "node-3-1.pcap"});
    // 10.0.0.0 + 1 + node, as the underlay gives them.
    const Capture capture = read_capture(folder.read("run/pcap/node-1-1.pcap"), 0x0a000002);
    CHECK(capture.link_type == 101);  // DLT_RAW
    CHECK(capture.packets > 20);
    // Without nodes, all four have one; together they sent what the run says.
    ExperimentOptions all = small(folder.path() / "all");
    all.pcap = (folder.path() / "elsewhere").string();
    const RunResult again = Experiment(all).run();
    std::uint64_t sent = 0;
    for (std::uint32_t node = 0; node < 4; ++node) {
        const std::string name = "elsewhere/node-" + std::to_string(node) + "-1.pcap";
        sent += read_capture(folder.read(name), 0x0a000001 + node).bytes_from;
    }
    CHECK(sent == again.summary.bytes_sent);
    // Who looks on changes nothing.
    CHECK(again.summary.parameter_hash == result.summary.parameter_hash);
    CHECK(again.summary.simulated_s == result.summary.simulated_s);
    ExperimentOptions plain = small(folder.path() / "plain");
    CHECK(Experiment(plain).run().summary.simulated_s == result.summary.simulated_s);
}

TEST_CASE("ASCII traces and FlowMonitor's file are written, over links of edges too") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small(folder.path() / "run");
    options.underlay = "p2p";
    options.ascii_trace = "trace";
    options.flow_monitor = true;
    const RunResult result = Experiment(options).run();
    REQUIRE(result.summary.status == "complete");
    // Two links a node.
    CHECK(folder.read("run/trace/node-0-1.tr").find("ns3::TcpHeader") != std::string::npos);
    CHECK(fs::exists(folder.path() / "run/trace/node-3-2.tr"));
    const std::string flows = folder.read("run/flow-monitor.xml");
    CHECK(flows.find("<FlowMonitor>") != std::string::npos);
    // Each of four edges has a connection for each direction of messages, or one for both, and
    // flows go both ways.
    std::size_t count = 0;
    for (std::size_t at = flows.find("<Flow flowId=\"", flows.find("<Ipv4FlowClassifier>"));
         at != std::string::npos;
         at = flows.find("<Flow flowId=\"", at + 1)) {
        ++count;
    }
    CHECK(count >= 8);

    ExperimentOptions wan = small(folder.path() / "wan");
    wan.ascii_trace = "trace,nodes=2";
    REQUIRE(Experiment(wan).run().summary.status == "complete");
    const std::string trace = folder.read("wan/trace/node-2-1.tr");
    for (const char* line : {"\n+ ", "\n- ", "\nr "}) {
        CHECK(trace.find(line) != std::string::npos);
    }
}

TEST_CASE("packets are asked for in vain where there are none, and into folders that are used") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small(folder.path() / "run");
    options.pcap = "pcap";
    options.network = "flow";
    CHECK(test::refusal_of(options) ==
          "--pcap: got pcap with --network=flow, which has no ns-3 packets; allowed with "
          "--network=tcp, or a network of the program's own");
    options.pcap.clear();
    options.flow_monitor = true;
    CHECK(test::refusal_of(options).starts_with("--flow-monitor: got true with --network=flow"));
    for (const char* text : {",nodes=0", "a,b", "pcap,nodes=4", "pcap,nodes=", "pcap,node=1"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse_packet_trace("--pcap", text, 4), std::invalid_argument);
    }
    CHECK(parse_packet_trace("--pcap", "a/b,nodes=0,2-3", 4).nodes ==
          std::vector<std::uint32_t>{0, 2, 3});
    CHECK_FALSE(parse_packet_trace("--pcap", "", 4).is_on());
    fs::create_directories(folder.path() / "used");
    test::write_text(folder.path() / "used/file", "x");
    ExperimentOptions used = small(folder.path() / "other");
    used.pcap = (folder.path() / "used").string();
    CHECK_THROWS_AS((void)Experiment(used).run(), std::invalid_argument);
    ExperimentOptions nowhere = small("");
    nowhere.pcap = "pcap";
    CHECK_THROWS_AS((void)Experiment(nowhere).run(), std::invalid_argument);
}

}  // namespace
}  // namespace murmur
