// An overlay, an underlay, a transport and a clock of a program's own, and a run with all of them.
#include "emulator/network/transports.h"
#include "emulator/network/underlays/underlays.h"
#include "emulator/run/command_line.h"
#include "emulator/run/experiment.h"
#include "emulator/tasks/clocks.h"
#include "tests/support/doctest.h"
#include "tests/support/run_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/plan_refusal.h"
#include "topologies/overlays.h"

#include "ns3/latency-model.h"
#include "ns3/simulator.h"
#include "ns3/wan-underlay.h"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;
using ns3::murmuration::Message;
using ns3::murmuration::Underlay;

/// Nodes 0 ... N-1 in a row.
Topology make_row(const OverlayRequest& request) {
    std::vector<std::pair<NodeId, NodeId>> edges;
    for (NodeId node = 1; node < request.num_nodes; ++node) {
        edges.emplace_back(node - 1, node);
    }
    return {make_graph(request.num_nodes, edges)};
}

/// All nodes equally far from each other, with links of one rate.
NetworkPlan plan_hall(const UnderlayRequest& request) {
    NetworkPlan plan;
    const double distance_s = 1e-3 * request.options.number("distance", {0, 1000});
    plan.build = [distance_s](const NetworkPlan&, NodeId num_nodes) -> ns3::Ptr<Underlay> {
        auto latency = ns3::CreateObject<ns3::murmuration::ConstantLatencyModel>();
        latency->SetAttribute("Latency", ns3::TimeValue(ns3::Seconds(distance_s)));
        auto underlay = ns3::CreateObject<ns3::murmuration::WanUnderlay>();
        underlay->SetLatencyModel(latency);
        for (NodeId node = 0; node < num_nodes; ++node) {
            underlay->AddNode(ns3::DataRate("1Gbps"), ns3::DataRate("1Gbps"));
        }
        return underlay;
    };
    return plan;
}

/// Every message takes so many times the latency of its way, whatever its size.
class Pigeons : public ns3::murmuration::MessageTransport {
  public:
    Pigeons(ns3::Ptr<Underlay> underlay, std::int64_t slowness)
        : underlay_(std::move(underlay)), slowness_(slowness) {}

    std::uint64_t GetWireSize(std::uint64_t bytes) const override { return bytes; }
    std::uint64_t GetBytesSent(std::uint32_t node) const override {
        return underlay_->GetNNodes() > node ? bytes_ : 0;
    }
    std::uint64_t GetBytesReceived(std::uint32_t node) const override { return GetBytesSent(node); }

  private:
    void DoSend(const Message& message) override {
        bytes_ += message.sizeBytes;
        const auto route = underlay_->GetRoute(message.from, message.to);
        ns3::Simulator::Schedule(route.latency * slowness_,
                                 [this, message] { NotifyDelivered(message); });
    }

    ns3::Ptr<Underlay> underlay_;
    std::int64_t slowness_;
    std::uint64_t bytes_ = 0;
};

ns3::Ptr<ns3::murmuration::MessageTransport> make_pigeons(const Options& options,
                                                          ns3::Ptr<Underlay> underlay) {
    return ns3::CreateObject<Pigeons>(std::move(underlay), options.integer("slowness", {1, 100}));
}

/// Every task takes as long as every other.
class Metronome : public ComputeClock {
  public:
    explicit Metronome(SimTime beat) : beat_(beat) {}
    [[nodiscard]] std::optional<SimTime> duration(const TaskDescription&) const override {
        return beat_;
    }

  private:
    SimTime beat_;
};

ClockFactory plan_metronome(const Options& options, std::uint32_t /*num_nodes*/) {
    const auto beat = std::chrono::milliseconds(options.integer("beat-ms", {1, 1000}));
    return [beat](const ClockSetting&) { return std::make_unique<Metronome>(beat); };
}

/// Registers them, once for all tests.
void register_own() {
    static const bool done = [] {
        overlays().add({"row", "nodes in a row"}, {make_row});
        underlays().add({"hall",
                         "nodes equally far from each other",
                         {named("distance", "5", "in milliseconds")}},
                        {plan_hall});
        transports().add({"pigeons",
                          "a message takes its way's latency, some times over",
                          {named("slowness", "2", "times the latency")}},
                         {make_pigeons});
        clocks().add({"metronome",
                      "all tasks take the same",
                      {named("beat-ms", "10", "milliseconds of each")}},
                     plan_metronome);
        return true;
    }();
    CHECK(done);
}

