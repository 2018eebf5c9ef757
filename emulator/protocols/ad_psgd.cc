#include "emulator/protocols/ad_psgd.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <utility>

namespace murmur {

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
    if (averaging_ != Averaging::kNone) {
        return;
    }
    if (!kept_asks_.empty()) {
        const NodeId asker = kept_asks_.front();
        kept_asks_.pop_front();
        give(node, asker);
    } else if (owes_averaging_) {
        ask(node);
    } else if (trained_) {
        apply_training(node);
    }
}

void AdPsgd::apply_training(NodeContext& node) {
    // Locked: nobody may average with a model that is about to change.
    averaging_ = Averaging::kLocked;
    const auto applied = [this, &node](ModelHandle changed) {
        model_ = std::move(changed);
        averaging_ = Averaging::kNone;
        owes_averaging_ = true;
        train(node);
        proceed(node);
    };
    ModelHandle trained = std::exchange(trained_, {});
    const ModelHandle started = std::exchange(started_, {});
    if (started == model_) {
        applied(std::move(trained));
    } else {
        node.apply_change(model_, {started, std::move(trained)}, trainings_ - 1, applied);
    }
}

void AdPsgd::ask(NodeContext& node) {
    owes_averaging_ = false;
    const std::vector<NeighborWeight>& edges = node.neighbors(0).neighbors;
    if (edges.empty()) {
        finish_own_averaging(node);
        return;
    }
    RandomStream stream = node.stream("ad-psgd-neighbor", draws_++);
    averaging_ = Averaging::kAsked;
    node.send_note(edges[stream.below(edges.size())].neighbor, finished_, make_note(kAsk));
}

void AdPsgd::on_message(NodeContext& node, const Incoming& message) {
    switch (static_cast<Kind>(message.note->kind)) {
        case kAsk:
            if (averaging_ == Averaging::kAsked && message.from > node.id()) {
                node.send_note(message.from, message.round, make_note(kRefuse));
            } else {
                kept_asks_.push_back(message.from);
                proceed(node);
            }
            break;
        case kRefuse:
            averaging_ = Averaging::kNone;
            owes_averaging_ = true;
            proceed(node);
            break;
        case kGive:
            give_back(node, message);
            break;
        case kReturn:
            average(node, message, false);
            break;
    }
}

void AdPsgd::give(NodeContext& node, NodeId asker) {
    averaging_ = Averaging::kLocked;
    node.encode(model_, encodings_++, [this, &node, asker](const EncodedHandle& encoded) {
        node.send_note(asker, finished_, make_note(kGive), encoded);
    });
}

void AdPsgd::give_back(NodeContext& node, const Incoming& given) {
    averaging_ = Averaging::kLocked;
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
                   averaging_ = Averaging::kNone;
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
    switch (averaging_) {
        case Averaging::kAsked:
            return fmt::format("round {}: the answer of a neighbor that it asked", finished_);
        case Averaging::kLocked:
            return fmt::format("round {}: the end of an averaging", finished_);
        case Averaging::kNone:
            break;
    }
    return fmt::format("round {}: its own training", finished_);
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
