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
        sent->forged = forge_for_all(*sent);
    }
    return sent->forged;
}

EncodedHandle Forger::forge_for_all(const Sent& sent) {
    Seen seen;
    for (const NodeId node : services_.attackers.attack->sees()) {
        seen.honest.push_back(services_.agents[node]->newest_model());
    }
    return forge(sent, std::move(seen), state_for(id_));
}

EncodedHandle Forger::forge_for(const Sent& sent, NodeId victim) {
    Seen seen;
    for (const auto& [node, weight] : services_.overlay.row(victim, sent.context.round).neighbors) {
        if (services_.attackers.has(node)) {
            seen.attackers_weight += weight;
        } else {
            seen.honest.push_back(services_.agents[node]->newest_model());
            seen.weights.push_back(weight);
        }
    }
    if (seen.attackers_weight <= 0) {
        return sent.honest;  // no victim of anybody
    }
    seen.victim.push_back(services_.agents[victim]->newest_model());
    return forge(sent, std::move(seen), state_for(victim));
}

EncodedHandle Forger::forge(const Sent& sent, Seen seen, SharingCell state) const {
    Handle<Encoded> made = services_.bridge.observe(
        {.node = id_,
         .start = Bridge::now(),
         .cost = {.kind = TaskKind::kEncode, .round = sent.context.round}},
        [&attack = *services_.attackers.attack,
         sharing = &services_.sharing,
         context = sent.context,
         weights = std::move(seen.weights),
         attackers_weight = seen.attackers_weight,
         seed = stream_seed(services_.seed, "attack", id_, sent.context.round)](
            const Parameters& own,
            const std::vector<Parameters>& honest,
            const std::vector<Parameters>& victim,
            std::unique_ptr<SharingState>& encoder) -> Encoded {
            const Parameters forged =
                attack.forge({.own = own,
                              .honest = honest,
                              .stream_seed = seed,
                              .victim = victim.empty() ? nullptr : victim.front(),
                              .weights = weights,
                              .attackers_weight = attackers_weight});
            return sharing->encode(*encoder, forged, context);
        },
        sent.model,
        std::move(seen.honest),
        std::move(seen.victim),
        std::move(state));
    return {std::move(made),
            services_.sharing.message_size(services_.learners.any().num_parameters(), sent.context)};
}

SharingCell Forger::state_for(NodeId receiver) {
    const auto found = states_.find(receiver);
    if (found != states_.end()) {
        return found->second;
    }
    SharingCell state = sharing_cell(id_,
                                     "forged sharing",
                                     services_.sharing,
                                     services_.bridge.graph().owns(id_) ? start_ : nullptr,
                                     SharingRole::kPeer);
    return states_.emplace(receiver, std::move(state)).first->second;
}

}  // namespace murmur
