// What of a task graph is about other ranks: who executes what, and what goes from one to another.

#include "emulator/base/run_error.h"
#include "emulator/ranks/ranks.h"
#include "emulator/ranks/written.h"
#include "emulator/tasks/graph_task.h"
#include "emulator/tasks/task_graph.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace murmur {

namespace {

/// How often, in real time, rank 0 is told how far another one has come.
constexpr std::chrono::milliseconds kReportPeriod{20};
constexpr std::chrono::milliseconds kLookPeriod{100};

/// Vectors of so many parameters or more go to another rank as they lie in memory.
constexpr std::size_t kLeastApart = 4096;

/// What a message about a value holds: that there is none, its bytes, or why it has none.
enum class Content : std::uint8_t { kNothing, kValue, kFailure };

std::uint64_t as_number(SimTime time) {
    return static_cast<std::uint64_t>(time.count());
}

SimTime as_time(std::uint64_t number) {
    return SimTime(static_cast<std::int64_t>(number));
}

std::uint8_t as_byte(Content content) {
    return static_cast<std::uint8_t>(content);
}

/// Writes what was thrown: whether it is a divergence, and its words.
void write_failure(const std::exception_ptr& failure, ByteSink& sink) {
    try {
        std::rethrow_exception(failure);
    } catch (const DivergedError& error) {
        sink.u8(1);
        sink.text(error.what());
    } catch (const std::exception& error) {
        sink.u8(0);
        sink.text(error.what());
    } catch (...) {
        sink.u8(0);
        sink.text("something was thrown that is no std::exception");
    }
}

std::exception_ptr read_failure(ByteSource& source) {
    const bool is_divergence = source.u8() != 0;
    const std::string text = source.text();
    return is_divergence ? std::make_exception_ptr(DivergedError(text))
                         : std::make_exception_ptr(std::runtime_error(text));
}

/// Writes a value, or why it can't be written: on the exchange's thread nobody would catch that,
/// so that who waits for the value throws it.
Parcel parcel_of(const ValueSlot& slot) {
    try {
        ByteSink sink(kLeastApart);
        sink.u8(as_byte(Content::kValue));
        slot.write(sink);
        return sink.take();
    } catch (...) {
        ByteSink sink;
        sink.u8(as_byte(Content::kFailure));
        write_failure(std::current_exception(), sink);
        return sink.take();
    }
}

}  // namespace

unsigned TaskGraph::rank_of(const TaskDescription& task) const {
    return task.rank                   ? *task.rank
           : options_.ranks != nullptr ? options_.ranks->rank_of(task.node)
                                       : 0;
}

bool TaskGraph::is_here(const TaskDescription& task) const {
    return options_.ranks == nullptr || rank_of(task) == options_.ranks->rank();
}

bool TaskGraph::owns(std::uint32_t node) const {
    return options_.ranks == nullptr || options_.ranks->owns(node);
}

std::optional<unsigned> TaskGraph::maker_of(const AnyHandle& value) {
    const std::unique_ptr<Journey>& journey = value.slot_->journey;
    return journey ? std::optional(journey->rank) : std::nullopt;
}

bool TaskGraph::is_of_another_rank(const ValueSlot& slot) const {
    return slot.journey && slot.journey->rank != options_.ranks->rank();
}

