#include "emulator/protocols/group_member.h"

#include "emulator/nodes/note.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {
namespace {

/// The kind of a note beside the state of a group.
constexpr std::uint32_t kState = 0x53746174;

}  // namespace

void GroupMember::join(std::shared_ptr<GroupBoard> board) {
    board_ = std::move(board);
    board_->members[node().id()] = this;
    collectives_.join(board_);
}

std::vector<NodeId> GroupMember::all_there(std::uint64_t number) const {
    std::vector<NodeId> nodes;
    for (NodeId other = 0; other < node().num_nodes(); ++other) {
        if (collectives_.takes_part(number, other)) {
            nodes.push_back(other);
        }
    }
    return nodes;
}

void GroupMember::on_start() {
    collectives_.watch_all();
    if (node().now() > SimTime(0)) {
        enter(node().initial_model());
    } else {
        settle_with(node().initial_model());
    }
}

void GroupMember::on_message(const Incoming& message) {
    if (!collectives_.take(message) && message.note && message.note->kind() == kState &&
        giver_ == message.from) {
        giver_.reset();
        take_state(message.content, [this](ModelHandle model) {
            if (!is_away()) {
                settle_with(std::move(model));
            }
        });
    }
}

void GroupMember::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason) && !collectives_.take_failure(message)) {
        Protocol::on_send_failed(message, reason);
    }
}

std::string GroupMember::waits_for() const {
    const std::string others = giver_ ? fmt::format("the state of the group, from node {}", *giver_)
                                      : collectives_.waits_for();
    return fmt::format(
        "round {}: {}", node().round(), others.empty() ? "its own training" : others);
}

// Nodes that leave and return.

void GroupMember::on_leave() {
    const bool was_idle = collectives_.is_idle();
    if (board_->settled.erase(node().id()) == 0 || !was_idle) {
        forget_round();
    }
    collectives_.leave();
    askers_.clear();
    giver_.reset();
}

void GroupMember::on_return(ModelHandle model) {
    if (node().is_done()) {
        collectives_.enter(collectives_per_round());
        board_->settled.insert(node().id());
        return;
    }
    if (model) {
        forget_own();
    } else if (is_untouched() && node().round() >= board_->first_open()) {
        // Nobody has gone on without it: its device takes up what it left.
        collectives_.enter(1);
        board_->settled.insert(node().id());
        return;
    }
    ModelHandle own = model ? std::move(model) : own_model();
    forget_round();
    node().drop_work();
    enter(std::move(own));
}

void GroupMember::enter(ModelHandle model) {
    collectives_.enter(collectives_per_round());
    miss_rounds();
    if (node().is_done()) {
        return;
    }
    if (has_common_state()) {
        own_ = std::move(model);
        ask();
    } else {
        settle_with(std::move(model));
    }
}

void GroupMember::miss_rounds() {
    node().miss_rounds(collectives_.first() / collectives_per_round());
}

void GroupMember::ask() {
    std::vector<NodeId> givers(board_->settled.begin(), board_->settled.end());
    if (givers.empty()) {
        settle_with(std::exchange(own_, {}));
        return;
    }
    RandomStream stream = node().stream("giver", collectives_.first());
    giver_ = givers[stream.below(givers.size())];
    board_->members.at(*giver_)->asked_by(node().id());
}

void GroupMember::settle_with(ModelHandle model) {
    own_ = {};
    if (board_) {  // none where the nodes were made one by one; nobody leaves there
        board_->settled.insert(node().id());
    }
    begin_with(std::move(model));
}

void GroupMember::on_peer_left(NodeId peer) {
    collectives_.on_peer_left(peer);
    if (askers_.erase(peer) > 0) {
        on_released();
    }
    if (giver_ == peer) {
        giver_.reset();
        collectives_.enter_later(collectives_per_round());
        miss_rounds();
        if (!node().is_done()) {
            ask();
        }
    }
}

// The state in common.

void GroupMember::asked_by(NodeId peer) {
    askers_.insert(peer);
    serve();
}

bool GroupMember::owes_state(std::uint64_t number) const {
    return std::ranges::any_of(askers_, [&](NodeId asker) {
        return board_->members.at(asker)->collectives_.first() <= number;
    });
}

void GroupMember::serve() {
    for (const NodeId asker : std::vector<NodeId>(askers_.begin(), askers_.end())) {
        if (!stands_before(board_->members.at(asker)->collectives_.first())) {
            continue;
        }
        askers_.erase(asker);
        node().count("states_given");
        give_state([this, asker](EncodedHandle state) {
            node().send({.to = asker,
                         .round = node().round(),
                         .content = std::move(state),
                         .note = make_note(kState)});
        });
    }
}

}  // namespace murmur
