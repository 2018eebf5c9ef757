#include "emulator/protocols/repeated_mixing.h"

#include "emulator/protocols/open_round.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace murmur {
namespace {

enum class Kind : std::uint32_t { kMixing };

}  // namespace

void RepeatedMixing::on_start() {
    model_ = node().initial_model();
    if (node().now() > SimTime(0)) {
        node().rejoin({});  // the others may have begun before
    }
    begin_round();
}

void RepeatedMixing::begin_round() {
    drop_missed();
    if (node().is_done()) {
        return;
    }
    phase_ = Phase::kTraining;
    mixing_ = 0;
    neighbors_ = node().neighbors(node().round());
    keep(model_);
    node().train(std::exchange(model_, {}), node().round(), [this](TrainedModel trained) {
        model_ = std::move(trained.model);
        keep(model_);
        mix();
    });
}

void RepeatedMixing::mix() {
    phase_ = Phase::kSharing;
    share([this] {
        phase_ = Phase::kShared;
        merge_when_complete();
    });
}

void RepeatedMixing::share(Done done) {
    node().encode(model_, node().round(), [this, done = std::move(done)](EncodedHandle encoded) {
        for (const NeighborWeight& edge : neighbors_.out) {
            send(edge.neighbor, encoded);
        }
        encoded = {};
        done();
    });
}

void RepeatedMixing::send(NodeId to, EncodedHandle content) {
    node().send({.to = to,
                 .round = node().round(),
                 .content = std::move(content),
                 .note = NoteWriter(Kind::kMixing).u32(mixing_).finish()});
}

void RepeatedMixing::keep(const ModelHandle& model) {
    if (node().has_churn()) {
        kept_ = model;
    }
}

void RepeatedMixing::on_message(const Incoming& message) {
    if (!message.note || !message.content) {
        throw std::invalid_argument(
            "repeated mixing: a message is damaged, allowed a model with the number of its mixing");
    }
    NoteReader reader(*message.note, "repeated mixing: a note");
    const std::uint32_t mixing = reader.u32();
    if (mixing >= mixings_) {
        reader.refuse(fmt::format("mixing {} of {}", mixing, mixings_));
    }
    reader.expect_end();
    if (node().is_done() || message.round < node().round()) {
        node().count("late_models");
        count_lost();
        return;
    }
    inbox_[{message.round, mixing}][message.from] = message.content;
    if (phase_ == Phase::kShared) {
        merge_when_complete();
    }
}

void RepeatedMixing::merge_when_complete() {
    const std::uint64_t round = node().round();
    std::map<NodeId, EncodedHandle>& arrived = inbox_[{round, mixing_}];
    missing_ = 0;
    for (const NeighborWeight& edge : neighbors_.in) {
        if (!arrived.contains(edge.neighbor) && node().takes_part(edge.neighbor, round)) {
            ++missing_;
            node().watch(edge.neighbor);
        }
    }
    if (missing_ > 0) {
        return;
    }
    double self_weight = neighbors_.self;
    std::vector<WeightedModel> models;
    models.reserve(neighbors_.in.size());
    // Ascending node id, not arrival: float addition is not associative.
    for (const auto& [neighbor, weight] : neighbors_.in) {
        if (const auto model = arrived.find(neighbor); model != arrived.end()) {
            models.push_back({neighbor, weight, std::move(model->second)});
        } else {
            node().count("missing_models");
            // A change that was not heard of is none: what is remembered of that neighbor holds.
            self_weight += node().sends_changes() ? 0 : weight;
        }
    }
    inbox_.erase({round, mixing_});
    phase_ = Phase::kMerging;
    node().merge(std::exchange(model_, {}),
                 self_weight,
                 std::move(models),
                 round,
                 [this](ModelHandle merged) {
                     model_ = std::move(merged);
                     if (++mixing_ < mixings_) {
                         mix();
                         return;
                     }
                     node().finish_round(model_);
                     begin_round();
                 });
}

void RepeatedMixing::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_models");
    count_lost();
}

void RepeatedMixing::count_lost() {
    if (node().sends_changes()) {
        node().count("lost_updates");
    }
}

void RepeatedMixing::drop_missed() {
    const auto end = inbox_.lower_bound({node().round(), 0});
    for (auto mixing = inbox_.begin(); mixing != end; ++mixing) {
        for (std::size_t left = mixing->second.size(); left > 0; --left) {
            count_lost();
        }
    }
    inbox_.erase(inbox_.begin(), end);
}

void RepeatedMixing::on_peer_left(NodeId /*peer*/) {
    // One that has missed the last rounds is done in the middle of one.
    if (phase_ == Phase::kShared && !node().is_done()) {
        merge_when_complete();
    }
}

void RepeatedMixing::on_return(ModelHandle model) {
    if (!moves_to_open_round(node(), bool{model})) {
        return;
    }
    model_ = model ? std::move(model) : std::exchange(kept_, {});
    begin_round();
}

std::string RepeatedMixing::waits_for() const {
    if (phase_ == Phase::kShared) {
        return fmt::format("round {}: messages of {} neighbors in mixing {} of {}",
                           node().round(),
                           missing_,
                           mixing_ + 1,
                           mixings_);
    }
    return fmt::format("round {}: its own training", node().round());
}

}  // namespace murmur
