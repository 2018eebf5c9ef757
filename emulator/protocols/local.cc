#include "emulator/protocols/local.h"

#include "emulator/protocols/plans.h"

#include <utility>

namespace murmur {

void LocalTraining::on_start() {
    train(node().initial_model());
}

void LocalTraining::train(ModelHandle model) {
    if (node().is_done()) {
        return;
    }
    node().train(std::move(model), node().round(), [this](const TrainedModel& trained) {
        node().finish_round(trained.model);
        train(trained.model);
    });
}

void LocalTraining::on_return(ModelHandle model) {
    if (model) {
        node().drop_work();
        train(std::move(model));
    }
}

void LocalTraining::on_message(const Incoming& /*message*/) {}

std::string LocalTraining::waits_for() const {
    return "its own training";
}

void register_local(ProtocolRegistry& registry) {
    registry.add({"local", "train alone"}, [](const Options&, NodeId) {
        ProtocolPlan plan = plan_of<LocalTraining>();
        plan.takes_directed_overlay = true;
        plan.needs_weighted_means = false;
        plan.lives_with_churn = true;
        return plan;
    });
}

}  // namespace murmur
