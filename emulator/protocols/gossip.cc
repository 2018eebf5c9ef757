#include "emulator/protocols/gossip.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

namespace {

/// The note beside a model that says its age.
constexpr std::uint32_t kAge = 0;

}  // namespace

void GossipLearning::on_start(NodeContext& node) {
    model_ = node.initial_model();
    const auto period = static_cast<std::uint64_t>(options_.period.count());
    const std::uint64_t phase = node.stream("gossip-phase", 0).below(period);
    node.after(SimTime(static_cast<SimTime::rep>(phase)), [this, &node] { tick(node); });
}

void GossipLearning::tick(NodeContext& node) {
    send_to_a_peer(node);
    ++ticks_;
    node.finish_round(ticks_, model_);
    if (is_done(node)) {
        waiting_.clear();
    } else {
        node.after(options_.period, [this, &node] { tick(node); });
    }
}

void GossipLearning::send_to_a_peer(NodeContext& node) {
    RandomStream stream = node.stream("gossip-peer", ticks_);
    NodeId peer = 0;
    if (options_.peers == Peers::kAny) {
        peer = random_peers(stream, node.id(), node.num_nodes(), 1).front();
    } else {
        const std::vector<NeighborWeight>& edges = node.neighbors(ticks_).neighbors;
        if (edges.empty()) {
            return;
        }
        peer = edges[stream.below(edges.size())].neighbor;
    }
    node.encode(
        model_, ticks_, [&node, peer, round = ticks_, age = age_](const EncodedHandle& encoded) {
            node.send_note(peer, round, make_note(kAge, {age}), encoded);
        });
}

void GossipLearning::on_message(NodeContext& node, const Incoming& message) {
    if (is_done(node)) {
        return;
    }
    waiting_.push_back(message);
    learn_from_next(node);
}

void GossipLearning::learn_from_next(NodeContext& node) {
    if (is_learning_ || waiting_.empty()) {
        return;
    }
    is_learning_ = true;
    const Incoming message = std::move(waiting_.front());
    waiting_.pop_front();
    const std::uint32_t age = message.note->numbers.front();
    const double sum = static_cast<double>(age) + age_;
    const double weight = sum > 0 ? age / sum : 0.5;
    const std::uint64_t round = trainings_++;
    node.merge(model_,
               1 - weight,
               {{message.from, weight, message.content}},
               round,
               [this, &node, age, round](ModelHandle merged) {
                   node.train(std::move(merged), round, [this, &node, age](ModelHandle trained) {
                       model_ = std::move(trained);
                       age_ = std::max(age_, age) + 1;
                       is_learning_ = false;
                       learn_from_next(node);
                   });
               });
}

std::string GossipLearning::waits_for() const {
    return fmt::format("tick {} of its timer", ticks_);
}

ProtocolPlan plan_gossip(const Spec& spec, NodeId /*num_nodes*/) {
    using Peers = GossipLearning::Peers;
    const SpecOptions options = protocol_options(spec, {"period", "peers"});
    const auto peers = options.choice<Peers>(
        "peers", Peers::kAny, {{"any", Peers::kAny}, {"overlay", Peers::kOverlay}});
    ProtocolPlan plan = plan_of<GossipLearning>(
        GossipLearning::Options{.period = required_time(spec, options, "period"), .peers = peers});
    plan.peers = peers == Peers::kAny ? ProtocolPlan::Peers::kAny : ProtocolPlan::Peers::kOverlay;
    plan.has_changing_peers = true;
    plan.sets_weights = true;
    plan.overlaps_training = true;
    return plan;
}

}  // namespace murmur
