// A program that brings a network of its own.
#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "tests/support/doctest.h"

#include "ns3/latency-model.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"
#include "tests/unit/emulator/plan_refusal.h"

#include <stdexcept>

namespace murmur {
namespace {

ExperimentOptions small() {
    ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 2;
    options.dataset = "least-squares:features=3,samples=16";
    options.model = "linear";
    options.clock = "modelled:1ms,merge=0";
    options.workers = 1;
    options.quiet = true;
    options.underlay = "own";
    return options;
}

/// 1 Gbps links, and 2 s between any two nodes.
ns3::Ptr<ns3::murmuration::MessageTransport> make_far_network(const ExperimentOptions& options) {
    auto latency = ns3::CreateObject<ns3::murmuration::ConstantLatencyModel>();
    latency->SetAttribute("Latency", ns3::TimeValue(ns3::Seconds(2)));
    auto underlay = ns3::CreateObject<ns3::murmuration::WanUnderlay>();
    underlay->SetLatencyModel(latency);
    for (std::uint32_t node = 0; node < options.nodes; ++node) {
        underlay->AddNode(ns3::DataRate("1Gbps"), ns3::DataRate("1Gbps"));
    }
    return ns3::murmuration::TransportHelper::Create("ideal", underlay);
}

std::string refusal(const ExperimentOptions& options, const NetworkFactory& network) {
    return test::refusal_of(options, {.protocol = {}, .initial = {}, .network = network});
}

TEST_CASE("a run goes over the network that the program brings") {
    const ExperimentInputs inputs{.protocol = {}, .initial = {}, .network = make_far_network};
    const Summary summary = Experiment(small(), inputs).run().summary;
    CHECK(summary.status == "complete");
    CHECK(summary.messages == 2 * 4 * 2);
    // Two rounds, each a message's way.
    CHECK(summary.simulated_s > 4);
    CHECK(summary.simulated_s < 4.1);
}

TEST_CASE("options that ask for another network than the program's are refused") {
    CHECK(refusal(small(), make_far_network) == "accepted");
    ExperimentOptions options = small();
    options.underlay = "wan";
    CHECK(refusal(options, make_far_network) ==
          "--underlay: got 'wan' with --network=tcp, but this program builds a network of its own, "
          "allowed own with --network=tcp");
    options = small();
    options.network = "ideal";
    CHECK(refusal(options, make_far_network)
              .starts_with("--underlay: got 'own' with "
                           "--network=ideal, "));
    options = small();
    options.jitter = "5ms";
    CHECK(refusal(options, make_far_network)
              .starts_with("--loss, --jitter and traces of links: this program builds a network"));
    CHECK(refusal(small(), {}).starts_with("underlay: unknown, got 'own', allowed wan, "));
    options = small();
    options.rate = "5Mbps";
    CHECK(refusal(options, make_far_network) ==
          "--rate: got 5Mbps, but this program builds a network of its own, which does not heed "
          "it");
    ExperimentInputs heeding;
    heeding.network = make_far_network;
    heeding.network_options = {"rate"};
    CHECK_NOTHROW(ExperimentPlan(options, heeding));
    options.latency = "5ms";
    CHECK_THROWS_WITH_AS(ExperimentPlan(options, heeding),
                         "--latency: got 5ms, but this program builds a network of its own, which "
                         "does not heed it",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
