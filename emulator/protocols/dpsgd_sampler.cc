#include "emulator/protocols/dpsgd_sampler.h"

#include "emulator/protocols/plans.h"

#include <utility>

namespace murmur {

void DpsgdSampler::find_neighbors() {
    if (node().id() == kSampler) {
        Dpsgd::find_neighbors();
    } else {
        node().send({.to = kSampler, .round = node().round(), .note = make_note(kRequest)});
    }
}

void DpsgdSampler::on_message(const Incoming& message) {
    if (!message.note) {
        Dpsgd::on_message(message);
    } else if (message.note->kind() == kRequest) {
        node().send({.to = message.from,
                     .round = message.round,
                     .note = answer(node().neighbors_of(message.from, message.round))});
    } else if (message.round == node().round()) {  // else this node has missed the round
        take_neighbors(read_answer(*message.note));
    }
}

NotePtr DpsgdSampler::answer(const Neighbors& neighbors) {
    NoteWriter writer(kAnswer);
    writer.f32(static_cast<float>(neighbors.self));
    for (const NeighborWeight& edge : neighbors.in) {
        writer.u32(edge.neighbor).f32(static_cast<float>(edge.weight));
    }
    return writer.finish();
}

Neighbors DpsgdSampler::read_answer(const Note& note) {
    NoteReader reader(note, "dpsgd-sampler: an answer");
    Neighbors neighbors{.self = reader.f32()};
    while (reader.has_more()) {
        const NodeId neighbor = reader.u32();
        neighbors.in.push_back({neighbor, reader.f32()});
    }
    neighbors.out = neighbors.in;
    return neighbors;
}

void register_dpsgd_sampler(ProtocolRegistry& registry) {
    registry.add({"dpsgd-sampler", "dpsgd, each node asks node 0 for its neighbors of the round",
                  {on_missing_option()}},
                 [](const Options& options, NodeId) {
                     ProtocolPlan plan = plan_of<DpsgdSampler>(on_missing(options));
                     plan.lives_with_churn = true;
                     plan.peers = ProtocolPlan::Peers::kOverlayAndNodeZero;
                     return plan;
                 });
}

}  // namespace murmur
