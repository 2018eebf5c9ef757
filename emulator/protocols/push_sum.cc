#include "emulator/protocols/push_sum.h"

#include "emulator/protocols/mixing_protocol.h"
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace murmur {

namespace {

enum Kind : std::uint32_t { kPush, kLost };

double read_mass(const Note& note) {
    NoteReader reader(note, "sgp: a push");
    const double mass = reader.f64();
    reader.expect_end();
    return mass;
}

const ParameterVector& numerator_of(const Encoded& message) {
    return *dynamic_cast<const WholeVectors&>(*message).vectors().front();
}

/// Returns factor * x.
Parameters scaled(const ParameterVector& x, double factor) {
    auto result = std::make_shared<ParameterVector>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        result->values()[i] = static_cast<float>(factor * x.values()[i]);
    }
    return result;
}

/// Returns x + after - before.
Parameters moved(const ParameterVector& x,
                 const ParameterVector& before,
                 const ParameterVector& after) {
    auto result = std::make_shared<ParameterVector>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        result->values()[i] = static_cast<float>(static_cast<double>(x.values()[i]) +
                                                 after.values()[i] - before.values()[i]);
    }
    return result;
}

/// Returns x - sum of what was sent + sum of what came, each rounded once: what was not sent stays.
Parameters rest_and_arrived(const ParameterVector& x,
                            const std::vector<Encoded>& sent,
                            const std::vector<Encoded>& arrived) {
    std::vector<double> sum(x.values().begin(), x.values().end());
    const auto add = [&sum](const std::vector<Encoded>& messages, double sign) {
        for (const Encoded& message : messages) {
            const auto values = numerator_of(message).values();
            for (std::size_t i = 0; i < sum.size(); ++i) {
                sum[i] += sign * values[i];
            }
        }
    };
    add(sent, -1);
    add(arrived, 1);
    auto result = std::make_shared<ParameterVector>(x.size());
    std::ranges::transform(
        sum, result->values().begin(), [](double value) { return static_cast<float>(value); });
    return result;
}

}  // namespace

void PushSum::on_start() {
    if (node().now() > SimTime(0)) {
        rejoin();  // the others may have begun before
    }
    begin_with(node().initial_model());
}

void PushSum::begin_with(ModelHandle model) {
    numerator_ = std::move(model);
    estimate_ = numerator_;
    begin_round();
}

void PushSum::rejoin() {
    std::vector<NodeId> peers;
    if (node().has_static_overlay()) {
        const Neighbors neighbors = node().neighbors(node().round());
        for (const auto* edges : {&neighbors.in, &neighbors.out}) {
            for (const NeighborWeight& edge : *edges) {
                peers.push_back(edge.neighbor);
            }
        }
    }
    node().rejoin(peers);
    joined_ = node().round();
}

void PushSum::begin_round() {
    if (node().is_done()) {
        return;
    }
    phase_ = Phase::kTraining;
    node().train(estimate_, node().round(), [this](TrainedModel trained) {
        take_update(std::move(trained.model));
    });
}

void PushSum::take_update(ModelHandle trained) {
    phase_ = Phase::kPushing;
    ModelHandle before = std::exchange(estimate_, {});
    if (before == numerator_) {
        numerator_ = {};
        push(std::move(trained));
        return;
    }
    node().compute(
        {.kind = TaskKind::kMerge,
         .round = node().round(),
         .values_read = 3 * node().num_parameters()},
        [](const Parameters& x, const Parameters& z, const Parameters& after) {
            return moved(*x, *z, *after);
        },
        [this](ModelHandle half) { push(std::move(half)); },
        std::exchange(numerator_, {}),
        std::move(before),
        std::move(trained));
}

void PushSum::push(ModelHandle half) {
    numerator_ = std::move(half);
    kept_mass_ = mass_;
    std::map<double, std::vector<NodeId>> receivers;  // by share: a node's are mostly equal
    for (const auto& [neighbor, share] : node().neighbors(node().round()).out) {
        receivers[share].push_back(neighbor);
    }
    to_push_ = receivers.size();
    if (to_push_ == 0) {
        phase_ = Phase::kWaiting;
        merge_when_complete();
    }
    for (const auto& [share, nodes] : receivers) {
        send_share(share, nodes);
    }
}

void PushSum::send_share(double share, const std::vector<NodeId>& receivers) {
    node().encode_with(
        {.round = node().round(),
         .values_read = node().num_parameters(),
         .size = WholeVectors::size_of(1, node().num_parameters())},
        [share](const Parameters& x) -> Encoded {
            return std::make_shared<const WholeVectors>(std::vector{scaled(*x, share)});
        },
        [this, share, receivers](const EncodedHandle& message) {
            const double mass = share * mass_;
            for (const NodeId receiver : receivers) {
                kept_mass_ -= mass;
                own_pushes_.push_back(message);
                node().send({.to = receiver,
                             .round = node().round(),
                             .content = message,
                             .note = NoteWriter(kPush).f64(mass).finish()});
            }
            if (--to_push_ == 0) {
                phase_ = Phase::kWaiting;
                merge_when_complete();
            }
        },
        numerator_);
}

void PushSum::on_message(const Incoming& message) {
    if (node().is_done()) {
        node().count("pushes_after_end");
        return;
    }
    heard_[message.round].insert(message.from);
    if (message.content) {
        arrived_[message.round][message.from] = {message.content, read_mass(*message.note)};
    }
    merge_when_complete();
}

