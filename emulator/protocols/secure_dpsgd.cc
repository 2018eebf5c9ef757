#include "emulator/protocols/secure_dpsgd.h"

#include "emulator/protocols/plans.h"
#include "learning/value_io.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace murmur {

SecureDpsgd::SecureDpsgd(NodeContext& node, const Options& options)
    : Protocol(node),
      format_(options.fraction_bits),
      timeout_(options.timeout),
      keys_(make_key_pair(node.stream("secure-key", 0)())),
      secrets_(node.id(), "secrets", PairSecrets(keys_)) {}

void SecureDpsgd::on_start() {
    model_ = node().initial_model();
    begin_round();
}

void SecureDpsgd::begin_round() {
    if (node().is_done()) {
        return;
    }
    const std::vector<NeighborWeight>& edges = gathering_of(round()).neighbors->in;
    if (edges.size() < 2 && !node().has_churn()) {
        throw std::runtime_error(
            fmt::format("secure-dpsgd: needs two neighbors or more, node {} has {} in round {}",
                        node().id(),
                        edges.size(),
                        round()));
    }
    for (const NeighborWeight& edge : edges) {
        if (gone_.contains(edge.neighbor)) {
            continue;
        }
        unserved_.insert(edge.neighbor);
        if (key_round(round()) == round()) {
            node().send({.to = edge.neighbor, .round = round(), .note = key_note(keys_.open)});
        }
    }
    phase_ = Phase::kTraining;
    node().train(std::exchange(model_, {}), round(), [this](TrainedModel trained) {
        model_ = std::move(trained.model);
        phase_ = Phase::kSharing;
        share();
    });
}

void SecureDpsgd::finish_round(ModelHandle model) {
    model_ = std::move(model);
    gatherings_.erase(round());
    node().finish_round(model_);
    begin_round();
}

void SecureDpsgd::on_message(const Incoming& message) {
    if (!message.note) {
        take_model(message);
        return;
    }
    switch (static_cast<SecureKind>(message.note->kind())) {
        case SecureKind::kKey:
            take_key(message);
            break;
        case SecureKind::kSenders:
            groups_[message.round][message.from] = read_group(*message.note);
            share();
            break;
        case SecureKind::kWithdrawn:
            take_withdrawal(message);
            break;
        case SecureKind::kAskSeeds:
            reveal(message);
            break;
        case SecureKind::kSeeds:
            take_seeds(message);
            break;
    }
}

void SecureDpsgd::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (is_departure(reason)) {
        return;  // told by `on_peer_left`
    }
    // A masked model is the one message without a note.
    const SecureKind kind =
        message.note ? static_cast<SecureKind>(message.note->kind()) : SecureKind::kSeeds;
    switch (kind) {
        case SecureKind::kSeeds:
            node().send({.to = message.to,
                         .round = message.round,
                         .note = make_note(SecureKind::kWithdrawn)});
            break;
        case SecureKind::kAskSeeds:
            if (phase_ == Phase::kRecovering && message.round == round()) {
                discard();
            }
            break;
        case SecureKind::kWithdrawn:
            // The receiver's timeout is all that can end its wait.
            break;
        case SecureKind::kKey:
        case SecureKind::kSenders:
            Protocol::on_send_failed(message, reason);
    }
}

SecureDpsgd::Gathering& SecureDpsgd::gathering_of(std::uint64_t round) {
    Gathering& gathering = gatherings_[round];
    if (!gathering.neighbors) {
        gathering.neighbors = node().neighbors(round);
        const std::vector<NeighborWeight> senders = gathering.neighbors->in;
        for (const NeighborWeight& edge : senders) {
            if (node().has_churn()) {
                node().watch(edge.neighbor);
            }
            if (!node().is_present(edge.neighbor)) {
                gone_.insert(edge.neighbor);
                lose(edge.neighbor, round, gathering);
            }
        }
    }
    return gathering;
}

// Nodes that leave.

void SecureDpsgd::lose(NodeId sender, std::uint64_t round, Gathering& gathering) {
    const bool has_key = node().has_static_overlay() && round > 0
                             ? !keyless_.contains(sender)
                             : gathering.keys.contains(sender);
    if (gathering.models.contains(sender)) {
        return;
    }
    if (has_key) {
        gathering.withdrawn.insert(sender);
        return;
    }
    keyless_.insert(sender);
    std::vector<NeighborWeight>& senders = gathering.neighbors->in;
    for (const NeighborWeight& edge : senders) {
        gathering.neighbors->self += edge.neighbor == sender ? edge.weight : 0;
    }
    std::erase_if(senders, [sender](const NeighborWeight& edge) { return edge.neighbor == sender; });
}

void SecureDpsgd::on_peer_left(NodeId peer) {
    if (node().is_done() || !gone_.insert(peer).second) {
        return;
    }
    unserved_.erase(peer);
    for (auto& [round, gathering] : gatherings_) {
        if (!gathering.neighbors) {
            continue;  // being merged
        }
        lose(peer, round, gathering);
        if (key_round(round) == round) {
            send_groups_when_complete(round);
        }
    }
    const bool owes_seeds = phase_ == Phase::kRecovering &&
                            gathering_of(round()).models.contains(peer) &&
                            !gathering_of(round()).seeds.contains(peer);
    if (owes_seeds) {
        discard();
        return;
    }
    gather_when_shared();
    gather();
}

