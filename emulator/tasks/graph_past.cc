// What of a task graph is about its past: what is written down for a run that goes on from here,
// and what such a run does with the tasks that it finds past.

#include "emulator/base/refused_checkpoint.h"
#include "emulator/ranks/ranks.h"
#include "emulator/tasks/graph_task.h"
#include "emulator/tasks/task_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

PastName piece_of(PastKind kind, const ValueName& value) {
    return {.kind = kind, .number = value.number, .part = value.output};
}

std::runtime_error another_way() {
    return std::runtime_error(
        fmt::format("{} than the one that it goes on from: tasks or messages differ; is it the "
                    "same program, with the same files, on a like processor?",
                    kWentAnotherWay));
}

}  // namespace

bool TaskGraph::keeps_told() const {
    // One file of it is enough, and all ranks are told the same.
    return options_.keeps_past && (options_.ranks == nullptr || options_.ranks->is_recorder());
}

void TaskGraph::require_writable(bool are_outputs_writable, const States& states) {
    if (!are_outputs_writable) {
        throw std::logic_error(
            "--checkpoint-every: a task makes a value that cannot be written: its type has no "
            "write_value and no ValueReader (learning/value_io.h)");
    }
    for (const auto& state : states) {
        if (!state->is_writable()) {
            throw std::logic_error(
                fmt::format("--checkpoint-every: the state '{}' of node {} cannot "
                            "be written: its type has no write_value and no "
                            "ValueReader (learning/value_io.h)",
                            state->name,
                            state->node));
        }
    }
}

void TaskGraph::touch(const TaskDescription& task, const States& states) {
    if (options_.past != nullptr && !has_past_ended_ && !is_in_past()) {
        throw another_way();  // the past should have ended before
    }
    // Who neither goes on nor will be gone on with needs no list of states.
    if (task.is_aside || (!options_.keeps_past && !is_in_past())) {
        return;
    }
    for (std::size_t i = 0; i < states.size(); ++i) {
        AnyStateCell::Slot& state = *states[i];
        if (state.first_touch) {
            continue;
        }
        state.first_touch = {.number = submitted_, .part = static_cast<std::uint32_t>(i)};
        states_.emplace_back(*state.first_touch, states[i]);
        if (is_in_past() && is_here(task)) {
            const std::vector<Past::Bytes> parts = options_.past->find_all(
                {PastKind::kState, submitted_, static_cast<std::uint32_t>(i)});
            if (!parts.empty()) {
                state.read(parts);
                state.is_recalled = true;
            }
        }
    }
}

void TaskGraph::add_past(const TaskDescription& description,
                         const std::vector<std::shared_ptr<ValueSlot>>& outputs) {
    const std::uint64_t number = name_outputs(description, outputs);
    const bool is_own = is_here(description);
    // What has no name of its own nobody asks for later.
    for (const auto& output : description.is_aside ? decltype(outputs){} : outputs) {
        const bool is_told =
            options_.past->find(piece_of(PastKind::kTold, output->name)).has_value();
        output->is_told = is_told;
        if (is_told || is_own) {
            recall(*output, is_told ? PastKind::kTold : PastKind::kAlive);
        }
    }
    if (!options_.shares_cpu_times) {
        return;
    }
    const auto bytes = options_.past->find({PastKind::kCpuTime, number, 0});
    if (!bytes) {
        return;
    }
    ByteSource source(*bytes);
    auto task = std::make_shared<Task>();
    task->description = description;
    task->number = number;
    task->state = Task::State::kFinished;
    task->cpu_time = std::chrono::nanoseconds(source.u64());
    for (const auto& output : outputs) {
        output->producer = task;
    }
}

bool TaskGraph::is_past(const ValueSlot& slot) const {
    return options_.past != nullptr && slot.name.origin == ValueName::Origin::kTask &&
           slot.name.number < options_.past->num_tasks();
}

void TaskGraph::recall(ValueSlot& slot, PastKind kind) {
    const std::optional<Past::Bytes> bytes = options_.past->find(piece_of(kind, slot.name));
    if (bytes && !slot.is_made()) {
        slot.list_in(registry_);
        ByteSource source(*bytes);
        slot.read(source);
        source.expect_end();
    }
}

void TaskGraph::end_past() {
    if (options_.past == nullptr || has_past_ended_) {
        return;
    }
    if (submitted_ != options_.past->num_tasks() || digest_ != options_.past->digest()) {
        throw another_way();
    }
    has_past_ended_ = true;
}

void TaskGraph::note_told(const AnyHandle& value) {
    ValueSlot& slot = *value.slot_;
    if (keeps_told() && slot.name.origin == ValueName::Origin::kTask && !slot.is_told) {
        slot.is_told = true;
        told_.push_back(value.slot_);
    }
}

void TaskGraph::note_agreed(const AnyHandle& value, std::span<const std::uint8_t> bytes) {
    value.slot_->is_agreed = true;
    if (keeps_told() && value.name().origin == ValueName::Origin::kTask) {
        told_agreed_.emplace_back(piece_of(PastKind::kAgreed, value.name()),
                                  std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    }
}

std::optional<Past::Bytes> TaskGraph::agreed_in_past(const AnyHandle& value) const {
    return is_past(*value.slot_) ? options_.past->find(piece_of(PastKind::kAgreed, value.name()))
                                 : std::nullopt;
}

void TaskGraph::write_alive(const PastSink& sink) {
    ByteSink bytes;
    for (const std::shared_ptr<ValueSlot>& slot : registry_->slots()) {
        const bool is_own = !is_of_another_rank(*slot);
        if (is_own && slot->is_made() && slot->name.origin == ValueName::Origin::kTask &&
            slot->name.number < submitted_) {
            bytes = {};
            slot->write(bytes);
            sink(piece_of(PastKind::kAlive, slot->name), bytes.written());
        }
    }
    std::erase_if(states_, [](const auto& state) { return state.second.expired(); });
    for (const auto& [name, weak] : states_) {
        const auto state = weak.lock();
        // Those of other ranks' tasks are what they were at the start.
        if (state->last || state->is_recalled) {
            const StateName& called = state->part_of ? *state->part_of->first_touch : name;
            bytes = {};
            state->write(bytes);
            sink({PastKind::kState, called.number, called.part}, bytes.written());
        }
    }
}

void TaskGraph::stop_keeping_past() {
    const std::lock_guard lock(mutex_);
    options_.keeps_past = false;
    states_.clear();
    told_.clear();
    told_agreed_.clear();
    told_times_.clear();
}

void TaskGraph::write_told(const PastSink& sink) {
    ByteSink bytes;
    for (const auto& slot : std::exchange(told_, {})) {
        bytes = {};
        slot->write(bytes);
        sink(piece_of(PastKind::kTold, slot->name), bytes.written());
    }
    for (const auto& [name, agreed] : std::exchange(told_agreed_, {})) {
        sink(name, agreed);
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [number, cpu_time] : std::exchange(told_times_, {})) {
        bytes = {};
        bytes.u64(static_cast<std::uint64_t>(cpu_time.count()));
        sink({PastKind::kCpuTime, number, 0}, bytes.written());
    }
}

}  // namespace murmur
