#include "emulator/protocols/collectives.h"

#include "emulator/protocols/collective_operation.h"
#include "learning/encoding/whole_model.h"

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

/// What stands in a note: which message it is, and of how many members' attempt, where they leave.
struct Step {
    std::uint32_t number;
    std::uint32_t members;
};
/// In the number of a part of a result that is handed on.
constexpr std::uint32_t kResult = 1u << 31u;

Step read_step(const Note& note, bool has_churn) {
    NoteReader reader(note, "a message of a collective");
    Step step{.number = reader.u32(), .members = 0};
    if (has_churn) {
        step.members = reader.u32();
    }
    reader.expect_end();
    return step;
}

NotePtr note_of(const NodeContext& node, std::uint32_t number, std::size_t members) {
    NoteWriter writer(kCollective);
    writer.u32(number);
    if (node.has_churn()) {
        writer.u32(static_cast<std::uint32_t>(members));
    }
    return writer.finish();
}

}  // namespace

Collectives::Collectives(NodeContext& node, Options options)
    : node_(node), options_(std::move(options)) {}

Collectives::~Collectives() = default;

void Collectives::all_reduce(const Collective& collective,
                             ModelHandle vector,
                             std::size_t length,
                             std::function<void(ModelHandle mean)> done) {
    begin(collective,
          [this, input = AllReduce::Input{std::move(vector), length, std::move(done)}](
              const Collective& of) { return make_all_reduce(*this, of, input); });
}

void Collectives::all_gather(const Collective& collective,
                             EncodedHandle content,
                             std::function<void(Gathered contents)> done) {
    begin(collective,
          [this, content = std::move(content), done = std::move(done)](const Collective& of) {
              return make_all_gather(*this, of, content, done);
          });
}

void Collectives::begin(const Collective& collective, Make make) {
    if (is_away_) {
        return;  // of work that runs to its end while the node is away
    }
    const std::uint64_t number = collective.number;
    if (latest_ && number <= *latest_) {
        throw std::logic_error(
            fmt::format("collective: numbers ascend, got {} after {}", number, *latest_));
    }
    latest_ = number;
    CollectiveOperation& begun = *(active_[number] = make(collective));
    if (has_leavers()) {
        makes_[number] = std::move(make);
        board_->begin(number, node_.id());
    }
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
    if (found == active_.end()) {
        if (message.round < first_ || (latest_ && message.round <= *latest_)) {
            node_.count("late_chunks");
        } else if (!node_.is_done()) {
            early_[message.round].push_back(message);
        }
        return true;
    }
    CollectiveOperation& operation = *found->second;
    const Step step = read_step(*message.note, node_.has_churn());
    if (has_leavers() && (step.number & kResult) != 0) {
        operation.take_result(step.number & ~kResult, message.content);
        return true;
    }
    const bool is_of_former_attempt =
        node_.has_churn() &&
        (operation.is_abandoned() || step.members != operation.collective().members.size());
    const std::optional<std::size_t> place = operation.place_of(message.from);
    if (is_of_former_attempt) {
        node_.count("late_chunks");
    } else if (place) {
        operation.take(*place, step.number, message.content);
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
                 .note = note_of(node(), step, count())});
}

void CollectiveOperation::end(Collectives::Result result, std::function<void()> then) {
    Collectives& owner = owner_;
    const auto self = owner.active_.extract(number());
    result.collective = collective_;
    owner.keep(std::move(result));
    then();
}

void CollectiveOperation::abandon() {
    if (is_abandoned_) {
        return;  // a result that is being taken is one whoever has left
    }
    alive_ = std::make_shared<const char>();
    is_abandoned_ = true;
    stop_timer();
}

void CollectiveOperation::start_timer(SimTime delay, std::function<void()> event) {
    stop_timer();
    timer_ = node().after(delay, std::move(event));
}

void CollectiveOperation::stop_timer() {
    if (timer_) {
        node().cancel(*std::exchange(timer_, {}));
    }
}

// Members that leave.

void Collectives::join(std::shared_ptr<CollectiveBoard> board) {
    board_ = std::move(board);
    board_->add(node_.id(), *this);
}

void Collectives::watch_all() {
    node_.watch_all();
}

