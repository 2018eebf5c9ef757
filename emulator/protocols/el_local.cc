#include "emulator/protocols/el_local.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

void ElLocal::on_start(NodeContext& node) {
    model_ = node.initial_model();
    begin_round(node);
}

void ElLocal::begin_round(NodeContext& node) {
    if (round_ == node.num_rounds()) {
        return;
    }
    node.train(std::exchange(model_, {}), round_, [this, &node](ModelHandle trained) {
        share(node, std::move(trained));
    });
}

void ElLocal::share(NodeContext& node, ModelHandle trained) {
    model_ = std::move(trained);
    node.encode(model_, round_, [this, &node](const EncodedHandle& encoded) {
        for (const NodeId receiver : random_peers(node.stream("receivers", round_),
                                                  node.id(),
                                                  node.num_nodes(),
                                                  options_.receivers)) {
            node.send(receiver, round_, encoded);
        }
        node.after(options_.window, [this, &node] { merge_arrived(node); });
    });
}

void ElLocal::on_message(NodeContext& node, const Incoming& message) {
    if (round_ < node.num_rounds()) {
        arrived_[message.from] = message.content;
    }
}

void ElLocal::merge_arrived(NodeContext& node) {
    const double weight = 1.0 / static_cast<double>(arrived_.size() + 1);
    std::vector<WeightedModel> models;
    for (auto& [from, content] : arrived_) {
        models.push_back({from, weight, std::move(content)});
    }
    arrived_.clear();
    node.merge(std::exchange(model_, {}),
               weight,
               std::move(models),
               round_,
               [this, &node](ModelHandle merged) {
                   model_ = std::move(merged);
                   node.finish_round(++round_, model_);
                   begin_round(node);
               });
}

std::string ElLocal::waits_for() const {
    return fmt::format("round {}: its own training or the end of its window", round_);
}

ProtocolPlan plan_el_local(const Spec& spec, NodeId num_nodes) {
    constexpr std::int64_t kUsualReceivers = 5;
    const SpecOptions options = protocol_options(spec, {"receivers", "window"});
    const std::int64_t most = num_nodes - 1;
    const std::int64_t receivers =
        options.integer("receivers", std::min(kUsualReceivers, most), {1, most});
    ProtocolPlan plan =
        plan_of<ElLocal>(ElLocal::Options{.receivers = static_cast<NodeId>(receivers),
                                          .window = required_time(spec, options, "window")});
    plan.peers = ProtocolPlan::Peers::kAny;
    plan.has_changing_peers = true;
    return plan;
}

}  // namespace murmur
