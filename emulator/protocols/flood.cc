#include "emulator/protocols/flood.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace murmur {

Flood::Flood(std::uint32_t kind,
             std::uint64_t hops,
             std::function<void(NodeId, const Item&)> on_item,
             std::function<void()> on_end)
    : kind_(kind), hops_(hops), on_item_(std::move(on_item)), on_end_(std::move(on_end)) {}

void Flood::start(NodeContext& node, Item own) {
    is_running_ = true;
    is_known_.assign(node.num_nodes(), false);
    is_known_[node.id()] = true;
    to_send_.emplace(node.id(), std::move(own));
    send(node);
    take_hop(node);
}

void Flood::send(NodeContext& node) {
    std::vector<std::uint32_t> numbers;
    for (const auto& [owner, item] : std::exchange(to_send_, {})) {
        numbers.push_back(owner);
        numbers.push_back(static_cast<std::uint32_t>(item.size()));
        numbers.insert(numbers.end(), item.begin(), item.end());
    }
    const NotePtr note = make_note(kind_, std::move(numbers));
    for (const NeighborWeight& edge : node.neighbors(0).neighbors) {
        node.send_note(edge.neighbor, hop_, note);
    }
}

void Flood::receive(NodeContext& node, const Incoming& message) {
    inbox_[message.round][message.from] = message.note;
    if (is_running_) {
        take_hop(node);
    }
}

void Flood::take_hop(NodeContext& node) {
    while (inbox_[hop_].size() == node.neighbors(0).neighbors.size()) {
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
    const std::vector<std::uint32_t>& numbers = note.numbers;
    for (std::size_t i = 0; i < numbers.size();) {
        const std::size_t left = numbers.size() - i;
        if (left < 2 || numbers[i] >= is_known_.size() || numbers[i + 1] > left - 2) {
            throw std::invalid_argument(
                fmt::format("flood: a note is damaged at number {} of {}: no node, or more numbers "
                            "than follow",
                            i,
                            numbers.size()));
        }
        const NodeId owner = numbers[i];
        const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(i) + 2;
        const std::uint32_t length = numbers[i + 1];
        i += 2 + length;
        if (is_known_[owner]) {
            continue;
        }
        is_known_[owner] = true;
        Item item(begin, begin + length);
        on_item_(owner, item);
        to_send_.emplace(owner, std::move(item));
    }
}

}  // namespace murmur