ExperimentOptions own_options() {
    ExperimentOptions options;
    options.nodes = 3;
    options.rounds = 2;
    options.topology = "row";
    options.underlay = "hall:distance=30";
    options.network = "pigeons:slowness=3";
    options.clock = "metronome";
    options.dataset = "least-squares:features=4,samples=60";
    options.model = "linear";
    options.training = {.batch_size = 10, .local_steps = 1, .lr = 0.05};
    options.workers = 1;
    options.quiet = true;
    return options;
}

using test::refusal_of;

// Expectation: a round of a node is training, encoding and merging of a beat each and a message's
// way of three times the distance: 2 x (3 x 10 ms + 90 ms).
TEST_CASE("a run with an overlay, an underlay, a transport and a clock of the program's own") {
    register_own();
    const test::TemporaryFolder folder;
    ExperimentOptions options = own_options();
    options.out = (folder.path() / "run").string();
    const Summary summary = Experiment(options).run().summary;
    CHECK(summary.error == "");
    CHECK(summary.status == "complete");
    CHECK(summary.messages == 2 * 4);  // both ways of 2 edges in each round
    CHECK(summary.simulated_s == doctest::Approx(0.24));
    const std::string setup = test::read_text(folder.path() / "run" / "experiment.json");
    for (const char* text : {"\"topology\": \"row\"",
                             "\"underlay\": \"hall:distance=30\"",
                             "\"network\": \"pigeons:slowness=3\"",
                             "\"clock\": \"metronome\""}) {
        CAPTURE(text);
        CHECK(setup.find(text) != std::string::npos);
    }
    ExperimentOptions again;
    read_config((folder.path() / "run" / "experiment.json").string(), again);
    again.quiet = true;
    CHECK(Experiment(again).run().summary.parameter_hash == summary.parameter_hash);
}

TEST_CASE("choices of the program's own are in the help, and meant where they are misspelt") {
    register_own();
    const auto help = [](const char* option) {
        const char* const arguments[] = {"program", option};
        return parse_command_line(2, arguments, "program", "a test", {}).help.value();
    };
    const std::string all = help("--help");
    for (const char* name : {"row", "hall", "pigeons", "metronome"}) {
        CAPTURE(name);
        CHECK(all.find(std::string(", ") + name) != std::string::npos);
    }
    CHECK(help("--help=network").find("pigeons[:slowness=2]") != std::string::npos);
    CHECK(help("--help=clock").find("milliseconds of each") != std::string::npos);

    const auto misspelt = [](std::string ExperimentOptions::*option, const char* text) {
        ExperimentOptions options = own_options();
        options.*option = text;
        return refusal_of(options);
    };
    CHECK(refusal_of(own_options()) == "accepted");
    CHECK(misspelt(&ExperimentOptions::topology, "roww").ends_with("; did you mean row?"));
    CHECK(misspelt(&ExperimentOptions::underlay, "hal").ends_with("; did you mean hall?"));
    CHECK(misspelt(&ExperimentOptions::network, "pigeon").ends_with("; did you mean pigeons?"));
    CHECK(misspelt(&ExperimentOptions::clock, "metronom").ends_with("; did you mean metronome?"));
    CHECK(misspelt(&ExperimentOptions::network, "pigeons:speed=2") ==
          "network pigeons: unknown option, got 'speed', allowed keys: slowness");
}

TEST_CASE("what a transport of the program's own does not know is refused, not ignored") {
    register_own();
    ExperimentOptions options = own_options();
    options.uplink_queue = "host:100p";
    CHECK(refusal_of(options) == "--uplink-queue: --network=pigeons:slowness=3 knows no queues");
    options = own_options();
    options.tcp = "newreno";
    CHECK(refusal_of(options) == "--tcp: --network=pigeons:slowness=3 knows no TCP");
    options = own_options();
    options.loss = "0.1";
    CHECK(refusal_of(options) == "--loss: --network=pigeons:slowness=3 knows no loss, allowed 0");
}

}  // namespace
}  // namespace murmur
