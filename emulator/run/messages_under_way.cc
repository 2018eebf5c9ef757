#include "emulator/run/messages_under_way.h"

#include <algorithm>
#include <utility>

namespace murmur {

using ns3::murmuration::Message;

void MessagesUnderWay::add(const Message& message) {
    if (2 * ++size_ > table_.size()) {
        const std::vector<Index> former =
            std::exchange(table_, std::vector<Index>(2 * table_.size(), kNone));
        for (const Index index : former) {
            if (index != kNone) {
                enter(index);
            }
        }
    }
    Index index = 0;
    if (free_.empty()) {
        index = static_cast<Index>(slots_.size());
        slots_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.message = message;
    for (const int end : {0, 1}) {
        List& list = list_of(slot, end);
        slot.links[end] = {.before = list.last, .behind = kNone};
        (list.last == kNone ? list.first : slots_[list.last].links[end].behind) = index;
        list.last = index;
    }
    enter(index);
}

void MessagesUnderWay::enter(Index index) {
    std::size_t place = home_of(index);
    while (table_[place] != kNone) {
        place = (place + 1) & (table_.size() - 1);
    }
    table_[place] = index;
}

void MessagesUnderWay::remove(std::uint64_t id) {
    std::size_t place = id & (table_.size() - 1);
    while (table_[place] != kNone && slots_[table_[place]].message.id != id) {
        place = (place + 1) & (table_.size() - 1);
    }
    const Index index = table_[place];
    if (index == kNone) {
        return;
    }
    vacate(place);
    Slot& slot = slots_[index];
    for (const int end : {0, 1}) {
        List& list = list_of(slot, end);
        const Link link = slot.links[end];
        (link.before == kNone ? list.first : slots_[link.before].links[end].behind) = link.behind;
        (link.behind == kNone ? list.last : slots_[link.behind].links[end].before) = link.before;
    }
    slot.message.content.reset();
    free_.push_back(index);
    --size_;
}

/// Moves what was entered behind a place into it, where it would not be found otherwise.
void MessagesUnderWay::vacate(std::size_t place) {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t next = (place + 1) & mask; table_[next] != kNone; next = (next + 1) & mask) {
        const std::size_t home = home_of(table_[next]);
        if (((next - home) & mask) >= ((next - place) & mask)) {
            table_[place] = table_[next];
            place = next;
        }
    }
    table_[place] = kNone;
}

std::vector<Message> MessagesUnderWay::of(NodeId node) const {
    std::vector<Message> messages;
    for (const int end : {0, 1}) {
        const auto list = 2 * std::size_t{node} + static_cast<std::size_t>(end);
        for (Index index = lists_[list].first; index != kNone;
             index = slots_[index].links[end].behind) {
            messages.push_back(slots_[index].message);
        }
    }
    std::ranges::sort(messages, {}, &Message::id);
    return messages;
}

}  // namespace murmur
