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
    is_training_ = true;
    node().train(model_, trainings_++, [this](TrainedModel trained) {
        is_training_ = false;
        trained_ = std::move(trained.model);
        proceed();
    });
}

void AdPsgd::proceed() {
    if (is_locked_ || is_away_) {
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
        applying_ = {};
        model_ = std::move(changed);
        is_locked_ = false;
        owes_averaging_ = true;
        train();
        proceed();
    };
    ModelHandle trained = std::exchange(trained_, {});
    if (started_ == model_) {
        started_ = {};
        applied(std::move(trained));
        return;
    }
    if (node().has_churn()) {
        applying_ = trained;  // with what it started from: the node may leave before it is applied
        node().apply_change(model_, {started_, std::move(trained)}, node().round(), applied);
    } else {
        node().apply_change(
            model_, {std::exchange(started_, {}), std::move(trained)}, node().round(), applied);
    }
}

std::vector<NodeId> AdPsgd::askable() const {
    std::vector<NodeId> there;
    for (const NeighborWeight& edge : node().neighbors(0).out) {
        if (node().is_present(edge.neighbor)) {
            there.push_back(edge.neighbor);
        }
    }
    return there;
}

void AdPsgd::ask() {
    owes_averaging_ = false;
    is_averaging_ = true;
    const std::vector<NodeId> peers = askable();
    if (peers.empty()) {
        finish_own_averaging();
        return;
    }
    RandomStream stream = node().stream("ad-psgd-neighbor", node().round());
    own_ask_ = Ask{node().now().count(), node().id()};
    asked_ = peers[stream.below(peers.size())];
    node().watch(asked_);
    node().send(
        {.to = asked_,
         .round = node().round(),
         .note = NoteWriter(kAsk).u64(static_cast<std::uint64_t>(own_ask_->since_ns)).finish()});
    proceed();
}

void AdPsgd::on_message(const Incoming& message) {
    switch (static_cast<Kind>(message.note->kind())) {
        case kAsk:
            kept_asks_.push_back({read_ask(*message.note), message.from});
            node().watch(message.from);
            proceed();
            break;
        case kGive:
            given_ = message;
            proceed();
            break;
        case kReturn:
            given_to_.reset();
            average(message, false);
            break;
    }
}

void AdPsgd::give(NodeId asker) {
    is_locked_ = true;
    given_to_ = asker;
    node().encode(
        model_, encodings_++, [this, asker, number = ++gives_](const EncodedHandle& encoded) {
            if (given_to_ == asker && gives_ == number) {  // else it has left meanwhile
                node().send({.to = asker,
                             .round = node().round(),
                             .content = encoded,
                             .note = make_note(kGive)});
            }
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
    is_averaging_ = false;
    node().finish_round(model_);
    proceed();
}

// Nodes that come and go.

void AdPsgd::give_up_own_averaging() {
    own_ask_.reset();
    given_.reset();
    node().count("averagings_lost");
    finish_own_averaging();
}

void AdPsgd::give_up_giving() {
    given_to_.reset();
    is_locked_ = false;
    node().count("averagings_lost");
    proceed();
}

void AdPsgd::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    if (reason == kSenderLeft) {
        return;  // it has forgotten what that was about
    }
    switch (static_cast<Kind>(message.note->kind())) {
        case kAsk:
            if (own_ask_ && asked_ == message.to) {
                give_up_own_averaging();
            }
            break;
        case kGive:
            if (given_to_ == message.to) {
                give_up_giving();
            }
            break;
        case kReturn:
            node().count("half_averagings");
            break;
    }
}

void AdPsgd::on_peer_left(NodeId peer) {
    std::erase_if(kept_asks_, [peer](const Ask& ask) { return ask.from == peer; });
    if (given_to_ == peer) {
        give_up_giving();
    }
    if (own_ask_ && asked_ == peer) {
        give_up_own_averaging();
    }
}

void AdPsgd::on_leave() {
    is_away_ = true;
    kept_asks_.clear();
    given_.reset();
    own_ask_.reset();
    given_to_.reset();
}

void AdPsgd::on_return(ModelHandle model) {
    node().drop_work();
    is_away_ = false;
    is_locked_ = false;
    const bool lost_training = is_training_ || (model && (trained_ || applying_));
    if (model) {
        model_ = std::move(model);
    } else if (applying_) {
        trained_ = applying_;
    }
    applying_ = {};
    if (lost_training) {
        trained_ = {};
        --trainings_;
        train();
    }
    if (is_averaging_) {
        node().count("averagings_lost");
        finish_own_averaging();
    } else {
        proceed();
    }
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
            plan.lives_with_churn = true;
            return plan;
        });
}

}  // namespace murmur
