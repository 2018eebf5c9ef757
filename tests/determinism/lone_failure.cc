// A run of which one rank alone fails, where MURMUR_LONE_FAILURE says, for tests of several ranks:
//   setup   the last rank, before anything is simulated
//   event   the last rank, in an event of the third round
//   begin   rank 0, as it begins its results
//   row     rank 0, at a row of its results
//   message the last rank, on the thread of its exchange
// With MURMUR_LONE_FAILURE=slow nobody fails, but rank 0 takes seconds to end its results.
#include "emulator/nodes/protocol.h"
#include "emulator/ranks/exchange.h"
#include "emulator/ranks/launcher.h"
#include "emulator/record/run_sink.h"
#include "emulator/run/scenario.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace murmur;

constexpr NodeId kNodes = 4;

bool is_told(std::string_view what) {
    const char* const told = std::getenv("MURMUR_LONE_FAILURE");
    return told != nullptr && told == what;
}

void fail_if(std::string_view here) {
    const LaunchedPlace place = launched_place();
    const bool is_of_recorder = here == "begin" || here == "row";
    if (is_told(here) && place.rank == (is_of_recorder ? 0 : place.size - 1)) {
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

/// A message of the last rank that cannot be written.
[[noreturn]] void fail_in_message() {
    const auto exchange = launched_exchange();
    exchange->listen([](auto&&...) {});
    if (exchange->rank() + 1 == exchange->size()) {
        exchange->send(0, {}, []() -> Parcel { throw std::bad_alloc(); });
    }
    std::this_thread::sleep_for(std::chrono::minutes(1));  // until the launcher ends all
    std::_Exit(EXIT_FAILURE);
}

class FailingSink : public RunSink {
    void begin(const RunDescription& /*run*/) override { fail_if("begin"); }
    void add_round(const RoundRow& /*row*/) override { fail_if("row"); }
    void end(const Summary& /*summary*/) override {
        if (is_told("slow")) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2700));
        }
    }
};

}  // namespace

int main(int argc, char** argv) {
    if (is_told("message")) {
        fail_in_message();
    }
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
