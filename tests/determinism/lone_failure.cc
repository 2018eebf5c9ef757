// A run of which one rank alone fails, where MURMUR_LONE_FAILURE says, for tests of several ranks:
//   setup   the last rank, before anything is simulated
//   event   the last rank, in an event of the third round
//   begin   rank 0, as it begins its results
//   row     rank 0, at a row of its results
#include "emulator/nodes/protocol.h"
#include "emulator/ranks/launcher.h"
#include "emulator/record/run_sink.h"
#include "emulator/run/scenario.h"

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace murmur;

constexpr NodeId kNodes = 4;

void fail_if(std::string_view here) {
    const char* const where = std::getenv("MURMUR_LONE_FAILURE");
    const LaunchedPlace place = launched_place();
    const bool is_of_recorder = here == "begin" || here == "row";
    if (where != nullptr && where == here && place.rank == (is_of_recorder ? 0 : place.size - 1)) {
        throw std::runtime_error("alone in " + std::string(here));
    }
}

/// A token walks around a ring; whoever holds it trains.
class TokenWalk : public Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override {
        if (node().id() == 0) {
            hold(node().initial_model());
        }
    }
    void on_message(const Incoming& token) override {
        if (node().round() == 2) {
            fail_if("event");
        }
        node().merge(node().initial_model(),
                     0,
                     {{token.from, 1, token.content}},
                     node().round(),
                     [this](ModelHandle model) { hold(std::move(model)); });
    }
    [[nodiscard]] std::string waits_for() const override { return "the token"; }

  private:
    void hold(ModelHandle model) {
        node().train(std::move(model), node().round(), [this](TrainedModel trained) {
            node().finish_round(trained.model);
            const NodeId next = (node().id() + 1) % kNodes;
            if (!node().is_done() || next != 0) {
                node().encode(trained.model, node().round(), [this, next](EncodedHandle token) {
                    node().send({.to = next, .round = node().round(), .content = token});
                });
            }
        });
    }
};

class FailingSink : public RunSink {
    void begin(const RunDescription& /*run*/) override { fail_if("begin"); }
    void add_round(const RoundRow& /*row*/) override { fail_if("row"); }
};

}  // namespace

int main(int argc, char** argv) {
    ExperimentOptions options;
    options.nodes = kNodes;
    options.topology = "ring";
    options.rounds = 30;
    options.dataset = "least-squares:features=4,samples=200";
    options.model = "linear";
    options.training = {.batch_size = 10, .local_steps = 5, .lr = 0.05};
    options.clock = "modelled:1ms";
    ExperimentInputs inputs;
    inputs.protocol = [](NodeContext& node) {
        fail_if("setup");
        return std::make_unique<TokenWalk>(node);
    };
    inputs.sinks = {std::make_shared<FailingSink>()};
    return run_scenario(argc, argv, "lone-failure", "One rank fails", options, std::move(inputs));
}
