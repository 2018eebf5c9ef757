// Runs that end wrongly, or in a network that never comes to rest.
#include "emulator/nodes/protocol.h"
#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include "ns3/csma-helper.h"
#include "ns3/flow-monitor-helper.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/latency-model.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <sys/resource.h>
#include <vector>

namespace murmur {
namespace {

ExperimentOptions small() {
    ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 3;
    options.dataset = "least-squares:features=3,samples=16";
    options.model = "linear";
    options.clock = "modelled:1ms";
    options.network = "ideal";
    options.workers = 2;
    options.quiet = true;
    return options;
}

ExperimentInputs with_network(NetworkFactory network) {
    ExperimentInputs inputs;
    inputs.network = std::move(network);
    return inputs;
}

ExperimentOptions with_own_network() {
    ExperimentOptions options = small();
    options.network = "tcp";
    options.underlay = "own";
    return options;
}

ns3::Ptr<ns3::murmuration::MessageTransport> make_plain_network(const ExperimentOptions& options) {
    auto underlay = ns3::CreateObject<ns3::murmuration::WanUnderlay>();
    underlay->SetLatencyModel(ns3::CreateObject<ns3::murmuration::ConstantLatencyModel>());
    for (std::uint32_t node = 0; node < options.nodes; ++node) {
        underlay->AddNode(ns3::DataRate("1Gbps"), ns3::DataRate("1Gbps"));
    }
    return ns3::murmuration::TransportHelper::Create("ideal", underlay);
}

void tick_for_ever() {
    ns3::Simulator::Schedule(ns3::MilliSeconds(1), tick_for_ever);
}

ns3::Ptr<ns3::murmuration::MessageTransport> make_restless_network(
    const ExperimentOptions& options) {
    ns3::Simulator::Schedule(ns3::Seconds(0), tick_for_ever);
    return make_plain_network(options);
}

/// One Ethernet segment that FlowMonitor watches, whose checks come every second for ever.
ns3::Ptr<ns3::murmuration::MessageTransport> make_watched_network(
    const ExperimentOptions& options) {
    ns3::NodeContainer nodes;
    nodes.Create(options.nodes);
    ns3::InternetStackHelper().Install(nodes);
    ns3::CsmaHelper csma;
    csma.SetChannelAttribute("DataRate", ns3::StringValue("100Mbps"));
    const auto interfaces =
        ns3::Ipv4AddressHelper("10.0.0.0", "255.255.0.0").Assign(csma.Install(nodes));
    static std::optional<ns3::FlowMonitorHelper> monitor;
    monitor.emplace();
    monitor->InstallAll();
    auto transport = ns3::CreateObject<ns3::murmuration::TcpMessageTransport>();
    transport->SetNodes(nodes, [interfaces](std::uint32_t /*from*/, std::uint32_t to) {
        return interfaces.GetAddress(to);
    });
    return transport;
}

/// Waits for a message that nobody sends.
class Waiting : public Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override {
        node().train(node().initial_model(), 0, [this](const TrainedModel& trained) {
            node().finish_round(trained.model);
        });
    }
    void on_message(const Incoming& /*message*/) override {}
    [[nodiscard]] std::string waits_for() const override { return "Godot"; }
};

nlohmann::json summary_in(const std::filesystem::path& folder) {
    return nlohmann::json::parse(test::read_text(folder / "summary.json"));
}

/// Runs into a folder, and checks that its summary tells what the caller is told.
Summary run(ExperimentOptions options, const ExperimentInputs& inputs) {
    const test::TemporaryFolder folder;
    options.out = (folder.path() / "run").string();
    const Summary summary = Experiment(options, inputs).run().summary;
    const nlohmann::json written = summary_in(options.out);
    CHECK(written.at("status") == summary.status);
    CHECK(written.at("error").is_null() == summary.error.empty());
    CHECK_FALSE(std::filesystem::exists(folder.path() / "run" / "summary.json.tmp"));
    return summary;
}

TEST_CASE("a run ends when its nodes are done, whatever else goes on in the network") {
    const Summary restless = run(with_own_network(), with_network(make_restless_network));
    CHECK(restless.status == "complete");
    CHECK(restless.ended_by == "rounds");
    const Summary plain = run(with_own_network(), with_network(make_plain_network));
    CHECK(restless.simulated_s == plain.simulated_s);
    CHECK(restless.bytes_sent == plain.bytes_sent);
    CHECK(restless.parameter_hash == plain.parameter_hash);
    const Summary watched = run(with_own_network(), with_network(make_watched_network));
    CHECK(watched.status == "complete");
    CHECK(watched.parameter_hash == plain.parameter_hash);
}

TEST_CASE("a run whose nodes wait for ever ends, whatever else goes on in the network") {
    for (const NetworkFactory& network :
         {NetworkFactory(make_plain_network), NetworkFactory(make_restless_network)}) {
        ExperimentInputs inputs = with_network(network);
        inputs.protocol = [](NodeContext& node) { return std::make_unique<Waiting>(node); };
        const Summary summary = run(with_own_network(), inputs);
        CHECK(summary.status == "failed");
        CHECK(summary.error ==
              "nothing left to happen, but 4 of 4 nodes have not finished: node 0 waits for Godot");
        CHECK(summary.simulated_s > 0);
    }
}

TEST_CASE("a run that a link cuts in two says who is furthest behind, and which links are down") {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "cut.csv", "time,link,rate\n5ms,node 5 up,down\n");
    ExperimentOptions options = small();
    options.nodes = 8;
    options.rounds = 20;
    options.link_trace = (folder.path() / "cut.csv").string();
    for (const char* network : {"ideal", "flow"}) {
        CAPTURE(network);
        options.network = network;
        const std::string error = run(options, {}).error;
        CHECK(error.starts_with(
            "nothing left to happen, but 8 of 8 nodes have not finished: node 4 waits for round "));
        CHECK(error.ends_with("; links that are down: node 5 up"));
    }
    test::write_text(folder.path() / "cut.csv", "time,rate\n5ms,down\n");
    CHECK(run(options, {})
              .error.ends_with("; links that are down: node 0 up, node 0 down, node 1 up, node 1 "
                               "down and 12 more"));
}

