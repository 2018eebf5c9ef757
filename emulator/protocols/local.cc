#include "emulator/protocols/local.h"

#include "emulator/protocols/plans.h"

#include <utility>

namespace murmur {

void LocalTraining::on_start(NodeContext& node) {
    train(node, node.initial_model());
}

void LocalTraining::train(NodeContext& node, ModelHandle model) {
    if (round_ == node.num_rounds()) {
        return;
    }
    node.train(std::move(model), round_, [this, &node](const ModelHandle& trained) {
        ++round_;
        node.finish_round(round_, trained);
        train(node, trained);
    });
}

void LocalTraining::on_message(NodeContext& /*node*/, const Incoming& /*message*/) {}

std::string LocalTraining::waits_for() const {
    return "its own training";
}

ProtocolPlan plan_local(const Spec& spec, NodeId /*num_nodes*/) {
    (void)protocol_options(spec);
    return plan_of<LocalTraining>();
}

}  // namespace murmur
