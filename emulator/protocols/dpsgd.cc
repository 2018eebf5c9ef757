#include "emulator/protocols/dpsgd.h"

#include "emulator/base/quantity.h"
#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

void Dpsgd::on_start() {
    begin(node().now() > SimTime(0));
}

void Dpsgd::begin(bool rejoins) {
    model_ = node().initial_model();
    if (rejoins && !missing_options_.waits) {
        node().rejoin({});
    }
    begin_round();
}

void Dpsgd::begin_round() {
    neighbors_.reset();
    drop_missed();
    if (node().is_done()) {
        return;
    }
    phase_ = Phase::kTraining;
    is_late_ = false;
    find_neighbors();
    if (!trains()) {
        phase_ = Phase::kTrained;
        proceed();
        return;
    }
    if (node().may_lose_training(node().round())) {
        kept_ = model_;
    }
    // Moved: what the round started from is needed no more, its memory goes with the training.
    train(std::exchange(model_, {}), [this](ModelHandle trained) {
        kept_ = {};
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

void Dpsgd::forget_neighbor(NodeId neighbor) {
    if (!neighbors_) {
        return;
    }
    const auto is_it = [neighbor](const NeighborWeight& edge) { return edge.neighbor == neighbor; };
    for (const NeighborWeight& edge : neighbors_->in) {
        neighbors_->self += is_it(edge) ? edge.weight : 0;
    }
    std::erase_if(neighbors_->in, is_it);
    std::erase_if(neighbors_->out, is_it);
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
    if (node().has_churn() && !has_plain_exchange()) {
        kept_ = model_;
    }
    encode(model_, [this](const EncodedHandle& encoded) {
        for (const NeighborWeight& edge : neighbors_->out) {
            node().send({.to = edge.neighbor, .round = node().round(), .content = encoded});
        }
        phase_ = Phase::kShared;
        if (missing_options_.timeout) {
            timer_ = node().after(*missing_options_.timeout, [this] {
                timer_.reset();
                is_late_ = true;
                proceed();
            });
        }
        proceed();
    });
}

void Dpsgd::on_message(const Incoming& message) {
    const std::uint64_t round = node().round();
    if (node().is_done() || message.round < round || (message.round == round && phase_ == Phase::kMerging)) {
        node().count("late_models");
        count_lost();
        return;
    }
    inbox_[message.round][message.from] = message.content;
    proceed();
}

bool Dpsgd::is_awaited(NodeId neighbor) const {
    return !is_late_ &&
           (missing_options_.waits || node().takes_part(neighbor, node().round()));
}

void Dpsgd::merge_when_complete() {
    std::map<NodeId, EncodedHandle>& arrived = inbox_[node().round()];
    missing_ = 0;
    for (const NeighborWeight& edge : neighbors_->in) {
        if (!arrived.contains(edge.neighbor) && is_awaited(edge.neighbor)) {
            ++missing_;
            if (node().has_churn()) {
                node().watch(edge.neighbor);
            }
        }
    }
    if (missing_ == 0) {
        merge_arrived(arrived);
    }
}

void Dpsgd::stop_waiting() {
    if (timer_) {
        node().cancel(*std::exchange(timer_, {}));
    }
    if (node().has_churn()) {
        for (const NeighborWeight& edge : neighbors_->in) {
            if (!unsent_.contains(edge.neighbor)) {
                node().stop_watching(edge.neighbor);
            }
        }
    }
}

void Dpsgd::merge_arrived(std::map<NodeId, EncodedHandle>& arrived) {
    stop_waiting();
    double self_weight = neighbors_->self;
    std::vector<WeightedModel> models;
    models.reserve(neighbors_->in.size());
    // Ascending node id, not arrival: float addition is not associative, so merging as messages
    // land would let a link's speed change the learned weights.
    for (const auto& [neighbor, weight] : neighbors_->in) {
        if (const auto model = arrived.find(neighbor); model != arrived.end()) {
            models.push_back({neighbor, weight, std::move(model->second)});
            continue;
        }
        node().count("missing_models");
        // A change that was not heard of is none: what nodes remember of that neighbor holds.
        self_weight += node().sends_changes() ? 0 : weight;
    }
    inbox_.erase(node().round());
    phase_ = Phase::kMerging;
    if (has_plain_exchange() && node().may_lose_merge(models.size(), node().round())) {
        kept_ = model_;
    }
    // `kept_` stays until the round is over: what `take_merged` does may be dropped as well.
    merge(std::exchange(model_, {}), self_weight, std::move(models), [this](ModelHandle merged) {
        take_merged(std::move(merged));
    });
}

void Dpsgd::go_on(ModelHandle model) {
    kept_ = {};
    model_ = std::move(model);
    node().finish_round(model_);
    begin_round();
}

// Nodes that come and go.

void Dpsgd::count_lost() {
    if (node().sends_changes()) {
        node().count("lost_updates");
    }
}

void Dpsgd::drop_missed() {
    const auto end = inbox_.lower_bound(node().round());
    for (auto round = inbox_.begin(); round != end; ++round) {
        for (std::size_t left = round->second.size(); left > 0; --left) {
            count_lost();
        }
    }
    inbox_.erase(inbox_.begin(), end);
}

void Dpsgd::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    if (missing_options_.waits) {
        unsent_[message.to].push_back(message);
        node().watch(message.to);
        if (node().is_present(message.to)) {
            send_again(message.to);
        }
    } else if (message.content) {
        node().count("lost_models");
        count_lost();
    }
}

void Dpsgd::send_again(NodeId peer) {
    const auto found = unsent_.find(peer);
    if (found == unsent_.end()) {
        return;
    }
    const std::vector<Outgoing> messages = std::move(found->second);
    unsent_.erase(found);
    for (const Outgoing& message : messages) {
        node().send(message);
    }
}

void Dpsgd::on_peer_left(NodeId /*peer*/) {
    proceed();
}

void Dpsgd::on_peer_returned(NodeId peer) {
    send_again(peer);
}

void Dpsgd::on_return(ModelHandle model) {
    if (!missing_options_.waits) {
        rejoin(std::move(model));
        return;
    }
    std::vector<NodeId> there;
    for (const auto& [peer, messages] : unsent_) {
        if (node().is_present(peer)) {
            there.push_back(peer);
        }
    }
    for (const NodeId peer : there) {
        send_again(peer);
    }
    if (model && phase_ == Phase::kTraining) {
        node().drop_work();
        forget();
        model_ = std::move(model);
        begin_round();
    } else if (model) {
        model_ = std::move(model);  // its message of the round is on its way, as it was
    }
}

void Dpsgd::rejoin(ModelHandle model) {
    if (node().is_done()) {
        return;
    }
    const std::uint64_t before = node().round();
    std::vector<NodeId> peers;
    if (neighbors_ && node().has_static_overlay()) {
        for (const auto* edges : {&neighbors_->in, &neighbors_->out}) {
            for (const NeighborWeight& edge : *edges) {
                peers.push_back(edge.neighbor);
            }
        }
    }
    node().rejoin(peers);
    if (timer_) {
        // One of a message that was made while the node was away; others are gone.
        node().cancel(*std::exchange(timer_, {}));
    }
    if (node().round() == before && !model) {
        // Nobody has gone on without it, nor has it sent anything: its device takes up what it left.
        if (!neighbors_) {
            find_neighbors();
        }
        return;
    }
    node().drop_work();
    if (model) {
        forget();
    }
    model_ = model ? std::move(model) : model_ ? std::move(model_) : std::exchange(kept_, {});
    begin_round();
}

std::string Dpsgd::waits_for() const {
    const std::uint64_t round = node().round();
    if (phase_ == Phase::kShared) {
        return fmt::format("round {}: messages of {} neighbors", round, missing_);
    }
    return fmt::format(
        "round {}: {}", round, phase_ == Phase::kTrained ? "its neighbors" : "its own training");
}

OptionForm on_missing_option() {
    return named("on-missing",
                 "skip",
                 "what to do without the models of nodes that are away: skip (leave them out), wait "
                 "(until they are back), timeout:TIME (as skip, and leave out who is so late)");
}

Dpsgd::Options on_missing(const Options& options) {
    const std::string& text = options.text("on-missing");
    if (text == "skip" || text == "wait") {
        return {.waits = text == "wait", .timeout = {}};
    }
    const Spec spec = parse_spec(text);
    if (spec.name != "timeout") {
        options.refuse(
            fmt::format("on-missing: got '{}', allowed skip, wait, timeout:TIME", shown(text)));
    }
    const std::string where = fmt::format("{}: on-missing: timeout", options.where());
    return {.waits = false, .timeout = from_seconds(parse_positive_time(where, spec.argument))};
}

void register_dpsgd(ProtocolRegistry& registry) {
    registry.add({"dpsgd", "exchange with all neighbors each round", {on_missing_option()}},
                 [](const Options& options, NodeId) {
                     ProtocolPlan plan = plan_of<Dpsgd>(on_missing(options));
                     plan.takes_directed_overlay = true;
                     plan.lives_with_churn = true;
                     return plan;
                 });
}

}  // namespace murmur