TEST_CASE("--until ends a run that would not, and so in a network that does not rest") {
    ExperimentOptions options = with_own_network();
    options.until = "1s";
    ExperimentInputs inputs = with_network(make_restless_network);
    inputs.protocol = [](NodeContext& node) { return std::make_unique<Waiting>(node); };
    const Summary summary = run(options, inputs);
    // It halts, or its time is up first: in real time this is open, and both are an end.
    CHECK((summary.status == "failed" || summary.ended_by == "until"));
    options.rounds = 1;
    options.until = "5us";
    const Summary early = run(options, inputs);
    CHECK(early.ended_by == "until");
    CHECK(early.simulated_s == doctest::Approx(5e-6));
    CHECK(early.messages == 0);
}

TEST_CASE("whatever throws before the first event leaves a summary, and nothing for the next run") {
    ExperimentInputs inputs;
    inputs.protocol = [](NodeContext& node) -> std::unique_ptr<Protocol> {
        if (node.id() == 2) {
            throw std::runtime_error("no protocol for node 2");
        }
        return std::make_unique<Waiting>(node);
    };
    CHECK(run(small(), inputs).error == "no protocol for node 2");
    inputs.protocol = [](NodeContext&) -> std::unique_ptr<Protocol> { throw 42; };
    CHECK(run(small(), inputs).error == "something was thrown that is no std::exception");
    const auto failing =
        [](const ExperimentOptions&) -> ns3::Ptr<ns3::murmuration::MessageTransport> {
        ns3::Simulator::Schedule(ns3::Seconds(0), [] { FAIL("an event of another run"); });
        throw std::invalid_argument("no network today");
    };
    CHECK(run(with_own_network(), with_network(failing)).error == "no network today");
    // Events that were left behind would run now.
    CHECK(run(small(), {}).status == "complete");
    CHECK(ns3::Simulator::Now().IsZero());
}

TEST_CASE("a full disk leaves what was whole, and says so") {
    // A limit on the size of files does what a full disk does, to this process alone.
    const test::TemporaryFolder folder;
    ExperimentOptions options = small();
    options.out = (folder.path() / "run").string();
    options.rounds = 200;
    REQUIRE(Experiment(options).run().summary.status == "complete");
    const nlohmann::json before = summary_in(options.out);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit small_files{6000, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small_files);
    options.overwrite = true;
    const Summary summary = Experiment(options).run().summary;
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK(summary.status == "failed");
    CHECK(summary.error.starts_with("cannot write "));
    CHECK(summary_in(options.out).at("status") == "failed");
    for (const auto& entry : std::filesystem::directory_iterator(options.out)) {
        CHECK(entry.path().extension() != ".tmp");
    }
}

}  // namespace
}  // namespace murmur