// Keys.

std::uint64_t SecureDpsgd::key_round(std::uint64_t round) const {
    return node().has_static_overlay() ? 0 : round;
}

void SecureDpsgd::take_key(const Incoming& message) {
    Gathering& gathering = gathering_of(message.round);
    gathering.keys[message.from] = read_key(*message.note);
    send_groups_when_complete(message.round);
}

void SecureDpsgd::send_groups_when_complete(std::uint64_t round) {
    const Gathering& gathering = gathering_of(round);
    if (gathering.keys.size() < gathering.neighbors->in.size() || gathering.has_sent_groups) {
        return;
    }
    gathering_of(round).has_sent_groups = true;
    send_groups(round);
}

void SecureDpsgd::send_groups(std::uint64_t round) {
    const Gathering& gathering = gathering_of(round);
    for (const auto& [sender, weight] : gathering.neighbors->in) {
        SenderGroup group{.weight = static_cast<float>(weight), .others = gathering.keys};
        group.others.erase(sender);
        if (gone_.contains(sender)) {
            continue;
        }
        node().send({.to = sender, .round = round, .note = group_note(group)});
    }
}

// As a sender.

void SecureDpsgd::share() {
    if (phase_ != Phase::kSharing) {
        return;
    }
    for (const auto& [receiver, group] : groups_[key_round(round())]) {
        // Alone it would not be masked: the receiver has no sum to make.
        if (unserved_.erase(receiver) > 0 && !group.others.empty()) {
            send_masked(receiver, group);
        }
    }
    gather_when_shared();
}

void SecureDpsgd::gather_when_shared() {
    if (phase_ != Phase::kSharing || encodings_ > 0 || !unserved_.empty()) {
        return;
    }
    if (!node().has_static_overlay()) {
        groups_.erase(round());
    }
    phase_ = Phase::kGathering;
    gather();
}

void SecureDpsgd::send_masked(NodeId receiver, const SenderGroup& group) {
    ++encodings_;
    const std::size_t num_parameters = node().num_parameters();
    node().encode_with(
        {.round = round(),
         .values_read = masking_cost(num_parameters, group.others.size()),
         .size = MaskedModel::size_of(num_parameters)},
        [self = node().id(), sum = SumId{receiver, round()}, group, format = format_](
            const Parameters& model, PairSecrets& secrets) {
            return mask_model(*model, self, sum, group, format, secrets);
        },
        [this, receiver](const EncodedHandle& masked) {
            node().send({.to = receiver, .round = round(), .content = masked});
            --encodings_;
            gather_when_shared();
        },
        model_,
        secrets_);
}

void SecureDpsgd::reveal(const Incoming& question) {
    const std::vector<NodeId> vanished = read_question(*question.note);
    node().encode_with(
        {.round = question.round,
         .values_read = 0,
         .size = RevealedSeeds::size_of(vanished.size())},
        [vanished, sum = SumId{question.from, question.round}](const PairSecrets& secrets) {
            return reveal_seeds(vanished, sum, secrets);
        },
        [this, to = question.from, round = question.round](const EncodedHandle& seeds) {
            node().send({.to = to,
                         .round = round,
                         .content = seeds,
                         .note = make_note(SecureKind::kSeeds)});
        },
        secrets_);
}

// As a receiver.

void SecureDpsgd::take_model(const Incoming& message) {
    const bool is_closed = phase_ == Phase::kRecovering || phase_ == Phase::kMerging;
    if (message.round < round() || (message.round == round() && is_closed)) {
        node().count("late_models");
        return;
    }
    gathering_of(message.round).models[message.from] = message.content;
    gather();
}

void SecureDpsgd::take_withdrawal(const Incoming& message) {
    if (message.round < round()) {
        return;
    }
    Gathering& gathering = gathering_of(message.round);
    if (!gathering.models.contains(message.from)) {
        gathering.withdrawn.insert(message.from);
        gather();
    } else if (phase_ == Phase::kRecovering && message.round == round()) {
        discard();
    }
}

void SecureDpsgd::take_seeds(const Incoming& message) {
    if (phase_ != Phase::kRecovering || message.round != round()) {
        return;
    }
    Gathering& gathering = gathering_of(round());
    gathering.seeds[message.from] = message.content;
    missing_ = gathering.models.size() - gathering.seeds.size();
    if (missing_ > 0) {
        wait_anew();
        return;
    }
    node().count("sums_recovered");
    merge();
}

