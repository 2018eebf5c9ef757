#include "emulator/run/churn.h"

#include "emulator/tasks/bridge.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace murmur {

using ns3::murmuration::Message;

namespace {

/// Changes of a run per node, without a finished or missed round in between, beyond which it has
/// come to a halt: nodes come and go forever, and nothing else does.
constexpr std::uint64_t kMostIdleChanges = 10'000;

}  // namespace

Churn::Churn(const Parts& parts)
    : parts_(parts),
      is_gone_(parts.agents.size()),
      asks_for_model_(parts.agents.size()),
      under_way_(static_cast<NodeId>(parts.agents.size())) {
    for (NodeId node = 0; node < parts.agents.size(); ++node) {
        lives_.push_back(parts.plan.make_life(node));
    }
}

std::vector<bool> Churn::present_at_start(const LifePlan& plan, NodeId num_nodes) {
    std::vector<bool> present;
    for (NodeId node = 0; node < num_nodes; ++node) {
        present.push_back(plan.make_life(node).starts_present);
    }
    return present;
}

void Churn::start() {
    for (NodeId node = 0; node < num_nodes(); ++node) {
        if (!parts_.presence.is_present(node)) {
            parts_.agents[node]->device().pause(false);
        }
        schedule_next(node);
    }
    for (NodeId node = 0; node < num_nodes(); ++node) {
        if (parts_.presence.is_present(node)) {
            parts_.agents[node]->start();
        }
    }
}

void Churn::schedule_next(NodeId node) {
    // Who asks a neighbor for its model is as good as there.
    const bool is_away = !parts_.presence.is_present(node) && !asks_for_model_[node];
    const std::optional<SimTime> next = lives_[node].next_change();
    // Near the end of what ns-3 counts there is no run any more.
    if (!next || *next > SimTime::max() / 2) {
        parts_.presence.set_departure(node, SimTime::max());
        if (is_away) {
            is_gone_[node] = true;
            parts_.agents[node]->leave_for_good();
        }
        return;
    }
    if (is_away) {
        ++to_return_;
    } else {
        parts_.presence.set_departure(node, *next);
    }
    Bridge::after(*next - Bridge::now(), [this, node] { change(node); });
}

void Churn::change(NodeId node) {
    ++changes_since_progress_;
    if (parts_.presence.is_present(node) || asks_for_model_[node]) {
        leave(node);
    } else {
        --to_return_;
        come_back(node);
    }
    schedule_next(node);
    check_end();
    check_halt();
}

// Leaving.

void Churn::leave(NodeId node) {
    const bool was_present = parts_.presence.is_present(node);
    parts_.presence.set_present(node, false);
    if (was_present) {
        parts_.agents[node]->leave(!parts_.plan.finishes_work);
    }
    if (std::exchange(asks_for_model_[node], 0)) {
        --to_return_;
    }
    std::set<NodeId> others;
    const std::vector<Message> cut_off = under_way_.of(node);
    for (const Message& message : cut_off) {
        others.insert(message.from == node ? message.to : message.from);
    }
    for (const Message& message : cut_off) {
        parts_.transport.AbortMessage(message.id);  // tells `note_ended`
    }
    for (const Message& message : cut_off) {
        if (Mailbox::purpose_of(message) == Purpose::kProtocol) {
            parts_.agents[message.from]->cut_off(message);
        } else {
            give_up(message);
        }
    }
    if (was_present) {
        tell_of_leaving(node, std::move(others));
    }
}

void Churn::tell_of_leaving(NodeId node, std::set<NodeId> others) {
    const std::vector<NodeId>& watchers = parts_.presence.watchers_of(node);
    others.insert(watchers.begin(), watchers.end());
    for (const NodeId other : others) {
        if (parts_.presence.is_present(other)) {
            parts_.agents[other]->see_leave(node);
        }
    }
}

// Returning.

void Churn::come_back(NodeId node) {
    switch (parts_.plan.returns_with) {
        case ReturnsWith::kOld:
            enter(node, {});
            break;
        case ReturnsWith::kStart:
            enter(node, parts_.agents[node]->has_started()
                            ? parts_.agents[node]->initial_model()
                            : ModelHandle{});
            break;
        case ReturnsWith::kNeighbor:
            ask_for_model(node);
            break;
    }
}

