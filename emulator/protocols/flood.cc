#include "emulator/protocols/flood.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

Flood::Flood(std::uint32_t kind,
             std::uint64_t hops,
             std::function<void(NodeId, const Item&)> on_item,
             std::function<void()> on_end)
    : kind_(kind), hops_(hops), on_item_(std::move(on_item)), on_end_(std::move(on_end)) {}

void Flood::start(NodeContext& node, Item own) {
    is_running_ = true;
    neighbors_ = node.neighbors(0).in;
    std::erase_if(neighbors_, [&](const NeighborWeight& edge) {
        return lost_.contains(edge.neighbor) || !node.is_present(edge.neighbor);
    });
    is_known_.assign(node.num_nodes(), false);
    is_known_[node.id()] = true;
    to_send_.emplace(node.id(), std::move(own));
    send(node);
    take_hop(node);
}

void Flood::send(NodeContext& node) {
    NoteWriter writer(kind_);
    for (const auto& [owner, item] : std::exchange(to_send_, {})) {
        writer.u32(owner).u32(static_cast<std::uint32_t>(item.size()));
        for (const std::uint32_t number : item) {
            writer.u32(number);
        }
    }
    const NotePtr note = writer.finish();
    for (const NeighborWeight& edge : neighbors_) {
        node.send({.to = edge.neighbor, .round = hop_, .note = note});
    }
}

void Flood::receive(NodeContext& node, const Incoming& message) {
    inbox_[message.round][message.from] = message.note;
    if (is_running_) {
        take_hop(node);
    }
}

void Flood::lose(NodeContext& node, NodeId neighbor) {
    lost_.insert(neighbor);
    std::erase_if(neighbors_, [neighbor](const NeighborWeight& edge) {
        return edge.neighbor == neighbor;
    });
    if (is_running_) {
        take_hop(node);
    }
}

bool Flood::is_hop_complete() {
    const std::map<NodeId, NotePtr>& notes = inbox_[hop_];
    return std::all_of(neighbors_.begin(), neighbors_.end(), [&](const NeighborWeight& edge) {
        return notes.contains(edge.neighbor);
    });
}

void Flood::take_hop(NodeContext& node) {
    while (is_hop_complete()) {
        for (const auto& [from, note] : inbox_[hop_]) {
            take(*note);
        }
        inbox_.erase(hop_);
        if (++hop_ == hops_) {
            is_running_ = false;
            on_end_();
            return;
        }
        send(node);
    }
}

void Flood::take(const Note& note) {
    NoteReader reader(note, "flood: a note");
    while (reader.has_more()) {
        const NodeId owner = reader.u32();
        if (owner >= is_known_.size()) {
            reader.refuse(fmt::format("no node {}", owner));
        }
        const std::uint32_t length = reader.u32();
        Item item;
        for (std::uint32_t i = 0; i < length; ++i) {
            item.push_back(reader.u32());
        }
        if (is_known_[owner]) {
            continue;
        }
        is_known_[owner] = true;
        on_item_(owner, item);
        to_send_.emplace(owner, std::move(item));
    }
}

}  // namespace murmur
