#include "emulator/protocols/ad_psgd.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

namespace {

std::vector<std::uint32_t> halves_of(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    return {static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits)};
}

std::int64_t joined(const std::vector<std::uint32_t>& halves) {
    return static_cast<std::int64_t>(std::uint64_t{halves[0]} << 32 | halves[1]);
}

}  // namespace

void AdPsgd::on_start(NodeContext& node) {
    model_ = node.initial_model();
    train(node);
}

void AdPsgd::train(NodeContext& node) {
    if (trainings_ == node.num_rounds()) {
        return;
    }
    started_ = model_;
    node.train(model_, trainings_++, [this, &node](ModelHandle trained) {
        trained_ = std::move(trained);
        proceed(node);
    });
}

void AdPsgd::proceed(NodeContext& node) {
    if (is_locked_) {
        return;
    }
    // Its own work before that of others: a node that many ask must not fall behind for it.
    if (given_) {
        give_back(node, *std::exchange(given_, {}));
    } else if (owes_averaging_) {
        ask(node);
    } else if (trained_ && !own_ask_) {
        apply_training(node);
    } else if (const std::optional<Ask> served = next_to_serve()) {
        give(node, served->from);
    }
}

std::optional<AdPsgd::Ask> AdPsgd::next_to_serve() {
    const auto found = std::find_if(kept_asks_.begin(), kept_asks_.end(), [this](const Ask& other) {
        return !own_ask_ || other < *own_ask_;
    });
    if (found == kept_asks_.end()) {
        return {};
    }
    const Ask served = *found;
    kept_asks_.erase(found);
    return served;
}

void AdPsgd::apply_training(NodeContext& node) {
    is_locked_ = true;
    const auto applied = [this, &node](ModelHandle changed) {
        model_ = std::move(changed);
        is_locked_ = false;
        owes_averaging_ = true;
        train(node);
        proceed(node);
    };
    ModelHandle trained = std::exchange(trained_, {});
    const ModelHandle started = std::exchange(started_, {});
    if (started == model_) {
        applied(std::move(trained));
    } else {
        node.apply_change(model_, {started, std::move(trained)}, finished_, applied);
    }
}

void AdPsgd::ask(NodeContext& node) {
    owes_averaging_ = false;
    const std::vector<NeighborWeight>& edges = node.neighbors(0).neighbors;
    if (edges.empty()) {
        finish_own_averaging(node);
        return;
    }
    RandomStream stream = node.stream("ad-psgd-neighbor", finished_);
    own_ask_ = Ask{node.now().count(), node.id()};
    node.send_note(edges[stream.below(edges.size())].neighbor,
                   finished_,
                   make_note(kAsk, halves_of(own_ask_->since_ns)));
    proceed(node);
}

void AdPsgd::on_message(NodeContext& node, const Incoming& message) {
    switch (static_cast<Kind>(message.note->kind)) {
        case kAsk:
            kept_asks_.push_back({joined(message.note->numbers), message.from});
            proceed(node);
            break;
        case kGive:
            given_ = message;
            proceed(node);
            break;
        case kReturn:
            average(node, message, false);
            break;
    }
}

void AdPsgd::give(NodeContext& node, NodeId asker) {
    is_locked_ = true;
    node.encode(model_, encodings_++, [this, &node, asker](const EncodedHandle& encoded) {
        node.send_note(asker, finished_, make_note(kGive), encoded);
    });
}

void AdPsgd::give_back(NodeContext& node, const Incoming& given) {
    is_locked_ = true;
    own_ask_.reset();
    node.encode(model_, encodings_++, [this, &node, given](const EncodedHandle& encoded) {
        node.send_note(given.from, finished_, make_note(kReturn), encoded);
        average(node, given, true);
    });
}

void AdPsgd::average(NodeContext& node, const Incoming& other, bool is_own) {
    node.merge(model_,
               0.5,
               {{other.from, 0.5, other.content}},
               finished_,
               [this, &node, is_own](ModelHandle merged) {
                   model_ = std::move(merged);
                   is_locked_ = false;
                   if (is_own) {
                       finish_own_averaging(node);
                   } else {
                       proceed(node);
                   }
               });
}

void AdPsgd::finish_own_averaging(NodeContext& node) {
    node.finish_round(++finished_, model_);
    proceed(node);
}

std::string AdPsgd::waits_for() const {
    if (is_locked_) {
        return fmt::format("round {}: the end of an averaging", finished_);
    }
    return fmt::format(
        "round {}: {}", finished_, own_ask_ ? "the neighbor that it asked" : "its own training");
}

ProtocolPlan plan_ad_psgd(const Spec& spec, NodeId /*num_nodes*/) {
    (void)protocol_options(spec);
    ProtocolPlan plan = plan_of<AdPsgd>();
    plan.has_changing_peers = true;
    plan.needs_static_overlay = true;
    plan.sets_weights = true;
    plan.overlaps_training = true;
    return plan;
}

}  // namespace murmur