bool Collectives::takes_part(std::uint64_t number, NodeId node) const {
    return node_.is_present(node) && (!board_ || board_->takes_part(number, node));
}

std::vector<NodeId> Collectives::unfinished(const Collective& collective) const {
    std::vector<NodeId> members;
    for (const NodeId member : collective.members) {
        if (takes_part(collective.number, member) &&
            !board_->has_finished(collective.number, member)) {
            members.push_back(member);
        }
    }
    return members;
}

bool Collectives::is_first_to_hand_on(const Result& result) const {
    for (const NodeId member : result.collective.members) {
        if (node_.is_present(member) && board_->has_finished(result.collective.number, member)) {
            return member == node_.id();
        }
    }
    return false;
}

void Collectives::on_peer_left(NodeId peer) {
    std::vector<std::uint64_t> to_restart;
    for (const auto& [number, operation] : active_) {
        const std::vector<NodeId>& members = operation->collective().members;
        if (!operation->place_of(peer)) {
            continue;
        }
        const bool is_handed_on = std::ranges::any_of(members, [&](NodeId member) {
            return node_.is_present(member) && board_->has_finished(number, member);
        });
        if (is_handed_on) {
            operation->abandon();
        } else {
            to_restart.push_back(number);
        }
    }
    for (const auto& [number, result] : results_) {
        const std::vector<NodeId>& members = result.collective.members;
        if (std::ranges::find(members, peer) != members.end() && is_first_to_hand_on(result)) {
            hand_on(result);
        }
    }
    for (const std::uint64_t number : to_restart) {
        restart(number);
    }
}

void Collectives::restart(std::uint64_t number) {
    CollectiveOperation& former = *active_.at(number);
    Collective collective = former.collective();
    std::erase_if(collective.members,
                  [this, number](NodeId member) { return !takes_part(number, member); });
    former.abandon();
    node_.count("collectives_restarted");
    CollectiveOperation& begun = *(active_[number] = makes_.at(number)(collective));
    begun.start();
}

void Collectives::leave() {
    is_away_ = true;
    active_.clear();
    makes_.clear();
    results_.clear();
}

std::uint64_t Collectives::enter(std::uint64_t multiple) {
    leave();
    is_away_ = false;
    first_ = (board_->first_open() + multiple - 1) / multiple * multiple;
    early_.erase(early_.begin(), early_.lower_bound(first_));
    board_->enter(first_, node_.id());
    return first_;
}

std::uint64_t Collectives::enter_later(std::uint64_t multiple) {
    const std::uint64_t former = first_;
    if (enter(multiple) != former) {
        for (const auto& [node, collectives] : board_->of_nodes()) {
            if (node != node_.id() && node_.is_present(node)) {
                collectives->on_peer_left(node_.id());
            }
        }
    }
    return first_;
}

void Collectives::keep(Result result) {
    if (!has_leavers()) {
        return;
    }
    const std::uint64_t number = result.collective.number;
    makes_.erase(number);
    board_->finish(number, node_.id());
    results_[number] = std::move(result);
    std::erase_if(results_, [this](const auto& kept) {
        return unfinished(kept.second.collective).empty();
    });
}

void Collectives::hand_on(const Result& result) {
    for (std::size_t i = 0; i < result.contents.size(); ++i) {
        if (result.contents[i]) {
            send_result(result, static_cast<std::uint32_t>(i), result.contents[i]);
        }
    }
    if (!result.mean || unfinished(result.collective).empty()) {
        return;
    }
    const std::size_t length = result.length;
    node_.encode_with(
        {.round = result.collective.number,
         .values_read = length,
         .size = MessageSize{sizeof(float) * length, kWholeModelMetadataBytes}},
        [](const Parameters& mean) -> Encoded { return std::make_shared<const WholeModel>(mean); },
        [this, collective = result.collective](const EncodedHandle& content) {
            send_result({.collective = collective}, 0, content);
        },
        result.mean);
}

void Collectives::send_result(const Result& result,
                              std::uint32_t index,
                              const EncodedHandle& content) {
    for (const NodeId member : unfinished(result.collective)) {
        node_.count("results_handed_on");
        node_.send({.to = member,
                    .round = result.collective.number,
                    .content = content,
                    .note = note_of(node_, kResult | index, 0)});
    }
}

}  // namespace murmur
