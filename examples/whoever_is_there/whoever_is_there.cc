// D-PSGD that waits for nobody: after each training a node merges whatever models have come.
//
//     train --> send to all neighbors --> merge what is there, with equal weights --> train ...
//
//     expect: fast nodes are done long before slow ones        runs in: some seconds

#include "emulator/nodes/protocol.h"
#include "emulator/run/scenario.h"

#include <map>
#include <memory>
#include <vector>

class WhoeverIsThere : public murmur::Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override { train(node().initial_model()); }
    void on_message(const murmur::Incoming& message) override {
        // A newer model of the same neighbor takes the place of an older one.
        arrived_[message.from] = message.content;
    }
    std::string waits_for() const override { return "its own training"; }

  private:
    void train(const murmur::ModelHandle& model) {
        node().train(model, node().round(), [this](murmur::TrainedModel trained) {
            model_ = trained.model;
            node().encode(model_, node().round(), [this](murmur::EncodedHandle encoded) {
                for (const auto& [neighbor, weight] : node().neighbors(node().round()).out) {
                    node().send({.to = neighbor, .round = node().round(), .content = encoded});
                }
                merge();
            });
        });
    }
    void merge() {
        const double weight = 1.0 / static_cast<double>(arrived_.size() + 1);
        std::vector<murmur::WeightedModel> models;
        for (const auto& [from, content] : arrived_) {
            models.push_back({from, weight, content});
        }
        node().merge(model_, weight, models, node().round(), [this](murmur::ModelHandle merged) {
            node().finish_round(merged);
            if (!node().is_done()) {
                train(merged);
            }
        });
    }

    murmur::ModelHandle model_;
    std::map<murmur::NodeId, murmur::EncodedHandle> arrived_;
};

int main(int argc, char** argv) {
    murmur::ExperimentOptions defaults;
    defaults.nodes = 8;
    defaults.topology = "ring";
    defaults.rounds = 10;
    defaults.model = "mlp:32";
    defaults.training.lr = 0.05;
    defaults.clock = "modelled:2ms";
    murmur::ExperimentInputs inputs;
    inputs.protocol = [](murmur::NodeContext& node) {
        return std::make_unique<WhoeverIsThere>(node);
    };
    inputs.protocol_name = "whoever-is-there";
    return murmur::run_scenario(
        argc, argv, "whoever-is-there", "D-PSGD that waits for nobody", defaults, inputs);
}
