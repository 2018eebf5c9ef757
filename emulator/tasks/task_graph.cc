#include "emulator/tasks/task_graph.h"

#include "emulator/ranks/ranks.h"
#include "emulator/tasks/graph_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <ctime>
#include <numeric>
#include <pthread.h>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

namespace murmur {

namespace {

/// How often a wait looks for an interruption, whose signal wakes no thread.
constexpr std::chrono::milliseconds kInterruptPeriod{100};

std::chrono::nanoseconds read_clock(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

std::string_view task_kind_name(TaskKind kind) {
    static constexpr std::array<std::string_view, 4> kNames{"train", "encode", "merge", "evaluate"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::chrono::nanoseconds TaskGraph::Usage::total() const {
    return std::accumulate(
        std::begin(cpu_time), std::end(cpu_time), std::chrono::nanoseconds::zero());
}

bool TaskGraph::EarlierFirst::operator()(const TaskRef& a, const TaskRef& b) const {
    return std::tuple(a->description.start, a->number, a->part) <
           std::tuple(b->description.start, b->number, b->part);
}

TaskGraph::TaskGraph(Options options)
    : options_(std::move(options)), limit_bytes_(options_.memory_limit_bytes) {
    if (options_.workers == 0) {
        throw std::invalid_argument("TaskGraph: workers is 0; at least 1 is needed");
    }
    start_workers();
    if (options_.ranks != nullptr) {
        listen();
    }
}

TaskGraph::~TaskGraph() {
    if (options_.ranks != nullptr) {
        options_.ranks->end_run();
    }
    cancel();
    stop_workers();
}

void TaskGraph::start_workers() {
    try {
        for (unsigned worker = 0; worker < options_.workers; ++worker) {
            threads_.emplace_back([this, worker] { work(worker); });
        }
    } catch (const std::system_error& error) {
        // Threads that are not joined would end the process.
        stop_workers();
        throw std::runtime_error(
            fmt::format("the system gives {} of {} worker threads ({}); use fewer --workers",
                        threads_.size(),
                        options_.workers,
                        error.code().message()));
    }
}

void TaskGraph::stop_workers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_available_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

ValueSlot& TaskGraph::take_value(const AnyHandle& input, Erased& task) {
    if (!input) {
        throw std::invalid_argument("a task was given an empty handle as an input");
    }
    if (is_of_another_rank(*input.slot_)) {
        const std::lock_guard lock(mutex_);
        expect(input.slot_);
    }
    if (input.slot_->producer) {
        task.before.push_back(input.slot_->producer);
    }
    return *input.slot_;
}

std::uint64_t TaskGraph::name_outputs(const TaskDescription& task,
                                      const std::vector<std::shared_ptr<ValueSlot>>& outputs) {
    constexpr std::uint64_t kAside = std::uint64_t{1} << 63;
    const std::uint64_t number = task.is_aside ? kAside | aside_++ : submitted_++;
    if (!task.is_aside) {
        for (const std::uint64_t part : {std::uint64_t{task.node},
                                         static_cast<std::uint64_t>(task.start.count()),
                                         static_cast<std::uint64_t>(task.cost.kind)}) {
            digest(part);
        }
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        ValueSlot& output = *outputs[i];
        output.name = task_output(number, static_cast<std::uint32_t>(i));
        output.node = task.node;
        if (options_.ranks != nullptr) {
            output.journey =
                std::make_unique<Journey>(Journey{.rank = rank_of(task), .start = task.start});
        }
    }
    return number;
}

void TaskGraph::digest(std::uint64_t number) {
    // Multiplied by an odd number, bits wander upwards; rotated, down again.
    digest_ = std::rotl((digest_ ^ number) * 0x9e3779b97f4a7c15, 29);
}

void TaskGraph::add(Erased erased) {
    auto task = std::make_shared<Task>();
    task->description = erased.description;
    task->run = std::move(erased.run);
    task->number = name_outputs(erased.description, erased.outputs);
    for (const auto& output : erased.outputs) {
        output->producer = task;
        output->list_in(registry_);
    }
    for (const auto& state : erased.states) {
        // Not of itself, where a task has one state twice.
        if (state->last && state->last != task) {
            erased.before.push_back(state->last);
        }
        state->last = task;
    }
    const std::lock_guard lock(mutex_);
    enter(task, erased.before);
    if (task->missing == 0) {
        ready_.insert(task);
        work_available_.notify_one();
    }
}

void TaskGraph::enter(const TaskRef& task, const std::vector<TaskRef>& all_before) {
    ++unfinished_;
    ++unfinished_starts_[task->description.start];
    promised_bytes_ += task->description.output_bytes;
    for (const TaskRef& before : all_before) {
        if (!before->is_over()) {
            before->dependents.push_back(task);
            ++task->missing;
        } else {
            task->lacks_input |= before->state == Task::State::kDropped;
        }
    }
}

const TaskGraph::TaskRef& TaskGraph::producer_of(const AnyHandle& value) {
    return value.slot_->producer;
}

const TaskGraph::TaskRef& TaskGraph::task_of(const AnyHandle& value) {
    const std::unique_ptr<Journey>& journey = value.slot_->journey;
    return journey && journey->elsewhere ? journey->elsewhere : producer_of(value);
}

void TaskGraph::work(unsigned worker) {
    if (options_.on_worker_start) {
        options_.on_worker_start(worker);
    }
    std::unique_lock lock(mutex_);
    while (true) {
        work_available_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
        if (ready_.empty()) {
            return;
        }
        const TaskRef task = ready_.extract(ready_.begin()).value();
        if (is_to_be_dropped(*task)) {
            finish(task, false);
            continue;
        }
        task->state = Task::State::kRunning;
        pthread_getcpuclockid(pthread_self(), &task->worker_clock);
        task->cpu_at_start = read_clock(task->worker_clock);
        lock.unlock();
        const std::exception_ptr failure = run(*task, worker);
        lock.lock();
        // Read under the lock: nobody may have seen this clock further on than the final figure.
        task->cpu_time = read_clock(task->worker_clock) - task->cpu_at_start;
        if (!task->arrives) {
            account(*task);
        }
        if (failure) {
            adopt(failure, task->description.start, task->description.node, task->number);
            tell_failure();
        }
        finish(task, !failure);
    }
}

bool TaskGraph::is_to_be_dropped(const Task& task) const {
    return cancelled_ || task.lacks_input || task.description.start > failure_start_ ||
           task.description.start >= drop_from_;
}

std::exception_ptr TaskGraph::run(Task& task, unsigned worker) {
    std::exception_ptr failure;
    try {
        task.run(worker);
    } catch (...) {
        failure = std::current_exception();
    }
    task.run = nullptr;  // lets go of its inputs, outside the lock
    return failure;
}

void TaskGraph::account(const Task& task) {
    const auto kind = static_cast<std::size_t>(task.description.cost.kind);
    usage_.cpu_time[kind] += task.cpu_time;
    ++usage_.tasks[kind];
}

void TaskGraph::adopt(const std::exception_ptr& failure,
                      SimTime start,
                      std::uint32_t node,
                      std::uint64_t number) {
    // The earliest failure in simulated time is reported, not the first that a thread ran into.
    const auto order = std::tuple(start, node, number);
    if (!failure_ || order < std::tuple(failure_start_, failure_node_, failure_sequence_)) {
        failure_ = failure;
        std::tie(failure_start_, failure_node_, failure_sequence_) = order;
    }
    first_lost_ = std::min(first_lost_, start);
}

void TaskGraph::finish(const TaskRef& task, bool has_result) {
    task->state = has_result ? Task::State::kFinished : Task::State::kDropped;
    if (!has_result) {
        first_lost_ = std::min(first_lost_, task->description.start);
    }
    task->run = nullptr;
    promised_bytes_ -= task->description.output_bytes;
    --unfinished_;
    const auto start = unfinished_starts_.find(task->description.start);
    if (--start->second == 0) {
        unfinished_starts_.erase(start);
    }
    for (const TaskRef& dependent : task->dependents) {
        dependent->lacks_input |= !has_result;
        if (--dependent->missing == 0) {
            ready_.insert(dependent);
            work_available_.notify_one();
        }
    }
    task->dependents.clear();
    if (options_.shares_cpu_times && keeps_told() && !task->arrives) {
        told_times_.emplace_back(task->number, task->cpu_time);
    }
    if (options_.ranks != nullptr) {
        tell_end(*task, has_result);
    }
    task_finished_.notify_all();
}

void TaskGraph::wait(const AnyHandle& value) {
    const TaskRef& task = producer_of(value);
    if (!task) {
        if (!value.slot_->is_made()) {
            throw std::logic_error("a value of another rank was waited for, not asked for");
        }
        return;
    }
    std::unique_lock lock(mutex_);
    while (!task_finished_.wait_for(lock, kInterruptPeriod, [&] { return task->is_over(); })) {
        look_around();
    }
    if (task->state != Task::State::kFinished) {
        throw_dropped();
    }
}

void TaskGraph::throw_dropped() const {
    if (failure_) {
        std::rethrow_exception(failure_);
    }
    throw std::runtime_error("a task was dropped because the run was cancelled");
}

void TaskGraph::require_result(const AnyHandle& value) const {
    const TaskRef& task = task_of(value);
    const std::lock_guard lock(mutex_);
    if (task && task->state != Task::State::kFinished) {
        throw_dropped();
    }
}

void TaskGraph::wait_until_over(const AnyHandle& value) {
    if (const TaskRef& task = task_of(value)) {
        std::unique_lock lock(mutex_);
        while (!task_finished_.wait_for(lock, kInterruptPeriod, [&] { return task->is_over(); })) {
            look_around();
        }
    }
}

void TaskGraph::wait_all() {
    std::unique_lock lock(mutex_);
    task_finished_.wait(lock, [this] { return unfinished_ == 0; });
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

bool TaskGraph::wait_all_for(std::chrono::milliseconds timeout) {
    // Not woken by the end of each task: of a large run's, that costs more than all its events.
    constexpr std::chrono::microseconds kLongestNap{2000};
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::chrono::microseconds nap{50};
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (unfinished_ == 0) {
                return true;
            }
            report_in_wait();
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(nap);
        nap = std::min(2 * nap, kLongestNap);
    }
}

void TaskGraph::wait_for(const AnyHandle& value, std::chrono::microseconds timeout) {
    if (const TaskRef& task = task_of(value)) {
        std::unique_lock lock(mutex_);
        // On one rank the task itself ends; on several what it needs of another may never come.
        if (!task_finished_.wait_for(lock, timeout, [&] { return task->is_over(); }) &&
            options_.ranks != nullptr) {
            look_around();
        }
    }
}

std::size_t TaskGraph::live_bytes() const {
    return options_.live_bytes() + registry_->bytes() + early_bytes_;
}

void TaskGraph::raise_limit() {
    const std::size_t needed = live_bytes();
    if (needed <= options_.memory_limit_bytes) {
        return;
    }
    // Else every task from now on would wait for the one before it.
    limit_bytes_ = std::max(limit_bytes_, needed + options_.memory_limit_bytes);
    if (!std::exchange(told_over_limit_, true)) {
        options_.on_over_limit(needed);
    }
}

void TaskGraph::hold_back() {
    if (options_.memory_limit_bytes == SIZE_MAX) {
        return;
    }
    const auto may_go_on = [this] {
        return unfinished_ == 0 || cancelled_ || options_.is_interrupted() ||
               live_bytes() + promised_bytes_ <= limit_bytes_;
    };
    std::unique_lock lock(mutex_);
    if (!may_go_on()) {
        const auto begin = std::chrono::steady_clock::now();
        while (!task_finished_.wait_for(lock, kInterruptPeriod, may_go_on)) {
            report_in_wait();
        }
        held_back_ += std::chrono::steady_clock::now() - begin;
    }
    if (unfinished_ == 0) {
        raise_limit();
    }
}

bool TaskGraph::is_over(const AnyHandle& value) const {
    const TaskRef& task = task_of(value);
    const std::lock_guard lock(mutex_);
    return !task || task->is_over();
}

bool TaskGraph::has_value(const AnyHandle& value) const {
    const TaskRef& task = producer_of(value);
    if (!task) {
        return value.slot_->is_made();
    }
    const std::lock_guard lock(mutex_);
    return task->state == Task::State::kFinished;
}

std::chrono::nanoseconds TaskGraph::cpu_time(const AnyHandle& value) const {
    const TaskRef& task = task_of(value);
    if (!task) {
        return std::chrono::nanoseconds::zero();
    }
    const std::lock_guard lock(mutex_);
    switch (task->state) {
        case Task::State::kWaiting:
            return std::chrono::nanoseconds::zero();
        case Task::State::kRunning:
            return read_clock(task->worker_clock) - task->cpu_at_start;
        case Task::State::kFinished:
        case Task::State::kDropped:
            break;
    }
    return task->cpu_time;
}

std::vector<LiveValue> TaskGraph::live_values() const {
    std::vector<LiveValue> values = registry_->list();
    std::sort(values.begin(), values.end(), [](const LiveValue& a, const LiveValue& b) {
        return a.name < b.name;
    });
    return values;
}

void TaskGraph::cancel() {
    const std::lock_guard lock(mutex_);
    cancel_locked();
}

void TaskGraph::cancel_locked() {
    if (!std::exchange(cancelled_, true)) {
        give_up_expecting([](const Task&) { return true; });
    }
}

void TaskGraph::cancel_if_interrupted() {
    if (options_.is_interrupted()) {
        if (options_.ranks != nullptr) {
            options_.ranks->stop_others();  // before they hear that values are lost
        }
        cancel_locked();
    }
}

void TaskGraph::look_around() {
    cancel_if_interrupted();
    report_in_wait();
}

void TaskGraph::report_in_wait() {
    if (is_report_due()) {
        tell_learned(options_.now());
    }
}

void TaskGraph::drop_from(SimTime instant) {
    const std::lock_guard lock(mutex_);
    drop_from_ = std::min(drop_from_, instant);
    give_up_expecting([instant](const Task& task) { return task.description.start >= instant; });
}

std::optional<SimTime> TaskGraph::first_lost() const {
    const std::lock_guard lock(mutex_);
    return first_lost_ < SimTime::max() ? std::optional(first_lost_) : std::nullopt;
}

SimTime TaskGraph::first_unfinished() const {
    return unfinished_starts_.empty() ? SimTime::max() : unfinished_starts_.begin()->first;
}

SimTime TaskGraph::learned_until() const {
    const std::lock_guard lock(mutex_);
    return std::min({first_unfinished(), first_lost_, learned_by_others()});
}

void TaskGraph::wait_until_learned(SimTime instant) {
    std::unique_lock lock(mutex_);
    const auto may_go_on = [&] {
        // What is lost nobody will learn.
        const SimTime needed = std::min(instant, first_lost_);
        return (first_unfinished() >= needed && have_others_learned(needed)) ||
               options_.is_interrupted();
    };
    while (!task_finished_.wait_for(lock, kInterruptPeriod, may_go_on)) {
    }
}

std::exception_ptr TaskGraph::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

void TaskGraph::rethrow_failure_before(SimTime now) const {
    const std::lock_guard lock(mutex_);
    if (failure_ && failure_start_ < now) {
        std::rethrow_exception(failure_);
    }
}

std::optional<SimTime> TaskGraph::first_failure() const {
    const std::lock_guard lock(mutex_);
    return failure_ ? std::optional(failure_start_) : std::nullopt;
}

TaskGraph::Usage TaskGraph::usage() const {
    const std::lock_guard lock(mutex_);
    return usage_;
}

}  // namespace murmur
