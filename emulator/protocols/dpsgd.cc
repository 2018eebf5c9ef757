#include "emulator/protocols/dpsgd.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <utility>

namespace murmur {

void Dpsgd::on_start(NodeContext& node) {
    model_ = node.initial_model();
    begin_round(node);
}

void Dpsgd::begin_round(NodeContext& node) {
    if (round_ == node.num_rounds()) {
        return;
    }
    phase_ = Phase::kTraining;
    on_round(node);
    // Moved: what the round started from is needed no more, its memory goes with the training.
    node.train(std::exchange(model_, {}), round_, [this, &node](ModelHandle trained) {
        model_ = std::move(trained);
        phase_ = Phase::kTrained;
        proceed(node);
    });
}

void Dpsgd::on_round(NodeContext& /*node*/) {}

const MixingMatrix::Row* Dpsgd::known_neighbors(NodeContext& node) {
    return &node.neighbors(round_);
}

void Dpsgd::proceed(NodeContext& node) {
    const MixingMatrix::Row* const row = known_neighbors(node);
    if (row != nullptr && phase_ == Phase::kTrained) {
        share(node);
    } else if (row != nullptr && phase_ == Phase::kShared) {
        merge_when_complete(node, *row);
    }
}

void Dpsgd::share(NodeContext& node) {
    phase_ = Phase::kSharing;
    node.encode(model_, round_, [this, &node](const EncodedHandle& encoded) {
        for (const NeighborWeight& edge : known_neighbors(node)->neighbors) {
            node.send(edge.neighbor, round_, encoded);
        }
        phase_ = Phase::kShared;
        proceed(node);
    });
}

void Dpsgd::on_message(NodeContext& node, const Incoming& message) {
    inbox_[message.round][message.from] = message.content;
    proceed(node);
}

void Dpsgd::merge_when_complete(NodeContext& node, const MixingMatrix::Row& row) {
    std::map<NodeId, EncodedHandle>& arrived = inbox_[round_];
    missing_ = row.neighbors.size() - arrived.size();
    if (missing_ > 0) {
        return;
    }
    std::vector<WeightedModel> models;
    models.reserve(row.neighbors.size());
    // Ascending node id, not arrival: float addition is not associative, so merging as messages
    // land would let a link's speed change the learned weights.
    for (const auto& [neighbor, weight] : row.neighbors) {
        models.push_back({neighbor, weight, std::move(arrived.at(neighbor))});
    }
    phase_ = Phase::kMerging;
    node.merge(std::exchange(model_, {}),
               row.self,
               std::move(models),
               round_,
               [this, &node](ModelHandle merged) {
                   model_ = std::move(merged);
                   inbox_.erase(round_++);
                   node.finish_round(round_, model_);
                   begin_round(node);
               });
}

std::string Dpsgd::waits_for() const {
    if (phase_ == Phase::kShared) {
        return fmt::format("round {}: messages of {} neighbors", round_, missing_);
    }
    return fmt::format(
        "round {}: {}", round_, phase_ == Phase::kTrained ? "its neighbors" : "its own training");
}

ProtocolPlan plan_dpsgd(const Spec& spec, NodeId /*num_nodes*/) {
    (void)protocol_options(spec);
    return plan_of<Dpsgd>();
}

}  // namespace murmur
