// A node that leaves and returns: what becomes of its work, its messages and its model.
#include "emulator/nodes/node_agent.h"
#include "learning/encoding/whole_model.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace murmur {

MessageId NodeAgent::refuse(Outgoing message) {
    ++sends_refused_;
    // An event, not at once: the protocol is amid what it does.
    ++reads_;
    Bridge::after(SimTime(0), [this, message = std::move(message)] {
        --reads_;
        if (is_present(id_)) {
            tell_lost(message, Protocol::kReceiverLeft);
        } else {
            lost_.push_back(message);
        }
    });
    constexpr MessageId kNever{UINT64_MAX};  // no message of the transport's
    return kNever;
}

void NodeAgent::tell_lost(const Outgoing& message, std::string_view reason) {
    protocol_->on_send_failed(message, std::string(reason));
}

void NodeAgent::cut_off(const ns3::murmuration::Message& message) {
    ++messages_aborted_;
    if (is_present(id_)) {
        tell_lost(Mailbox::outgoing(message), Protocol::kReceiverLeft);
    } else {
        lost_.push_back(Mailbox::outgoing(message));
    }
}

void NodeAgent::leave(bool loses_work) {
    ++departures_;
    device_.pause(loses_work);
    for (auto& [timer, event] : timers_) {
        event.Cancel();
    }
    timers_.clear();
    if (has_started_) {
        protocol_->on_leave();
    }
}

void NodeAgent::come_back(ModelHandle model) {
    if (!has_started_) {
        start(std::move(model));
        device_.resume();
        return;
    }
    for (const Outgoing& message : std::exchange(lost_, {})) {
        tell_lost(message, Protocol::kSenderLeft);
    }
    if (model) {
        reset_states(model);
    }
    if (finished_rounds_ == services_.num_rounds) {
        take_part_from(finished_rounds_);  // what was under way of its last round will not come
    }
    protocol_->on_return(std::move(model));
    device_.resume();
}

TaskDescription NodeAgent::aside() const {
    return {.node = id_,
            .start = now(),
            .cost = {.kind = TaskKind::kEncode, .round = finished_rounds_}};
}

void NodeAgent::reset_states(const ModelHandle& model) {
    training_state_ = new_training_state(steps_begun());
    restart_sharing(model);
}

void NodeAgent::restart_sharing(const ModelHandle& model) {
    sharing_state_ = new_sharing_state(nullptr);
    services_.bridge.observe(
        aside(),
        [sharing = &services_.sharing, role = role_](const Parameters& start,
                                                     std::unique_ptr<SharingState>& state) {
            state = sharing->initial_state(start, role);
        },
        model,
        sharing_state_);
}

std::uint64_t NodeAgent::steps_begun() const {
    std::uint64_t steps = steps_;
    for (const Device::Running& running : device_.running()) {
        steps += static_cast<std::uint64_t>(running.task.cost.steps);
    }
    return steps;
}

bool NodeAgent::may_lose_training(std::uint64_t round) const {
    return may_lose(training_cost({.model = {}, .round = round}));
}

bool NodeAgent::may_lose_merge(std::size_t num_messages, std::uint64_t round) const {
    return may_lose(merge_cost(num_messages, round));
}

bool NodeAgent::may_lose(const Cost& cost) const {
    return services_.presence != nullptr &&
           !device_.is_over_before(cost, services_.presence->departure(id_));
}

void NodeAgent::drop_work() {
    // What is forgotten of them is the model alone: the optimizer's state has taken these steps, and
    // with them their samples.
    for (const Device::Running& running : device_.running()) {
        if (running.task.cost.steps > 0) {
            samples_learnt_ += static_cast<std::uint64_t>(running.task.cost.samples);
        }
    }
    steps_ = steps_begun();
    device_.drop();
}

void NodeAgent::leave_for_good() {
    lost_.clear();
    latest_model_ = {};
    services_.events.leave(snapshot());
}

MessageId NodeAgent::ask_for_model(NodeId peer) {
    return mailbox_.send({.to = peer,
                          .round = finished_rounds_,
                          .note = make_note(0),
                          .purpose = Purpose::kAskModel});
}

void NodeAgent::give_model(NodeId peer) {
    Handle<Encoded> whole = services_.bridge.observe(
        aside(),
        [](const Parameters& model) -> Encoded { return std::make_shared<WholeModel>(model); },
        latest_model_);
    mailbox_.send(
        {.to = peer,
         .round = finished_rounds_,
         .content = EncodedHandle(std::move(whole), WholeModel::size_of(num_parameters())),
         .purpose = Purpose::kGiveModel});
}

ModelHandle NodeAgent::model_in(const ns3::murmuration::Message& message) {
    return services_.bridge.observe(
        aside(),
        [](const Encoded& whole) { return dynamic_cast<const WholeModel&>(*whole).parameters(); },
        Handle<Encoded>(Mailbox::outgoing(message).content));
}

void NodeAgent::watch(NodeId node) {
    if (services_.presence != nullptr && node != id_) {
        services_.presence->watch(id_, node);
    }
}

void NodeAgent::watch_all() {
    if (services_.presence != nullptr) {
        services_.presence->watch_all(id_);
    }
}

void NodeAgent::take_part_from(std::uint64_t round) {
    if (services_.presence != nullptr) {
        services_.presence->join(id_, round);
    }
}

void NodeAgent::stop_watching(NodeId node) {
    if (services_.presence != nullptr) {
        services_.presence->stop_watching(id_, node);
    }
}

void NodeAgent::rejoin(std::span<const NodeId> peers) {
    if (services_.presence == nullptr) {
        return;
    }
    Presence& presence = *services_.presence;
    std::uint64_t round = std::max(finished_rounds_, presence.first_open(id_));
    if (peers.empty()) {
        round = std::max(round, presence.first_open_of_all());
    }
    for (const NodeId peer : peers) {
        // Who is away finds its own round when it is back.
        if (presence.is_present(peer)) {
            round = std::max(round, presence.first_open(peer));
        }
    }
    presence.join(id_, round);
    miss_rounds(round);
}

void NodeAgent::miss_rounds(std::uint64_t until) {
    until = std::min(until, services_.num_rounds);
    if (until <= finished_rounds_) {
        return;
    }
    rounds_missed_ += until - finished_rounds_;
    finished_rounds_ = until;
    services_.events.pass_over(snapshot());
}

}  // namespace murmur
