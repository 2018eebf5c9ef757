// Slips of an algorithm's author: each is one error that names protocol and node.
#include "emulator/nodes/protocol.h"
#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"

#include <functional>
#include <string>
#include <utility>

namespace murmur {
namespace {

using Slip = std::function<void(NodeContext& node, const EncodedHandle& encoded)>;

/// Trains one round; then node 1 does what it should not.
class Slipping : public Protocol {
  public:
    Slipping(NodeContext& node, Slip slip) : Protocol(node), slip_(std::move(slip)) {}

    void on_start() override {
        node().train(node().initial_model(), 0, [this](const TrainedModel& trained) {
            node().encode(trained.model, 0, [this, trained](const EncodedHandle& encoded) {
                if (node().id() == 1) {
                    slip_(node(), encoded);
                }
                node().finish_round(trained.model);
                node().finish_round(trained.model);
            });
        });
    }
    void on_message(const Incoming& /*message*/) override {}
    [[nodiscard]] std::string waits_for() const override { return "nothing"; }

  private:
    Slip slip_;
};

ExperimentOptions small(const std::string& network, const std::string& underlay) {
    ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 2;
    options.dataset = "least-squares:features=3,samples=16";
    options.model = "linear";
    options.clock = "modelled:1ms,merge=0";
    options.network = network;
    options.underlay = underlay;
    options.workers = 1;
    options.quiet = true;
    return options;
}

Summary run(Slip slip, const std::string& network = "ideal", const std::string& underlay = "wan") {
    ExperimentInputs inputs;
    inputs.protocol = [slip = std::move(slip)](NodeContext& node) {
        return std::make_unique<Slipping>(node, slip);
    };
    inputs.protocol_name = "slipping";
    return Experiment(small(network, underlay), inputs).run().summary;
}

std::string error_of(Slip slip,
                     const std::string& network = "ideal",
                     const std::string& underlay = "wan") {
    const Summary summary = run(std::move(slip), network, underlay);
    CHECK(summary.status == "failed");
    return summary.error;
}

TEST_CASE("a protocol that keeps to the rules gets through the door") {
    const Summary summary = run([](NodeContext& node, const EncodedHandle& encoded) {
        node.send({.to = 2, .content = encoded});
        node.send({.to = 0, .note = make_note(0)});
        node.after(SimTime(0), [] {});
    });
    CHECK(summary.status == "complete");
    CHECK(summary.messages == 2);
}

TEST_CASE("messages go to other nodes of the run that can be reached") {
    for (const char* network : {"ideal", "flow", "packet", "tcp"}) {
        CAPTURE(network);
        CHECK(error_of([](auto& node, auto& encoded) { node.send({.to = 4, .content = encoded}); },
                       network) == "protocol slipping, node 1: sends to node 4, allowed 0 to 3");
        CHECK(error_of([](auto& node, auto& encoded) { node.send({.to = 1, .content = encoded}); },
                       network) ==
              "protocol slipping, node 1: sends to itself, allowed other nodes");
        CHECK(error_of([](auto& node, auto& encoded) { node.send({.to = 3, .content = encoded}); },
                       network,
                       "p2p") ==
              "protocol slipping, node 1: sends to node 3, to which the underlay has no route; p2p "
              "has links between neighbors alone");
    }
    CHECK(error_of([](auto& node, auto&) { node.send({.to = 2}); }) ==
          "protocol slipping, node 1: sends an empty handle, allowed an encoded model, a note, or "
          "both");
}

TEST_CASE("as many rounds are finished as the run has") {
    // Its own two come on top.
    CHECK(error_of([](NodeContext& node, const EncodedHandle&) {
              CHECK(node.round() == 0);
              node.finish_round(node.initial_model());
              CHECK(node.round() == 1);
          }) ==
          "protocol slipping, node 1: finishes round 3, but the run has 2 and all are finished");
    CHECK(error_of([](NodeContext& node, const EncodedHandle&) { node.finish_round({}); }) ==
          "protocol slipping, node 1: calls finish_round with an empty handle, allowed a model");
}

TEST_CASE("empty handles, unknown nodes and times gone by are refused") {
    const auto ignore = [](const ModelHandle&) {};
    const std::string who = "protocol slipping, node 1: ";
    CHECK(error_of([&](auto& node, auto&) { node.train({}, 1, [](const TrainedModel&) {}); }) ==
          who + "calls train with an empty handle, allowed a model");
    CHECK(error_of([&](auto& node, auto&) { node.encode({}, 1, [](const EncodedHandle&) {}); }) ==
          who + "calls encode with an empty handle, allowed a model");
    CHECK(error_of([&](auto& node, auto&) { node.merge({}, 1, {}, 1, ignore); }) ==
          who + "calls merge with an empty handle, allowed a model");
    CHECK(error_of([&](auto& node, auto&) {
              node.compute(
                  {}, [](const Parameters& x) { return x; }, ignore, ModelHandle());
          }) == who + "calls compute with an empty handle, allowed values");
    CHECK(error_of([&](auto& node, auto&) { node.read(ModelHandle(), [](auto&) {}); }) ==
          who + "calls read with an empty handle, allowed a value");
    CHECK(error_of([&](auto& node, auto&) {
              node.apply_change(node.initial_model(), {}, 1, ignore);
          }) == who + "calls compute with an empty handle, allowed values");
    CHECK(error_of([&](auto& node, auto&) {
              node.merge(node.initial_model(), 0.5, {{0, 0.5, {}}}, 1, ignore);
          }) == who + "merges an empty handle as the model of node 0");
    CHECK(error_of([&](auto& node, auto& encoded) {
              node.merge(
                  node.initial_model(), 0.5, {{2, 0.3, encoded}, {0, 0.2, encoded}}, 1, ignore);
          }) == who + "merges node 0 after node 2, allowed ascending order");
    CHECK(error_of([&](auto& node, auto&) { (void)node.neighbors_of(4, 0); }) ==
          who + "asks for the neighbors of node 4, allowed 0 to 3");
    CHECK(error_of([&](auto& node, auto&) { node.after(SimTime(-5), [] {}); }) ==
          who + "asks for an event 5 ns ago, allowed 0 or later");
}

TEST_CASE("a protocol of the program's own is recorded by its name, another one refused") {
    ExperimentInputs inputs;
    inputs.protocol = [](NodeContext& node) {
        return std::make_unique<Slipping>(node, [](auto&, auto&) {});
    };
    inputs.protocol_name = "slipping";
    ExperimentOptions options = small("ideal", "wan");
    CHECK(Experiment(options, inputs).options().protocol == "slipping");
    options.protocol = "slipping";
    CHECK(Experiment(options, inputs).options().protocol == "slipping");
    options.protocol = "gossip:period=1s";
    CHECK_THROWS_WITH_AS(Experiment(options, inputs),
                         "--protocol: got gossip:period=1s, allowed slipping, the program's own",
                         std::invalid_argument);
    // What it left can't be taken for an experiment of another program.
    options.protocol = "slipping";
    CHECK_THROWS_WITH_AS(Experiment(options, {}),
                         doctest::Contains("got 'slipping', allowed dpsgd, "),
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
