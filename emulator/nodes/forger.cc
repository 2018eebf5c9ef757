#include "emulator/nodes/forger.h"

#include "emulator/nodes/node_agent.h"
#include "learning/random_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace murmur {

namespace {

/// How many encodings a protocol may still send: that of this round, and one more.
constexpr std::size_t kRemembered = 2;

}  // namespace

Forger::Forger(NodeId id, const RunServices& services, Parameters start)
    : id_(id), services_(services), start_(std::move(start)) {}

void Forger::remember(const EncodedHandle& encoded,
                      ModelHandle model,
                      const SharingContext& context) {
    sent_.push_back({encoded, std::move(model), context});
    if (sent_.size() > kRemembered) {
        sent_.pop_front();
    }
}

EncodedHandle Forger::forged(const EncodedHandle& encoded, NodeId receiver) {
    const auto sent = std::find_if(
        sent_.begin(), sent_.end(), [&](const Sent& known) { return known.honest == encoded; });
    if (sent == sent_.end()) {
        return encoded;
    }
    if (services_.attackers.attack->is_per_victim()) {
        return services_.attackers.has(receiver) ? encoded : forge_for(*sent, receiver);
    }
    if (!sent->forged) {
        sent->forged = forge(*sent);
    }
    return sent->forged;
}

EncodedHandle Forger::forge(const Sent& sent) {
    const Attack& attack = *services_.attackers.attack;
    std::vector<ModelHandle> seen;
    for (const NodeId node : attack.sees()) {
        seen.push_back(services_.agents[node]->newest_model());
    }
    Handle<Encoded> made = services_.bridge.observe(
        {.node = id_,
         .start = Bridge::now(),
         .cost = {.kind = TaskKind::kEncode, .round = sent.context.round}},
        [&attack,
         sharing = &services_.sharing,
         context = sent.context,
         seed = stream_seed(services_.seed, "attack", id_, sent.context.round)](
            const Parameters& own,
            const std::vector<Parameters>& honest,
            std::unique_ptr<SharingState>& state) -> Encoded {
            const Parameters forged =
                attack.forge({.own = own, .honest = honest, .stream_seed = seed});
            return sharing->encode(*state, forged, context);
        },
        sent.model,
        std::move(seen),
        state_for(id_));
    return with_size(std::move(made), sent);
}

EncodedHandle Forger::forge_for(const Sent& sent, NodeId victim) {
    const Attack& attack = *services_.attackers.attack;
    std::vector<ModelHandle> seen;
    std::vector<double> weights;
    double attackers_weight = 0;
    for (const auto& [node, weight] : services_.overlay.row(victim, sent.context.round).neighbors) {
        if (services_.attackers.has(node)) {
            attackers_weight += weight;
        } else {
            seen.push_back(services_.agents[node]->newest_model());
            weights.push_back(weight);
        }
    }
    if (attackers_weight <= 0) {
        return sent.honest;  // no victim of anybody
    }
    Handle<Encoded> made = services_.bridge.observe(
        {.node = id_,
         .start = Bridge::now(),
         .cost = {.kind = TaskKind::kEncode, .round = sent.context.round}},
        [&attack,
         sharing = &services_.sharing,
         context = sent.context,
         weights = std::move(weights),
         attackers_weight,
         seed = stream_seed(services_.seed, "attack", id_, sent.context.round)](
            const Parameters& own,
            const Parameters& of_victim,
            const std::vector<Parameters>& honest,
            std::unique_ptr<SharingState>& state) -> Encoded {
            const Parameters forged = attack.forge({.own = own,
                                                    .honest = honest,
                                                    .stream_seed = seed,
                                                    .victim = of_victim,
                                                    .weights = weights,
                                                    .attackers_weight = attackers_weight});
            return sharing->encode(*state, forged, context);
        },
        sent.model,
        services_.agents[victim]->newest_model(),
        std::move(seen),
        state_for(victim));
    return with_size(std::move(made), sent);
}

Forger::Sharings Forger::state_for(NodeId receiver) {
    const auto found = states_.find(receiver);
    if (found != states_.end()) {
        return found->second;
    }
    Sharings state(
        id_,
        "forged sharing",
        services_.sharing.initial_state(start_, SharingRole::kPeer),
        [](const std::unique_ptr<SharingState>& kept, ByteSink& sink) { kept->write(sink); },
        [sharing = &services_.sharing](ByteSource& source) { return sharing->read_state(source); });
    return states_.emplace(receiver, std::move(state)).first->second;
}

EncodedHandle Forger::with_size(Handle<Encoded> encoded, const Sent& sent) const {
    return {
        std::move(encoded),
        services_.sharing.message_size(services_.learners.any().num_parameters(), sent.context)};
}

}  // namespace murmur
