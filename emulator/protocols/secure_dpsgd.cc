#include "emulator/protocols/secure_dpsgd.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace murmur {

SecureDpsgd::SecureDpsgd(const Options& options)
    : format_(options.fraction_bits), timeout_(options.timeout) {}

void SecureDpsgd::on_start(NodeContext& node) {
    model_ = node.initial_model();
    num_parameters_ = model_.value()->size();
    const KeyPair keys = make_key_pair(node.stream("secure-key", 0)());
    public_key_ = keys.open;
    secrets_ = std::make_shared<PairSecrets>(keys);
    begin_round(node);
}

void SecureDpsgd::begin_round(NodeContext& node) {
    if (round_ == node.num_rounds()) {
        return;
    }
    const std::vector<NeighborWeight>& edges = node.neighbors(round_).neighbors;
    if (edges.size() < 2) {
        throw std::runtime_error(
            fmt::format("secure-dpsgd: needs two neighbors or more, node {} has {} in round {}",
                        node.id(),
                        edges.size(),
                        round_));
    }
    for (const NeighborWeight& edge : edges) {
        unserved_.insert(edge.neighbor);
        if (key_round(node, round_) == round_) {
            node.send_note(edge.neighbor, round_, key_note(public_key_));
        }
    }
    phase_ = Phase::kTraining;
    node.train(std::exchange(model_, {}), round_, [this, &node](ModelHandle trained) {
        model_ = std::move(trained);
        phase_ = Phase::kSharing;
        share(node);
    });
}

void SecureDpsgd::finish_round(NodeContext& node, ModelHandle model) {
    model_ = std::move(model);
    gatherings_.erase(round_++);
    node.finish_round(round_, model_);
    begin_round(node);
}

void SecureDpsgd::on_message(NodeContext& node, const Incoming& message) {
    if (!message.note) {
        take_model(node, message);
        return;
    }
    switch (static_cast<SecureKind>(message.note->kind)) {
        case SecureKind::kKey:
            take_key(node, message);
            break;
        case SecureKind::kSenders:
            groups_[message.round][message.from] = read_group(*message.note);
            share(node);
            break;
        case SecureKind::kWithdrawn:
            take_withdrawal(node, message);
            break;
        case SecureKind::kAskSeeds:
            reveal(node, message);
            break;
        case SecureKind::kSeeds:
            take_seeds(node, message);
            break;
    }
}

void SecureDpsgd::on_send_failed(NodeContext& node,
                                 const Outgoing& message,
                                 const std::string& reason) {
    // A masked model is the one message without a note.
    const SecureKind kind =
        message.note ? static_cast<SecureKind>(message.note->kind) : SecureKind::kSeeds;
    switch (kind) {
        case SecureKind::kSeeds:
            node.send_note(message.to, message.round, make_note(SecureKind::kWithdrawn));
            break;
        case SecureKind::kAskSeeds:
            if (phase_ == Phase::kRecovering && message.round == round_) {
                discard(node);
            }
            break;
        case SecureKind::kWithdrawn:
            // The receiver's timeout is all that can end its wait.
            break;
        case SecureKind::kKey:
        case SecureKind::kSenders:
            Protocol::on_send_failed(node, message, reason);
    }
}

// Keys.

std::uint64_t SecureDpsgd::key_round(const NodeContext& node, std::uint64_t round) {
    return node.has_static_overlay() ? 0 : round;
}

void SecureDpsgd::take_key(NodeContext& node, const Incoming& message) {
    Gathering& gathering = gatherings_[message.round];
    gathering.keys[message.from] = read_key(*message.note);
    if (gathering.keys.size() == node.neighbors(message.round).neighbors.size()) {
        send_groups(node, message.round);
    }
}

void SecureDpsgd::send_groups(NodeContext& node, std::uint64_t round) {
    const std::map<NodeId, PublicKey>& keys = gatherings_[round].keys;
    for (const auto& [sender, weight] : node.neighbors(round).neighbors) {
        SenderGroup group{.weight = static_cast<float>(weight), .others = keys};
        group.others.erase(sender);
        node.send_note(sender, round, group_note(group));
    }
}

