// A protocol of one's own in one file: a token walks around a ring; whoever holds it trains.
//
//     0 --token--> 1 --token--> 2 --token--> 3 --token--> 0 ...
//
//     expect: the token's model fits all nodes' data        runs in: < 1 s

#include "emulator/nodes/protocol.h"
#include "emulator/run/experiment.h"

#include <fmt/format.h>

#include <cstdlib>

class TokenWalk : public murmur::Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override {
        if (node().id() == 0) {
            hold(node().initial_model());
        }
    }
    void on_message(const murmur::Incoming& token) override {
        // Merging with weights 0 and 1 takes the token's model over.
        node().merge(node().initial_model(),
                     0,
                     {{token.from, 1, token.content}},
                     node().round(),
                     [this](murmur::ModelHandle model) { hold(model); });
    }
    std::string waits_for() const override { return "the token"; }

  private:
    void hold(murmur::ModelHandle model) {
        node().train(model, node().round(), [this](murmur::TrainedModel trained) {
            node().finish_round(trained.model);
            const murmur::NodeId next = (node().id() + 1) % 4;
            if (!node().is_done() || next != 0) {
                node().encode(
                    trained.model, node().round(), [this, next](murmur::EncodedHandle token) {
                        node().send({.to = next, .round = node().round(), .content = token});
                    });
            }
        });
    }
};

int main() {
    murmur::ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 30;
    options.dataset = "least-squares:features=4,samples=200";
    options.model = "linear";
    options.training = {.batch_size = 10, .local_steps = 5, .lr = 0.05};
    options.clock = "modelled:1ms";
    options.quiet = true;
    const auto protocol = [](murmur::NodeContext& node) {
        return std::make_unique<TokenWalk>(node);
    };
    const murmur::Summary summary = murmur::Experiment(options, {protocol, {}}).run().summary;
    fmt::print("{}: test loss {:.4f} after {:.2f} simulated seconds\n",
               summary.status,
               summary.mean_test_loss,
               summary.simulated_s);
    return summary.status == "complete" && summary.mean_test_loss < 0.1 ? EXIT_SUCCESS
                                                                        : EXIT_FAILURE;
}