void TaskGraph::listen() {
    Ranks& ranks = *options_.ranks;
    learned_by_.assign(ranks.count(), SimTime(0));
    has_ended_.assign(ranks.count(), false);
    ranks.listen(
        Channel::kValue, [this](unsigned, std::uint64_t number, std::uint32_t part, Parcel value) {
            const bool is_nothing = static_cast<Content>(value.bytes.front()) == Content::kNothing;
            const std::lock_guard lock(mutex_);
            take_arrival(task_output(number, part),
                         is_nothing ? std::nullopt : Written(std::move(value)));
        });
    ranks.listen(Channel::kAgreed,
                 [this](unsigned, std::uint64_t number, std::uint32_t part, Parcel known) {
                     const std::lock_guard lock(mutex_);
                     agreed_[task_output(number, part)] = std::move(known.bytes);
                     task_finished_.notify_all();
                 });
    ranks.listen(Channel::kCpuTime,
                 [this](unsigned, std::uint64_t number, std::uint32_t has_result, Parcel time) {
                     ByteSource source(time);
                     const std::chrono::nanoseconds cpu_time(source.u64());
                     const std::lock_guard lock(mutex_);
                     take_end(number, has_result != 0 ? std::optional(cpu_time) : std::nullopt);
                 });
    ranks.listen(Channel::kFailure,
                 [this](unsigned, std::uint64_t start, std::uint32_t node, Parcel failed) {
                     ByteSource source(failed);
                     const std::uint64_t number = source.u64();
                     const std::exception_ptr failure = read_failure(source);
                     const std::lock_guard lock(mutex_);
                     adopt(failure, as_time(start), node, number);
                     task_finished_.notify_all();
                 });
    ranks.listen(Channel::kLearned, [this](unsigned from, std::uint64_t until, auto, auto) {
        const std::lock_guard lock(mutex_);
        learned_by_[from] = as_time(until);
        task_finished_.notify_all();
    });
    ranks.listen(Channel::kDrained, [this](unsigned from, auto, auto, auto) {
        const std::lock_guard lock(mutex_);
        has_ended_[from] = true;
        give_up_expecting([this, from](const Task& task) {
            return task.arrives ? task.arrives->journey->rank == from
                                : rank_of(task.description) == from;
        });
        task_finished_.notify_all();
    });
}

void TaskGraph::add_elsewhere(const TaskDescription& description,
                              const std::vector<std::shared_ptr<ValueSlot>>& outputs) {
    const std::uint64_t number = name_outputs(description, outputs);
    if (!options_.shares_cpu_times) {
        return;
    }
    auto task = std::make_shared<Task>();
    task->description = description;
    task->description.output_bytes = 0;
    task->number = number;
    task->is_elsewhere = true;
    for (const auto& output : outputs) {
        output->journey->elsewhere = task;
    }
    const std::lock_guard lock(mutex_);
    enter(task, {});
    elsewhere_[number] = task;
    if (const auto early = early_times_.find(number); early != early_times_.end()) {
        take_end(number, early_times_.extract(early).mapped());
    } else if (cancelled_ || has_ended_[rank_of(description)]) {
        take_end(number, std::nullopt);
    }
}

void TaskGraph::take_end(std::uint64_t number, std::optional<std::chrono::nanoseconds> cpu_time) {
    const auto found = elsewhere_.find(number);
    if (found == elsewhere_.end()) {
        early_times_[number] = cpu_time;
        return;
    }
    const TaskRef task = elsewhere_.extract(found).mapped();
    task->cpu_time = cpu_time.value_or(std::chrono::nanoseconds::zero());
    finish(task, cpu_time.has_value());
}

void TaskGraph::send_input(const AnyHandle& input, unsigned rank) {
    if (!input) {
        throw std::invalid_argument("a task was given an empty handle as an input");
    }
    if (input.slot_->journey && !is_of_another_rank(*input.slot_)) {
        const std::lock_guard lock(mutex_);
        send(input.slot_, rank);
    }
}

void TaskGraph::bring_to_recorder(const AnyHandle& value) {
    if (!value) {
        return;
    }
    note_told(value);
    if (!value.slot_->journey || value.slot_->journey->rank == Ranks::kRecorder) {
        return;
    }
    const std::lock_guard lock(mutex_);
    if (options_.ranks->is_recorder()) {
        expect(value.slot_);
    } else if (!is_of_another_rank(*value.slot_)) {
        send(value.slot_, Ranks::kRecorder);
    }
}

void TaskGraph::bring_to_all(const AnyHandle& value) {
    note_told(value);
    if (!value.slot_->journey) {
        return;
    }
    const std::lock_guard lock(mutex_);
    if (is_of_another_rank(*value.slot_)) {
        expect(value.slot_);
        return;
    }
    for (unsigned to = 0; to < options_.ranks->count(); ++to) {
        if (to != options_.ranks->rank()) {
            send(value.slot_, to);
        }
    }
}