// As a sender.

void SecureDpsgd::share(NodeContext& node) {
    if (phase_ != Phase::kSharing) {
        return;
    }
    for (const auto& [receiver, group] : groups_[key_round(node, round_)]) {
        if (unserved_.erase(receiver) > 0) {
            send_masked(node, receiver, group);
        }
    }
}

void SecureDpsgd::send_masked(NodeContext& node, NodeId receiver, const SenderGroup& group) {
    ++encodings_;
    auto make = [self = node.id(),
                 sum = SumId{receiver, round_},
                 group,
                 format = format_,
                 secrets = secrets_](const Parameters& model) {
        return mask_model(*model, self, sum, group, format, *secrets);
    };
    node.encode_with(model_,
                     round_,
                     {.size = MaskedModel::size_of(num_parameters_),
                      .values_read = masking_cost(num_parameters_, group.others.size()),
                      .make = std::move(make)},
                     [this, &node, receiver](const EncodedHandle& masked) {
                         node.send(receiver, round_, masked);
                         if (--encodings_ == 0 && unserved_.empty()) {
                             if (!node.has_static_overlay()) {
                                 groups_.erase(round_);
                             }
                             phase_ = Phase::kGathering;
                             gather(node);
                         }
                     });
}

void SecureDpsgd::reveal(NodeContext& node, const Incoming& question) {
    const std::vector<NodeId>& vanished = question.note->numbers;
    auto make = [vanished, sum = SumId{question.from, question.round}, secrets = secrets_](
                    const Parameters& /*none*/) { return reveal_seeds(vanished, sum, *secrets); };
    node.encode_with(
        {},
        question.round,
        {.size = RevealedSeeds::size_of(vanished.size()),
         .values_read = 0,
         .make = std::move(make)},
        [&node, to = question.from, round = question.round](const EncodedHandle& seeds) {
            node.send_note(to, round, make_note(SecureKind::kSeeds), seeds);
        });
}

// As a receiver.

void SecureDpsgd::take_model(NodeContext& node, const Incoming& message) {
    const bool is_closed = phase_ == Phase::kRecovering || phase_ == Phase::kMerging;
    if (message.round < round_ || (message.round == round_ && is_closed)) {
        node.count("late_models");
        return;
    }
    gatherings_[message.round].models[message.from] = message.content;
    gather(node);
}

void SecureDpsgd::take_withdrawal(NodeContext& node, const Incoming& message) {
    if (message.round < round_) {
        return;
    }
    Gathering& gathering = gatherings_[message.round];
    if (!gathering.models.contains(message.from)) {
        gathering.withdrawn.insert(message.from);
        gather(node);
    } else if (phase_ == Phase::kRecovering && message.round == round_) {
        discard(node);
    }
}

void SecureDpsgd::take_seeds(NodeContext& node, const Incoming& message) {
    if (phase_ != Phase::kRecovering || message.round != round_) {
        return;
    }
    Gathering& gathering = gatherings_[round_];
    gathering.seeds[message.from] = message.content;
    missing_ = gathering.models.size() - gathering.seeds.size();
    if (missing_ > 0) {
        wait_anew(node);
        return;
    }
    node.count("sums_recovered");
    merge(node);
}

void SecureDpsgd::gather(NodeContext& node) {
    if (phase_ != Phase::kGathering) {
        return;
    }
    const Gathering& gathering = gatherings_[round_];
    const std::size_t num_senders = node.neighbors(round_).neighbors.size();
    missing_ = num_senders - gathering.models.size() - gathering.withdrawn.size();
    const bool has_keys = key_round(node, round_) != round_ || gathering.keys.size() == num_senders;
    if (missing_ == 0) {
        close(node);
    } else if (has_keys) {
        // Without all keys nobody can mask a model, and none is late.
        wait_anew(node);
    }
}

