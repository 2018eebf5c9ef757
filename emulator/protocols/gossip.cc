#include "emulator/protocols/gossip.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

namespace {

/// The note beside a model that says its age.
constexpr std::uint32_t kAge = 0;

std::uint32_t read_age(const Note& note) {
    NoteReader reader(note, "gossip: an age");
    const std::uint32_t age = reader.u32();
    reader.expect_end();
    return age;
}

}  // namespace

void GossipLearning::on_start() {
    model_ = node().initial_model();
    const auto period = static_cast<std::uint64_t>(options_.period.count());
    const std::uint64_t phase = node().stream("gossip-phase", 0).below(period);
    next_tick_ = SimTime(static_cast<SimTime::rep>(phase));
    skip_missed_ticks();
}

void GossipLearning::skip_missed_ticks() {
    if (node().now() > next_tick_) {
        const std::int64_t missed = (node().now() - next_tick_ - SimTime(1)) / options_.period + 1;
        next_tick_ += missed * options_.period;
        node().miss_rounds(node().round() + static_cast<std::uint64_t>(missed));
    }
    if (node().is_done()) {
        drop_waiting();
    } else {
        wait_for_tick();
    }
}

void GossipLearning::wait_for_tick() {
    node().after(next_tick_ - node().now(), [this] { tick(); });
}

void GossipLearning::tick() {
    send_to_a_peer();
    node().finish_round(model_);
    next_tick_ += options_.period;
    if (node().is_done()) {
        drop_waiting();
    } else {
        wait_for_tick();
    }
}

void GossipLearning::drop_waiting() {
    for (; !waiting_.empty(); waiting_.pop_front()) {
        node().count("late_models");
    }
}

void GossipLearning::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_models");
}

void GossipLearning::on_return(ModelHandle model) {
    if (node().is_done()) {
        return;
    }
    if (model) {
        node().drop_work();
        is_learning_ = false;
        waiting_.clear();
        model_ = std::move(model);
        age_ = 0;
    }
    skip_missed_ticks();
}

void GossipLearning::send_to_a_peer() {
    RandomStream stream = node().stream("gossip-peer", node().round());
    NodeId peer = 0;
    if (options_.peers == Peers::kAny) {
        peer = random_peers(stream, node().id(), node().num_nodes(), 1).front();
    } else {
        const std::vector<NeighborWeight> edges = node().neighbors(node().round()).out;
        if (edges.empty()) {
            return;
        }
        peer = edges[stream.below(edges.size())].neighbor;
    }
    node().encode(model_,
                  node().round(),
                  [this, peer, round = node().round(), age = age_](const EncodedHandle& encoded) {
                      node().send({.to = peer,
                                   .round = round,
                                   .content = encoded,
                                   .note = NoteWriter(kAge).u32(age).finish()});
                  });
}

void GossipLearning::on_message(const Incoming& message) {
    if (node().is_done()) {
        node().count("late_models");
        return;
    }
    waiting_.push_back(message);
    learn_from_next();
}

void GossipLearning::learn_from_next() {
    if (is_learning_ || waiting_.empty()) {
        return;
    }
    is_learning_ = true;
    const Incoming message = std::move(waiting_.front());
    waiting_.pop_front();
    const std::uint32_t age = read_age(*message.note);
    const double sum = static_cast<double>(age) + age_;
    const double weight = sum > 0 ? age / sum : 0.5;
    const std::uint64_t round = trainings_++;
    node().merge(model_,
                 1 - weight,
                 {{message.from, weight, message.content}},
                 round,
                 [this, age, round](ModelHandle merged) {
                     node().train(std::move(merged), round, [this, age](TrainedModel trained) {
                         model_ = std::move(trained.model);
                         age_ = std::max(age_, age) + 1;
                         is_learning_ = false;
                         learn_from_next();
                     });
                 });
}

std::string GossipLearning::waits_for() const {
    return fmt::format("tick {} of its timer", node().round());
}

void register_gossip(ProtocolRegistry& registry) {
    using Peers = GossipLearning::Peers;
    registry.add({"gossip",
                  "each node sends its model to a random peer by its own timer",
                  {required("period", "TIME", "of the timer"),
                   word("peers", {"any", "overlay"}, "whom a node sends to")}},
                 [](const Options& options, NodeId) {
                     const auto peers = options.choice<Peers>(
                         "peers", {{"any", Peers::kAny}, {"overlay", Peers::kOverlay}});
                     ProtocolPlan plan = plan_of<GossipLearning>(GossipLearning::Options{
                         .period = time_option(options, "period"), .peers = peers});
                     plan.peers = peers == Peers::kAny ? ProtocolPlan::Peers::kAny
                                                       : ProtocolPlan::Peers::kOverlay;
                     plan.has_changing_peers = true;
                     plan.sets_weights = true;
                     plan.overlaps_training = true;
                     plan.lives_with_churn = true;
                     return plan;
                 });
}

}  // namespace murmur
