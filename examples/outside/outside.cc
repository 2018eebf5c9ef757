// A protocol of one's own: nodes pass a model on around a ring.
//
//     0 --model--> 1 --model--> 2 ... --model--> 0
//
// Whoever holds the model trains it.  Every option of `dpsgd` is one of this program, too.

#include "emulator/run/scenario.h"

#include <memory>
#include <string>

namespace {

class PassOn : public murmur::Protocol {
  public:
    void on_start(murmur::NodeContext& node) override {
        if (node.id() == 0) {
            hold(node, node.initial_model());
        }
    }
    void on_message(murmur::NodeContext& node, const murmur::Incoming& message) override {
        // Merging with weights 0 and 1 takes the sender's model over.
        node.merge(node.initial_model(),
                   0,
                   {{message.from, 1, message.content}},
                   round_,
                   [this, &node](murmur::ModelHandle model) { hold(node, model); });
    }
    std::string waits_for() const override { return "the model"; }

  private:
    void hold(murmur::NodeContext& node, murmur::ModelHandle model) {
        node.train(model, round_, [this, &node](murmur::ModelHandle trained) {
            node.finish_round(++round_, trained);
            const murmur::NodeId next = (node.id() + 1) % node.num_nodes();
            if (round_ < node.num_rounds() || next != 0) {
                node.encode(trained, round_, [this, &node, next](murmur::EncodedHandle model) {
                    node.send(next, round_, model);
                });
            }
        });
    }

    std::uint64_t round_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    murmur::ExperimentOptions options{.nodes = 4, .topology = "ring", .rounds = 30};
    options.dataset = "least-squares:features=4,samples=200";
    options.model = "linear";
    options.training = {.batch_size = 10, .local_steps = 5, .lr = 0.05};
    options.clock = "modelled:1ms";
    const auto protocol = [](murmur::NodeId) { return std::make_unique<PassOn>(); };
    return murmur::run_scenario(
        argc, argv, "outside", "nodes pass a model on around a ring", options, {protocol, {}});
}
