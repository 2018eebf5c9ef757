// A protocol of one's own in one file: a token walks around a ring; whoever holds it trains.
//
//     0 --token--> 1 --token--> 2 --token--> 3 --token--> 0 ...
//
//     expect: the token's model fits all nodes' data        runs in: < 1 s

#include "emulator/run/experiment.h"

#include <fmt/format.h>

#include <cstdlib>

class TokenWalk : public murmur::Protocol {
  public:
    void on_start(murmur::NodeContext& node) override {
        if (node.id() == 0) {
            hold(node, node.initial_model());
        }
    }
    void on_message(murmur::NodeContext& node, const murmur::Incoming& token) override {
        // Merging with weights 0 and 1 takes the token's model over.
        node.merge(node.initial_model(),
                   0,
                   {{token.from, 1, token.content}},
                   round_,
                   [this, &node](murmur::ModelHandle model) { hold(node, model); });
    }
    std::string waits_for() const override { return "the token"; }

  private:
    void hold(murmur::NodeContext& node, murmur::ModelHandle model) {
        node.train(model, round_, [this, &node](murmur::ModelHandle trained) {
            node.finish_round(++round_, trained);
            const murmur::NodeId next = (node.id() + 1) % 4;
            if (round_ < node.num_rounds() || next != 0) {
                node.encode(trained, round_, [&node, next, this](murmur::EncodedHandle token) {
                    node.send(next, round_, token);
                });
            }
        });
    }
    std::uint64_t round_ = 0;
};

int main() {
    murmur::ExperimentOptions options{.nodes = 4, .topology = "ring", .rounds = 30};
    options.dataset = "least-squares:features=4,samples=200";
    options.model = "linear";
    options.training = {.batch_size = 10, .local_steps = 5, .lr = 0.05};
    options.clock = "modelled:1ms";
    options.quiet = true;
    const auto protocol = [](murmur::NodeId) { return std::make_unique<TokenWalk>(); };
    const murmur::Summary summary = murmur::Experiment(options, {protocol, {}}).run().summary;
    fmt::print("{}: test loss {:.4f} after {:.2f} simulated seconds\n",
               summary.status,
               summary.mean_test_loss,
               summary.simulated_s);
    return summary.status == "complete" && summary.mean_test_loss < 0.1 ? EXIT_SUCCESS
                                                                        : EXIT_FAILURE;
}
