#include "emulator/protocols/dpsgd.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <utility>

namespace murmur {

void Dpsgd::on_start() {
    model_ = node().initial_model();
    begin_round();
}

void Dpsgd::begin_round() {
    if (node().is_done()) {
        return;
    }
    phase_ = Phase::kTraining;
    neighbors_.reset();
    find_neighbors();
    // Moved: what the round started from is needed no more, its memory goes with the training.
    train(std::exchange(model_, {}), [this](ModelHandle trained) {
        model_ = std::move(trained);
        phase_ = Phase::kTrained;
        proceed();
    });
}

void Dpsgd::train(ModelHandle model, std::function<void(ModelHandle)> done) {
    node().train(std::move(model), node().round(), [done = std::move(done)](TrainedModel trained) {
        done(std::move(trained.model));
    });
}

void Dpsgd::encode(ModelHandle& trained, NodeContext::EncodedCallback done) {
    node().encode(trained, node().round(), std::move(done));
}

void Dpsgd::merge(ModelHandle trained,
                  double self_weight,
                  std::vector<WeightedModel> neighbors,
                  NodeContext::ModelCallback done) {
    node().merge(
        std::move(trained), self_weight, std::move(neighbors), node().round(), std::move(done));
}

void Dpsgd::find_neighbors() {
    take_neighbors(node().neighbors(node().round()));
}

void Dpsgd::take_neighbors(Neighbors neighbors) {
    neighbors_ = std::move(neighbors);
    proceed();
}

void Dpsgd::proceed() {
    if (neighbors_ && phase_ == Phase::kTrained) {
        share();
    } else if (neighbors_ && phase_ == Phase::kShared) {
        merge_when_complete();
    }
}

void Dpsgd::share() {
    phase_ = Phase::kSharing;
    encode(model_, [this](const EncodedHandle& encoded) {
        for (const NeighborWeight& edge : neighbors_->out) {
            node().send({.to = edge.neighbor, .round = node().round(), .content = encoded});
        }
        phase_ = Phase::kShared;
        proceed();
    });
}

void Dpsgd::on_message(const Incoming& message) {
    inbox_[message.round][message.from] = message.content;
    proceed();
}

void Dpsgd::merge_when_complete() {
    const std::uint64_t round = node().round();
    std::map<NodeId, EncodedHandle>& arrived = inbox_[round];
    missing_ = neighbors_->in.size() - arrived.size();
    if (missing_ > 0) {
        return;
    }
    std::vector<WeightedModel> models;
    models.reserve(neighbors_->in.size());
    // Ascending node id, not arrival: float addition is not associative, so merging as messages
    // land would let a link's speed change the learned weights.
    for (const auto& [neighbor, weight] : neighbors_->in) {
        models.push_back({neighbor, weight, std::move(arrived.at(neighbor))});
    }
    inbox_.erase(round);
    phase_ = Phase::kMerging;
    merge(
        std::exchange(model_, {}), neighbors_->self, std::move(models), [this](ModelHandle merged) {
            model_ = std::move(merged);
            node().finish_round(model_);
            begin_round();
        });
}

std::string Dpsgd::waits_for() const {
    const std::uint64_t round = node().round();
    if (phase_ == Phase::kShared) {
        return fmt::format("round {}: messages of {} neighbors", round, missing_);
    }
    return fmt::format(
        "round {}: {}", round, phase_ == Phase::kTrained ? "its neighbors" : "its own training");
}

void register_dpsgd(ProtocolRegistry& registry) {
    registry.add({"dpsgd", "exchange with all neighbors each round"}, [](const Options&, NodeId) {
        ProtocolPlan plan = plan_of<Dpsgd>();
        plan.takes_directed_overlay = true;
        return plan;
    });
}

}  // namespace murmur
