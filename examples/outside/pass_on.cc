// A protocol of one's own: nodes pass a model on around a ring.
//
//     0 --model--> 1 --model--> 2 ... --model--> 0
//
// Whoever holds the model trains it, for `stays` rounds.

#include "emulator/nodes/protocol.h"
#include "emulator/protocols/plans.h"
#include "parts.h"

#include <cstdint>
#include <string>

namespace {

class PassOn : public murmur::Protocol {
  public:
    PassOn(murmur::NodeContext& node, std::int64_t stays) : Protocol(node), stays_(stays) {}

    void on_start() override {
        if (node().id() == 0) {
            hold(node().initial_model(), stays_);
        }
    }
    void on_message(const murmur::Incoming& message) override {
        // Merging with weights 0 and 1 takes the sender's model over.
        node().merge(node().initial_model(),
                     0,
                     {{message.from, 1, message.content}},
                     node().round(),
                     [this](murmur::ModelHandle model) { hold(model, stays_); });
    }
    std::string waits_for() const override { return "the model"; }

  private:
    void hold(murmur::ModelHandle model, std::int64_t rounds_left) {
        node().train(model, node().round(), [this, rounds_left](murmur::TrainedModel trained) {
            node().finish_round(trained.model);
            if (rounds_left > 1 && !node().is_done()) {
                hold(trained.model, rounds_left - 1);
            } else {
                pass_on(trained.model);
            }
        });
    }
    void pass_on(murmur::ModelHandle model) {
        const murmur::NodeId next = (node().id() + 1) % node().num_nodes();
        if (node().is_done() && next == 0) {
            return;
        }
        node().encode(model, node().round(), [this, next](murmur::EncodedHandle encoded) {
            node().send({.to = next, .round = node().round(), .content = encoded});
        });
    }

    std::int64_t stays_;
};

}  // namespace

void register_pass_on() {
    murmur::protocols().add(
        {"pass-on",
         "nodes pass a model on around a ring",
         {murmur::named("stays", "1", "rounds that it stays with a node, 1 to 1000")}},
        [](const murmur::Options& options, murmur::NodeId) {
            murmur::ProtocolPlan plan =
                murmur::plan_of<PassOn>(options.integer("stays", {1, 1000}));
            plan.sets_weights = true;
            return plan;
        });
}
