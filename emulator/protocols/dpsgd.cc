#include "emulator/protocols/dpsgd.h"

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
    node.train(
        model_, round_, [this, &node](ModelHandle trained) { share(node, std::move(trained)); });
}

void Dpsgd::share(NodeContext& node, ModelHandle trained) {
    model_ = {};  // the start of the round is needed no more: its memory goes
    node.encode(trained, round_, [this, &node, trained](const EncodedHandle& encoded) {
        for (const NeighborWeight& edge : node.neighbors(round_).neighbors) {
            node.send(edge.neighbor, round_, encoded);
        }
        trained_ = trained;
        merge_when_complete(node);
    });
}

void Dpsgd::on_message(NodeContext& node, const Incoming& message) {
    inbox_[message.round][message.from] = message.content;
    merge_when_complete(node);
}

void Dpsgd::merge_when_complete(NodeContext& node) {
    const MixingMatrix::Row& row = node.neighbors(round_);
    std::map<NodeId, EncodedHandle>& arrived = inbox_[round_];
    missing_ = row.neighbors.size() - arrived.size();
    if (!trained_ || missing_ > 0) {
        return;
    }
    std::vector<WeightedModel> models;
    models.reserve(row.neighbors.size());
    // Ascending node id, not arrival: float addition is not associative, so merging as messages
    // land would let a link's speed change the learned weights.
    for (const auto& [neighbor, weight] : row.neighbors) {
        models.push_back({neighbor, weight, std::move(arrived.at(neighbor))});
    }
    node.merge(std::exchange(trained_, {}),
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
    if (!trained_) {
        return fmt::format("round {}: its own training", round_);
    }
    return fmt::format("round {}: messages of {} neighbors", round_, missing_);
}

}  // namespace murmur