void SecureDpsgd::close(NodeContext& node) {
    const SenderSet set = senders(node);
    if (set.vanished.empty()) {
        merge(node);
        return;
    }
    if (set.survivors.size() < 2) {
        discard(node);
        return;
    }
    phase_ = Phase::kRecovering;
    missing_ = set.survivors.size();
    for (const NodeId survivor : set.survivors) {
        node.send_note(survivor, round_, make_note(SecureKind::kAskSeeds, set.vanished));
    }
    wait_anew(node);
}

void SecureDpsgd::merge(NodeContext& node) {
    phase_ = Phase::kMerging;
    deadline_.reset();
    const SenderSet set = senders(node);
    Gathering& gathering = gatherings_[round_];
    std::vector<EncodedHandle> contents;
    for (const auto* const part : {&gathering.models, &gathering.seeds}) {
        for (const auto& [sender, content] : *part) {
            contents.push_back(content);
        }
    }
    // Their memory goes with the merge.
    gathering = {};
    auto make = [set, format = format_](
                    const Parameters& model,
                    std::span<const std::shared_ptr<const EncodedModel>> values) {
        return merge_masked(*model, set, format, values);
    };
    node.merge_with(std::exchange(model_, {}),
                    {.contents = std::move(contents),
                     .values_read = merging_cost(num_parameters_, set),
                     .make = std::move(make)},
                    round_,
                    [this, &node](ModelHandle merged) { finish_round(node, std::move(merged)); });
}

void SecureDpsgd::discard(NodeContext& node) {
    deadline_.reset();
    node.count("sums_discarded");
    finish_round(node, std::move(model_));
}

SenderSet SecureDpsgd::senders(const NodeContext& node) {
    const MixingMatrix::Row& row = node.neighbors(round_);
    const std::map<NodeId, EncodedHandle>& models = gatherings_[round_].models;
    SenderSet set{.self_weight = row.self, .survivors = {}, .vanished = {}};
    for (const auto& [sender, weight] : row.neighbors) {
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

void SecureDpsgd::wait_anew(NodeContext& node) {
    if (!timeout_) {
        return;
    }
    deadline_ = node.now() + *timeout_;
    if (!timer_runs_) {
        start_timer(node);
    }
}

void SecureDpsgd::start_timer(NodeContext& node) {
    timer_runs_ = true;
    node.after(*deadline_ - node.now(), [this, &node] {
        timer_runs_ = false;
        on_timer(node);
    });
}

void SecureDpsgd::on_timer(NodeContext& node) {
    if (!deadline_) {
        return;
    }
    if (node.now() < *deadline_) {
        start_timer(node);
    } else if (phase_ == Phase::kGathering) {
        close(node);
    } else {
        discard(node);
    }
}

std::string SecureDpsgd::waits_for() const {
    switch (phase_) {
        case Phase::kTraining:
        case Phase::kMerging:
            return fmt::format("round {}: its own work", round_);
        case Phase::kSharing:
            return fmt::format(
                "round {}: {} receivers to name their senders", round_, unserved_.size());
        case Phase::kGathering:
            return fmt::format("round {}: masked models of {} neighbors", round_, missing_);
        case Phase::kRecovering:
            return fmt::format("round {}: mask seeds of {} neighbors", round_, missing_);
    }
    return {};
}

ProtocolPlan plan_secure_dpsgd(const Spec& spec, NodeId /*num_nodes*/) {
    const SpecOptions options = protocol_options(spec, {"fraction-bits", "timeout"});
    SecureDpsgd::Options chosen;
    chosen.fraction_bits =
        static_cast<int>(options.integer("fraction-bits", chosen.fraction_bits, {1, 30}));
    if (!options.text("timeout", "").empty()) {
        chosen.timeout = required_time(spec, options, "timeout");
    }
    ProtocolPlan plan = plan_of<SecureDpsgd>(chosen);
    plan.sharing = "full";
    plan.sums_in_secret = true;
    // A node answers who recovers a sum while it trains for its next round.
    plan.overlaps_training = true;
    return plan;
}

}  // namespace murmur
