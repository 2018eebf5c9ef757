#include "emulator/protocols/ad_psgd.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

namespace {

std::int64_t read_ask(const Note& note) {
    NoteReader reader(note, "ad-psgd: an ask");
    const std::uint64_t since_ns = reader.u64();
    reader.expect_end();
    return static_cast<std::int64_t>(since_ns);
}

}  // namespace

void AdPsgd::on_start() {
    model_ = node().initial_model();
    train();
}

void AdPsgd::train() {
    if (trainings_ == node().num_rounds()) {
        return;
    }
    started_ = model_;
    node().train(model_, trainings_++, [this](TrainedModel trained) {
        trained_ = std::move(trained.model);
        proceed();
    });
}

void AdPsgd::proceed() {
    if (is_locked_) {
        return;
    }
    // Its own work before that of others: a node that many ask must not fall behind for it.
    if (given_) {
        give_back(*std::exchange(given_, {}));
    } else if (owes_averaging_) {
        ask();
    } else if (trained_ && !own_ask_) {
        apply_training();
    } else if (const std::optional<Ask> served = next_to_serve()) {
        give(served->from);
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

void AdPsgd::apply_training() {
    is_locked_ = true;
    const auto applied = [this](ModelHandle changed) {
        model_ = std::move(changed);
        is_locked_ = false;
        owes_averaging_ = true;
        train();
        proceed();
    };
    ModelHandle trained = std::exchange(trained_, {});
    const ModelHandle started = std::exchange(started_, {});
    if (started == model_) {
        applied(std::move(trained));
    } else {
        node().apply_change(model_, {started, std::move(trained)}, node().round(), applied);
    }
}

void AdPsgd::ask() {
    owes_averaging_ = false;
    const std::vector<NeighborWeight> edges = node().neighbors(0).out;
    if (edges.empty()) {
        finish_own_averaging();
        return;
    }
    RandomStream stream = node().stream("ad-psgd-neighbor", node().round());
    own_ask_ = Ask{node().now().count(), node().id()};
    node().send(
        {.to = edges[stream.below(edges.size())].neighbor,
         .round = node().round(),
         .note = NoteWriter(kAsk).u64(static_cast<std::uint64_t>(own_ask_->since_ns)).finish()});
    proceed();
}

void AdPsgd::on_message(const Incoming& message) {
    switch (static_cast<Kind>(message.note->kind())) {
        case kAsk:
            kept_asks_.push_back({read_ask(*message.note), message.from});
            proceed();
            break;
        case kGive:
            given_ = message;
            proceed();
            break;
        case kReturn:
            average(message, false);
            break;
    }
}

void AdPsgd::give(NodeId asker) {
    is_locked_ = true;
    node().encode(model_, encodings_++, [this, asker](const EncodedHandle& encoded) {
        node().send(
            {.to = asker, .round = node().round(), .content = encoded, .note = make_note(kGive)});
    });
}

void AdPsgd::give_back(const Incoming& given) {
    is_locked_ = true;
    own_ask_.reset();
    node().encode(model_, encodings_++, [this, given](const EncodedHandle& encoded) {
        node().send({.to = given.from,
                     .round = node().round(),
                     .content = encoded,
                     .note = make_note(kReturn)});
        average(given, true);
    });
}

void AdPsgd::average(const Incoming& other, bool is_own) {
    node().merge(model_,
                 0.5,
                 {{other.from, 0.5, other.content}},
                 node().round(),
                 [this, is_own](ModelHandle merged) {
                     model_ = std::move(merged);
                     is_locked_ = false;
                     if (is_own) {
                         finish_own_averaging();
                     } else {
                         proceed();
                     }
                 });
}

void AdPsgd::finish_own_averaging() {
    node().finish_round(model_);
    proceed();
}

std::string AdPsgd::waits_for() const {
    if (is_locked_) {
        return fmt::format("round {}: the end of an averaging", node().round());
    }
    return fmt::format("round {}: {}",
                       node().round(),
                       own_ask_ ? "the neighbor that it asked" : "its own training");
}

void register_ad_psgd(ProtocolRegistry& registry) {
    registry.add(
        {"ad-psgd", "asynchronous: pairwise averages with a random neighbor, beside training"},
        [](const Options&, NodeId) {
            ProtocolPlan plan = plan_of<AdPsgd>();
            plan.has_changing_peers = true;
            plan.needs_static_overlay = true;
            plan.sets_weights = true;
            plan.overlaps_training = true;
            return plan;
        });
}

}  // namespace murmur
