#include "emulator/protocols/el_local.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

void ElLocal::on_start() {
    model_ = node().initial_model();
    begin_round();
}

void ElLocal::begin_round() {
    if (node().is_done()) {
        return;
    }
    node().train(std::exchange(model_, {}), node().round(), [this](TrainedModel trained) {
        share(std::move(trained.model));
    });
}

void ElLocal::share(ModelHandle trained) {
    model_ = std::move(trained);
    node().encode(model_, node().round(), [this](const EncodedHandle& encoded) {
        for (const NodeId receiver : random_peers(node().stream("receivers", node().round()),
                                                  node().id(),
                                                  node().num_nodes(),
                                                  options_.receivers)) {
            node().send({.to = receiver, .round = node().round(), .content = encoded});
        }
        node().after(options_.window, [this] { merge_arrived(); });
    });
}

void ElLocal::on_message(const Incoming& message) {
    if (node().is_done()) {
        node().count("late_models");  // its last window is over
        return;
    }
    const bool is_first = arrived_.insert_or_assign(message.from, message.content).second;
    if (!is_first) {
        node().count("replaced_models");
    }
}

void ElLocal::merge_arrived() {
    const double weight = 1.0 / static_cast<double>(arrived_.size() + 1);
    std::vector<WeightedModel> models;
    for (auto& [from, content] : arrived_) {
        models.push_back({from, weight, std::move(content)});
    }
    arrived_.clear();
    node().merge(std::exchange(model_, {}),
                 weight,
                 std::move(models),
                 node().round(),
                 [this](ModelHandle merged) {
                     model_ = std::move(merged);
                     node().finish_round(model_);
                     begin_round();
                 });
}

std::string ElLocal::waits_for() const {
    return fmt::format("round {}: its own training or the end of its window", node().round());
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
