#include "emulator/protocols/collectives.h"

#include "emulator/protocols/collective_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

/// The kind of a note beside a message of a collective; protocols number theirs from 0.
constexpr std::uint32_t kCollective = 0x436f6c6c;

bool is_of_collective(const NotePtr& note) {
    return note && note->kind() == kCollective;
}

std::uint32_t read_step(const Note& note) {
    NoteReader reader(note, "a message of a collective");
    const std::uint32_t step = reader.u32();
    reader.expect_end();
    return step;
}

}  // namespace

Collectives::Collectives(NodeContext& node, Options options)
    : node_(node), options_(std::move(options)) {}

Collectives::~Collectives() = default;

void Collectives::all_reduce(const Collective& collective,
                             ModelHandle vector,
                             std::size_t length,
                             std::function<void(ModelHandle mean)> done) {
    begin(make_all_reduce(*this, collective, {std::move(vector), length, std::move(done)}));
}

void Collectives::all_gather(const Collective& collective,
                             EncodedHandle content,
                             std::function<void(Gathered contents)> done) {
    begin(make_all_gather(*this, collective, std::move(content), std::move(done)));
}

void Collectives::begin(std::unique_ptr<CollectiveOperation> operation) {
    const std::uint64_t number = operation->number();
    if (latest_ && number <= *latest_) {
        throw std::logic_error(
            fmt::format("collective: numbers ascend, got {} after {}", number, *latest_));
    }
    latest_ = number;
    CollectiveOperation& begun = *(active_[number] = std::move(operation));
    const auto kept = early_.extract(number);
    begun.start();
    // What came early may end it.
    for (std::size_t i = 0; !kept.empty() && i < kept.mapped().size(); ++i) {
        (void)take(kept.mapped()[i]);
    }
}

bool Collectives::take(const Incoming& message) {
    if (!is_of_collective(message.note)) {
        return false;
    }
    const auto found = active_.find(message.round);
    if (found != active_.end()) {
        if (const auto place = found->second->place_of(message.from)) {
            found->second->take(*place, read_step(*message.note), message.content);
        }
    } else if (latest_ && message.round <= *latest_) {
        node_.count("late_chunks");
    } else if (!node_.is_done()) {
        early_[message.round].push_back(message);
    }
    return true;
}

bool Collectives::take_failure(const Outgoing& message) {
    if (!is_of_collective(message.note) || !options_.timeout) {
        return false;
    }
    node_.count("lost_chunks");
    return true;
}

std::string Collectives::waits_for() const {
    return active_.empty() ? std::string() : active_.begin()->second->waits_for();
}

CollectiveOperation::CollectiveOperation(Collectives& owner, const Collective& collective)
    : owner_(owner), collective_(collective) {
    const std::optional<std::size_t> own = place_of(node().id());
    if (!own) {
        throw std::logic_error(
            fmt::format("collective: node {} is no member of it", node().id()));
    }
    place_ = *own;
}

std::optional<std::size_t> CollectiveOperation::place_of(NodeId member) const {
    const auto found = std::find(collective_.members.begin(), collective_.members.end(), member);
    return found == collective_.members.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - collective_.members.begin()));
}

void CollectiveOperation::send(std::size_t to, std::uint32_t step, EncodedHandle content) {
    node().send({.to = member(to),
                 .round = number(),
                 .content = std::move(content),
                 .note = NoteWriter(kCollective).u32(step).finish()});
}

void CollectiveOperation::end(std::function<void()> result) {
    const auto self = owner_.active_.extract(number());
    result();
}

}  // namespace murmur