void PushSum::on_send_failed(const Outgoing& message, const std::string& reason) {
    const bool is_away = is_departure(reason);
    if (!message.content) {
        if (!is_away) {
            node().count("losses_untold");
        }
        return;
    }
    node().count("pushes_returned");
    returned_.push_back({message.content, read_mass(*message.note)});
    if (is_away) {
        return;  // the receiver waits for none of this node that one of the two was away for
    }
    node().send({.to = message.to, .round = message.round, .note = make_note(kLost)});
}

bool PushSum::is_complete() const {
    if (node().round() < options_.staleness) {
        return true;
    }
    // Of earlier rounds they were waited for in the rounds before this one.
    const std::uint64_t due = node().round() - options_.staleness;
    if (merges_at_once_ || due < joined_) {
        return true;
    }
    const auto heard = heard_.find(due);
    return std::ranges::all_of(node().neighbors(due).in, [&](const NeighborWeight& edge) {
        return (heard != heard_.end() && heard->second.contains(edge.neighbor)) ||
               !is_awaited(edge.neighbor, due);
    });
}

bool PushSum::is_awaited(NodeId neighbor, std::uint64_t round) const {
    if (!node().takes_part(neighbor, round)) {
        return false;
    }
    node().watch(neighbor);
    return true;
}

void PushSum::on_peer_left(NodeId /*peer*/) {
    merge_when_complete();
}

void PushSum::on_return(ModelHandle model) {
    if (node().is_done()) {
        return;
    }
    rejoin();
    if (node().is_done()) {
        node().drop_work();
        return;
    }
    if (model) {
        node().drop_work();
        own_pushes_.clear();
        returned_.clear();
        merges_at_once_ = false;
        mass_ = 1;
        begin_with(std::move(model));
        return;
    }
    if (phase_ == Phase::kTraining) {
        return;  // its push will be one of the round that it has now
    }
    merges_at_once_ = true;
    for (const NeighborWeight& edge : node().neighbors(node().round()).out) {
        node().send({.to = edge.neighbor, .round = node().round(), .note = make_note(kLost)});
    }
    merge_when_complete();
}

void PushSum::merge_when_complete() {
    if (phase_ == Phase::kWaiting && is_complete()) {
        merge();
    }
}

std::vector<PushSum::Push> PushSum::take_arrived() {
    std::vector<Push> taken = std::exchange(returned_, {});
    const std::uint64_t last =
        options_.staleness == 0 ? node().round() : std::numeric_limits<std::uint64_t>::max();
    // By round and id of the sender, not as they came: float addition is not associative.
    while (!arrived_.empty() && arrived_.begin()->first <= last) {
        for (auto& [from, push] : arrived_.begin()->second) {
            taken.push_back(std::move(push));
        }
        arrived_.erase(arrived_.begin());
    }
    return taken;
}

void PushSum::merge() {
    phase_ = Phase::kMerging;
    if (node().round() >= options_.staleness) {
        heard_.erase(heard_.begin(), heard_.upper_bound(node().round() - options_.staleness));
    }
    mass_ = kept_mass_;
    std::vector<EncodedHandle> arrived;
    for (Push& push : take_arrived()) {
        mass_ += push.mass;
        arrived.push_back(std::move(push.numerator));
    }
    // Before both are moved: the order in which arguments are made is not known.
    const std::uint64_t vectors = 1 + own_pushes_.size() + arrived.size();
    node().compute(
        {.kind = TaskKind::kMerge,
         .round = node().round(),
         .values_read = vectors * node().num_parameters()},
        [](const Parameters& x,
           const std::vector<Encoded>& sent,
           const std::vector<Encoded>& came) { return rest_and_arrived(*x, sent, came); },
        [this](ModelHandle numerator) { finish(std::move(numerator)); },
        std::exchange(numerator_, {}),
        std::exchange(own_pushes_, {}),
        std::move(arrived));
}

void PushSum::finish(ModelHandle numerator) {
    numerator_ = std::move(numerator);
    merges_at_once_ = false;
    const auto go_on = [this](ModelHandle estimate) {
        estimate_ = std::move(estimate);
        node().finish_round(estimate_);
        begin_round();
    };
    if (mass_ == 1) {
        go_on(numerator_);  // nothing to take out
        return;
    }
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = node().num_parameters()},
        [mass = mass_](const Parameters& x) { return scaled(*x, 1 / mass); },
        go_on,
        numerator_);
}

std::string PushSum::waits_for() const {
    return fmt::format("round {}: {}",
                       node().round(),
                       phase_ == Phase::kWaiting ? "pushes of in-neighbors" : "its own work");
}

void register_push_sum(ProtocolRegistry& registry) {
    const auto plan = [](std::uint64_t staleness) {
        ProtocolPlan plan = plan_of<PushSum>(PushSum::Options{.staleness = staleness});
        plan.has_own_messages = true;
        plan.takes_directed_overlay = true;
        plan.needs_weighted_means = false;
        plan.check_overlay = check_splits;
        plan.lives_with_churn = true;
        return plan;
    };
    registry.add({"sgp", "stochastic gradient push: push-sum over overlays with directions"},
                 [plan](const Options&, NodeId) { return plan(0); });
    registry.add(
        {"osgp",
         "sgp that trains on while pushes are in the air",
         {named("staleness", "1", "rounds that a push may be late by")}},
        [plan](const Options& options, NodeId) {
            return plan(static_cast<std::uint64_t>(options.integer("staleness", {1, 1'000'000})));
        });
}

}  // namespace murmur