void Churn::ask_for_model(NodeId node) {
    std::vector<NodeId> there;
    const std::uint64_t round = parts_.agents[node]->round();
    for (const NeighborWeight& edge : parts_.overlay.neighbors(node, round).in) {
        if (parts_.presence.is_present(edge.neighbor)) {
            there.push_back(edge.neighbor);
        }
    }
    if (there.empty()) {
        enter(node, {});  // nobody has another one
        return;
    }
    if (!std::exchange(asks_for_model_[node], 1)) {
        ++to_return_;
    }
    RandomStream stream(stream_seed(
        parts_.seed, "returns-with", node, static_cast<std::uint64_t>(Bridge::now().count())));
    parts_.agents[node]->ask_for_model(there[stream.below(there.size())]);
}

void Churn::deliver(const Message& message) {
    if (Mailbox::purpose_of(message) == Purpose::kAskModel) {
        parts_.agents[message.to]->give_model(message.from);
        return;
    }
    if (!asks_for_model_[message.to]) {
        return;
    }
    asks_for_model_[message.to] = 0;
    --to_return_;
    enter(message.to, parts_.agents[message.to]->model_in(message));
    check_end();
}

void Churn::give_up(const Message& message) {
    const NodeId asker = Mailbox::purpose_of(message) == Purpose::kAskModel ? message.from : message.to;
    if (asks_for_model_[asker]) {
        ask_for_model(asker);
    }
}

void Churn::enter(NodeId node, ModelHandle model) {
    parts_.presence.set_present(node, true);
    parts_.agents[node]->come_back(std::move(model));
    const std::vector<NodeId> watchers = parts_.presence.watchers_of(node);
    for (const NodeId other : watchers) {
        if (parts_.presence.is_present(other)) {
            parts_.agents[other]->see_return(node);
        }
    }
}

// The end.

void Churn::note_progress(std::uint64_t rounds) {
    changes_since_progress_ = 0;
    if (rounds == parts_.num_rounds) {
        check_end();
    }
}

void Churn::check_end() {
    if (has_ended_ || !is_complete()) {
        return;
    }
    has_ended_ = true;
    check_messages();
    for (NodeId node = 0; node < num_nodes(); ++node) {
        if (!parts_.presence.is_present(node)) {
            parts_.agents[node]->pass_over(parts_.num_rounds);
            if (!is_gone_[node]) {
                parts_.agents[node]->leave_for_good();
            }
        }
    }
    parts_.on_end();
}

void Churn::check_messages() const {
    if (parts_.transport.GetNUnderWay() != under_way_.size()) {
        throw std::logic_error(fmt::format("churn: the network has {} messages under way, nodes {}",
                                           parts_.transport.GetNUnderWay(),
                                           under_way_.size()));
    }
    for (NodeId node = 0; node < num_nodes(); ++node) {
        // Who asks a neighbor for its model is as good as there.
        const bool is_there = parts_.presence.is_present(node) || asks_for_model_[node];
        if (!is_there && under_way_.has(node)) {
            throw std::logic_error(
                fmt::format("churn: node {} is away, and a message of it is under way", node));
        }
    }
}

bool Churn::is_complete() const {
    // Asked whenever a node is done: mostly the one that was awaited before still is.
    for (NodeId i = 0; i < num_nodes(); ++i) {
        if (!parts_.agents[awaited_]->is_done() && parts_.presence.is_present(awaited_)) {
            return false;
        }
        awaited_ = awaited_ + 1 == num_nodes() ? 0 : awaited_ + 1;
    }
    return std::ranges::any_of(parts_.agents, [](const auto& agent) { return agent->is_done(); });
}

void Churn::check_halt() {
    if (changes_since_progress_ > kMostIdleChanges * num_nodes()) {
        parts_.on_halt();
    }
}

std::string Churn::describe_absent() const {
    std::uint32_t away = 0;
    std::uint32_t gone = 0;
    for (NodeId node = 0; node < num_nodes(); ++node) {
        away += !parts_.presence.is_present(node) && !is_gone_[node] ? 1 : 0;
        gone += is_gone_[node] ? 1 : 0;
    }
    if (away + gone == 0) {
        return {};
    }
    return fmt::format("{} nodes have left for good, {} are away", gone, away);
}

}  // namespace murmur