void SecureDpsgd::gather() {
    if (phase_ != Phase::kGathering) {
        return;
    }
    const Gathering& gathering = gathering_of(round());
    const std::size_t num_senders = gathering.neighbors->in.size();
    missing_ = num_senders - gathering.models.size() - gathering.withdrawn.size();
    const bool has_keys = key_round(round()) != round() || gathering.keys.size() >= num_senders;
    if (missing_ == 0 || num_senders < 2) {
        close();
    } else if (has_keys) {
        // Without all keys nobody can mask a model, and none is late.
        wait_anew();
    }
}

void SecureDpsgd::close() {
    const SenderSet set = senders();
    if (set.survivors.size() < 2) {
        discard();
        return;
    }
    if (set.vanished.empty()) {
        merge();
        return;
    }
    // A survivor of the round that has left since will not say what it shares with others.
    for (const NodeId survivor : set.survivors) {
        if (gone_.contains(survivor)) {
            discard();
            return;
        }
    }
    phase_ = Phase::kRecovering;
    missing_ = set.survivors.size();
    for (const NodeId survivor : set.survivors) {
        node().send({.to = survivor, .round = round(), .note = question_note(set.vanished)});
    }
    wait_anew();
}

void SecureDpsgd::merge() {
    phase_ = Phase::kMerging;
    deadline_.reset();
    const SenderSet set = senders();
    Gathering& gathering = gathering_of(round());
    std::vector<EncodedHandle> contents;
    for (const auto* const part : {&gathering.models, &gathering.seeds}) {
        for (const auto& [sender, content] : *part) {
            contents.push_back(content);
        }
    }
    // Their memory goes with the merge.
    gathering = {};
    node().compute(
        {.kind = TaskKind::kMerge,
         .round = round(),
         .values_read = merging_cost(node().num_parameters(), set)},
        [set, format = format_](const Parameters& model, const std::vector<Encoded>& values) {
            return merge_masked(*model, set, format, values);
        },
        [this](ModelHandle merged) { finish_round(std::move(merged)); },
        std::exchange(model_, {}),
        std::move(contents));
}

void SecureDpsgd::discard() {
    deadline_.reset();
    node().count("sums_discarded");
    finish_round(std::move(model_));
}

SenderSet SecureDpsgd::senders() {
    const Gathering& gathering = gathering_of(round());
    const std::map<NodeId, EncodedHandle>& models = gathering.models;
    SenderSet set{.self_weight = gathering.neighbors->self, .survivors = {}, .vanished = {}};
    for (const auto& [sender, weight] : gathering.neighbors->in) {
        if (models.contains(sender)) {
            set.survivors.push_back(sender);
        } else {
            set.vanished.push_back(sender);
            set.self_weight += weight;
        }
    }
    return set;
}

// Timeouts: one timer a node, which moves on with the deadline.

void SecureDpsgd::wait_anew() {
    if (!timeout_) {
        return;
    }
    deadline_ = node().now() + *timeout_;
    if (!timer_runs_) {
        start_timer();
    }
}

void SecureDpsgd::start_timer() {
    timer_runs_ = true;
    node().after(*deadline_ - node().now(), [this] {
        timer_runs_ = false;
        on_timer();
    });
}

void SecureDpsgd::on_timer() {
    if (!deadline_) {
        return;
    }
    if (node().now() < *deadline_) {
        start_timer();
    } else if (phase_ == Phase::kGathering) {
        close();
    } else {
        discard();
    }
}

std::string SecureDpsgd::waits_for() const {
    switch (phase_) {
        case Phase::kTraining:
        case Phase::kMerging:
            return fmt::format("round {}: its own work", round());
        case Phase::kSharing:
            return fmt::format(
                "round {}: {} receivers to name their senders", round(), unserved_.size());
        case Phase::kGathering:
            return fmt::format("round {}: masked models of {} neighbors", round(), missing_);
        case Phase::kRecovering:
            return fmt::format("round {}: mask seeds of {} neighbors", round(), missing_);
    }
    return {};
}

void register_secure_dpsgd(ProtocolRegistry& registry) {
    const SecureDpsgd::Options defaults;
    registry.add(
        {"secure-dpsgd",
         "dpsgd over masked models: a receiver learns their sum alone",
         {named("fraction-bits",
                fmt::format("{}", defaults.fraction_bits),
                "of the fixed point in which sums are made, 1 ... 30"),
          unset("timeout", "TIME", "after all others, until a sender has vanished")}},
        [](const Options& options, NodeId) {
            SecureDpsgd::Options chosen;
            chosen.fraction_bits = static_cast<int>(options.integer("fraction-bits", {1, 30}));
            if (options.has("timeout")) {
                chosen.timeout = time_option(options, "timeout");
            }
            register_encoded_model(MaskedModel::kTypeName, MaskedModel::read);
            register_encoded_model(RevealedSeeds::kTypeName, RevealedSeeds::read);
            ProtocolPlan plan = plan_of<SecureDpsgd>(chosen);
            plan.sharing = "full";
            plan.sums_in_secret = true;
            // A node answers who recovers a sum while it trains for its next round.
            plan.overlaps_training = true;
            plan.lives_with_churn = true;
            plan.lives_with_returns = false;
            return plan;
        });
}

}  // namespace murmur