void TaskGraph::expect(const std::shared_ptr<ValueSlot>& slot) {
    if (is_past(*slot)) {
        recall(*slot, PastKind::kAlive);  // each rank can read it: nobody sends what is in there
        return;
    }
    if (slot->producer) {
        return;  // asked for before
    }
    auto task = std::make_shared<Task>();
    task->description.node = slot->node;
    task->description.start = slot->journey->start;
    task->number = slot->name.number;
    task->part = slot->name.output;
    task->arrives = slot;
    slot->producer = task;
    slot->list_in(registry_);
    enter(task, {});
    expected_[slot->name] = task;
    if (const auto early = early_.find(slot->name); early != early_.end()) {
        Written written = early_.extract(early).mapped();
        early_bytes_ -= written ? written->bytes.size() : 0;
        take_arrival(slot->name, std::move(written));
    } else if (cancelled_ || has_ended_[slot->journey->rank] ||
               task->description.start >= drop_from_) {
        take_arrival(slot->name, std::nullopt);
    }
}

void TaskGraph::take_arrival(const ValueName& name, Written written) {
    const auto found = expected_.find(name);
    if (found == expected_.end()) {
        early_bytes_ += written ? written->bytes.size() : 0;
        early_[name] = std::move(written);
        return;
    }
    const TaskRef task = expected_.extract(found).mapped();
    if (!written) {
        finish(task, false);
        return;
    }
    // Reading is a worker's work: this thread has others' messages to take, or is the simulator's.
    task->run = [slot = task->arrives, value = std::move(*written)](unsigned) {
        ByteSource source(value);
        if (static_cast<Content>(source.u8()) == Content::kFailure) {
            std::rethrow_exception(read_failure(source));
        }
        slot->read(source);
        source.expect_end();
    };
    ready_.insert(task);
    work_available_.notify_one();
}

void TaskGraph::send(const std::shared_ptr<ValueSlot>& slot, unsigned to) {
    if (is_past(*slot)) {
        return;  // see `expect`
    }
    std::vector<unsigned>& sent_to = slot->journey->sent_to;
    if (std::find(sent_to.begin(), sent_to.end(), to) != sent_to.end()) {
        return;
    }
    sent_to.push_back(to);
    Task& task = *slot->producer;
    if (task.is_over()) {
        send_now(slot, to, task.state == Task::State::kFinished);
    } else {
        task.wanted.emplace_back(slot, to);
    }
}

void TaskGraph::send_now(const std::shared_ptr<ValueSlot>& slot, unsigned to, bool has_value) {
    options_.ranks->send(
        to, Channel::kValue, slot->name.number, slot->name.output, [slot, has_value] {
            return has_value ? parcel_of(*slot) : Parcel{{as_byte(Content::kNothing)}, {}};
        });
}

void TaskGraph::tell_end(Task& task, bool has_result) {
    for (const auto& [slot, to] : std::exchange(task.wanted, {})) {
        send_now(slot, to, has_result);
    }
    if (options_.shares_cpu_times && !task.is_elsewhere && !task.arrives) {
        ByteSink sink;
        sink.u64(static_cast<std::uint64_t>(task.cpu_time.count()));
        options_.ranks->broadcast(
            Channel::kCpuTime, task.number, has_result ? 1 : 0, written(sink));
    }
    task.arrives.reset();
}

void TaskGraph::give_up_expecting(const std::function<bool(const Task& task)>& is_lost) {
    std::vector<TaskRef> lost;
    const auto collect = [&](auto& tasks) {
        std::erase_if(tasks, [&](const auto& entry) {
            const bool is = is_lost(*entry.second);
            if (is) {
                lost.push_back(entry.second);
            }
            return is;
        });
    };
    collect(expected_);
    collect(elsewhere_);
    for (const TaskRef& task : lost) {
        finish(task, false);
    }
}

