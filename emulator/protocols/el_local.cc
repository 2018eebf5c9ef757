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
        is_receiving_ = true;
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

void ElLocal::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_models");
}

void ElLocal::on_return(ModelHandle model) {
    if (node().is_done()) {
        return;
    }
    if (model) {
        node().drop_work();
        arrived_.clear();
        is_receiving_ = false;
        model_ = std::move(model);
        begin_round();
    } else if (is_receiving_) {
        merge_arrived();
    }
}

void ElLocal::merge_arrived() {
    is_receiving_ = false;
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

void register_el_local(ProtocolRegistry& registry) {
    registry.add(
        {"el-local",
         "Epidemic Learning, each node draws receivers and merges what reaches it in time",
         {required("window", "TIME", "how long a node waits for models after its training"),
          named("receivers", "5", "of each model; all others where there are fewer")}},
        [](const Options& options, NodeId num_nodes) {
            const std::int64_t receivers = integer_or_fewer(options, "receivers", num_nodes - 1);
            ProtocolPlan plan =
                plan_of<ElLocal>(ElLocal::Options{.receivers = static_cast<NodeId>(receivers),
                                                  .window = time_option(options, "window")});
            plan.peers = ProtocolPlan::Peers::kAny;
            plan.has_changing_peers = true;
            plan.lives_with_churn = true;
            return plan;
        });
}

}  // namespace murmur
