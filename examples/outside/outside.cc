// A protocol of one's own: nodes pass a model on around a ring.
//
//     0 --model--> 1 --model--> 2 ... --model--> 0
//
// Whoever holds the model trains it.  Dataset, model and optimizer are this project's own as well,
// in files beside this one.  Every option of `dpsgd` is one of this program, too.

#include "emulator/nodes/protocol.h"
#include "emulator/run/scenario.h"
#include "parts.h"

#include <memory>
#include <string>


namespace {

class PassOn : public murmur::Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override {
        if (node().id() == 0) {
            hold(node().initial_model());
        }
    }
    void on_message(const murmur::Incoming& message) override {
        // Merging with weights 0 and 1 takes the sender's model over.
        node().merge(node().initial_model(),
                     0,
                     {{message.from, 1, message.content}},
                     node().round(),
                     [this](murmur::ModelHandle model) { hold(model); });
    }
    std::string waits_for() const override { return "the model"; }

  private:
    void hold(murmur::ModelHandle model) {
        node().train(model, node().round(), [this](murmur::TrainedModel trained) {
            node().finish_round(trained.model);
            const murmur::NodeId next = (node().id() + 1) % node().num_nodes();
            if (!node().is_done() || next != 0) {
                node().encode(
                    trained.model, node().round(), [this, next](murmur::EncodedHandle model) {
                        node().send({.to = next, .round = node().round(), .content = model});
                    });
            }
        });
    }
};

}  // namespace

int main(int argc, char** argv) {
    register_two_moons();
    register_radial();
    register_sign_descent();
    register_clipped_gossip();
    murmur::ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 30;
    options.dataset = "two-moons";
    options.model = "radial";
    options.training = {
        .batch_size = 10, .local_steps = 5, .optimizer = "sign-descent", .lr = 0.02};
    options.clock = "modelled:1ms";
    murmur::ExperimentInputs inputs;
    inputs.protocol = [](murmur::NodeContext& node) { return std::make_unique<PassOn>(node); };
    inputs.protocol_name = "pass-on";
    return murmur::run_scenario(
        argc, argv, "outside", "nodes pass a model on around a ring", options, inputs);
}