void TaskGraph::tell_failure() const {
    if (options_.ranks == nullptr) {
        return;
    }
    ByteSink sink;
    sink.u64(failure_sequence_);
    write_failure(failure_, sink);
    options_.ranks->broadcast(
        Channel::kFailure, as_number(failure_start_), failure_node_, written(sink));
}

void TaskGraph::fail(SimTime instant, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    adopt(failure, instant, 0, 0);
    tell_failure();
    task_finished_.notify_all();
}

void TaskGraph::agree(const AnyHandle& value, std::vector<std::uint8_t> bytes) {
    const ValueName& name = value.name();
    note_agreed(value, bytes);
    if (value.slot_->journey) {
        options_.ranks->broadcast(Channel::kAgreed, name.number, name.output, bytes);
        value.slot_->journey->agreed = std::move(bytes);
    }
}

std::vector<std::uint8_t> TaskGraph::await_agreed(const AnyHandle& value) {
    Journey& journey = *value.slot_->journey;
    std::unique_lock lock(mutex_);
    while (!journey.agreed) {
        if (const auto found = agreed_.find(value.name()); found != agreed_.end()) {
            journey.agreed = agreed_.extract(found).mapped();
            note_agreed(value, *journey.agreed);
            break;
        }
        if (failure_ && failure_start_ <= journey.start) {
            std::rethrow_exception(failure_);
        }
        if (cancelled_ || has_ended_[journey.rank]) {
            throw_dropped();
        }
        task_finished_.wait_for(lock, kLookPeriod);
        look_around();
    }
    return *journey.agreed;
}

void TaskGraph::report_learned(SimTime until, bool at_once) {
    if (at_once || is_report_due()) {
        const std::lock_guard lock(mutex_);
        tell_learned(until);
    }
}

bool TaskGraph::is_report_due() const {
    return options_.ranks != nullptr && !options_.ranks->is_recorder() &&
           std::chrono::steady_clock::now() >= reported_at_ + kReportPeriod;
}

void TaskGraph::tell_learned(SimTime until) {
    until = std::min({until, first_unfinished(), first_lost_});
    if (options_.ranks == nullptr || options_.ranks->is_recorder() || until <= reported_) {
        return;
    }
    reported_ = until;
    reported_at_ = std::chrono::steady_clock::now();
    options_.ranks->send(
        Ranks::kRecorder, Channel::kLearned, as_number(until), 0, [] { return Parcel(); });
}

void TaskGraph::check_shares_cpu_times() const {
    if (options_.ranks != nullptr && !options_.shares_cpu_times) {
        throw std::logic_error("a compute clock says that it knows durations, and does not");
    }
}

void TaskGraph::end_submitting() {
    if (options_.ranks != nullptr) {
        options_.ranks->broadcast(Channel::kDrained, 0, 0, {});
    }
}

bool TaskGraph::have_others_ended() const {
    const std::lock_guard lock(mutex_);
    for (unsigned rank = 0; rank < has_ended_.size(); ++rank) {
        if (rank != options_.ranks->rank() && !has_ended_[rank]) {
            return false;
        }
    }
    return true;
}

SimTime TaskGraph::learned_by_others() const {
    SimTime least = SimTime::max();
    if (options_.ranks != nullptr && options_.ranks->is_recorder()) {
        for (unsigned rank = 0; rank < learned_by_.size(); ++rank) {
            least = rank == Ranks::kRecorder ? least : std::min(least, learned_by_[rank]);
        }
    }
    return least;
}

bool TaskGraph::have_others_learned(SimTime instant) const {
    if (options_.ranks == nullptr || !options_.ranks->is_recorder()) {
        return true;
    }
    for (unsigned rank = 0; rank < learned_by_.size(); ++rank) {
        if (rank != Ranks::kRecorder && !has_ended_[rank] && learned_by_[rank] < instant) {
            return false;
        }
    }
    return true;
}

}  // namespace murmur
