#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/tasks/handle.h"
#include "emulator/tasks/past.h"
#include "emulator/tasks/state_cell.h"
#include "emulator/tasks/task.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace murmur {

class Ranks;

/// Runs learning tasks on worker threads: whichever is ready, the earliest simulated time first.
///
/// The thread that made the graph submits and waits; functions execute on workers, numbered from 0.
/// A task reads the values and changes the states that it was given as inputs, and makes its
/// outputs: a function of these alone.  What it made is visible to the tasks that take it as an
/// input, and to a thread that has seen it finished.
///
/// In a run of several ranks each submits the same tasks in the same order, and executes its own.
/// What one of them reads is sent to it by the rank that makes it, which sees the same task
/// submitted, so that nobody has to ask; each value goes once to a rank that needs it.
///
/// In a run that goes on from a checkpoint the first tasks are *past*: submitted as ever, not
/// executed; what is needed of what they made is in the checkpoint (docs/resume.md).
class TaskGraph {
  public:
    struct Options {
        unsigned workers = 1;
        /// Bound on bytes that are live or promised, above which `hold_back` waits.
        std::size_t memory_limit_bytes = SIZE_MAX;
        /// Bytes of what the graph does not count itself: vectors of parameters.
        std::function<std::size_t()> live_bytes = [] { return std::size_t{0}; };
        /// Asked now and then while `hold_back` and `wait` wait: true lets the first return, limit
        /// or not, and has the second cancel.
        std::function<bool()> is_interrupted = [] { return false; };
        /// Runs once, when the run turns out to need more than the limit (see `hold_back`).
        std::function<void(std::size_t needed_bytes)> on_over_limit = [](std::size_t) {};
        /// Writes each value that a task makes, and each state that it had, and goes on with what
        /// is read of that: a run does not show whether its values have been elsewhere.
        bool round_trip_values = false;
        std::function<void(unsigned worker)> on_worker_start{};  ///< runs first on each thread
        Ranks* ranks = nullptr;  ///< whose run this is; null: of this process alone
        /// Asked in waits, on the thread that made the graph: the simulated instant, before which
        /// nothing more will start.  Rank 0 may wait to hear of it.
        std::function<SimTime()> now = [] { return SimTime(0); };
        /// The simulation must know what CPU time tasks took, those of other ranks too.
        bool shares_cpu_times = false;
        const Past* past = nullptr;  ///< what the first tasks have made; null: none are past
        /// `write_alive` and `write_told` will be called: what they need is kept.
        bool keeps_past = false;
    };

    /// CPU time spent inside tasks, by kind.
    struct Usage {
        std::chrono::nanoseconds cpu_time[4]{};
        std::uint64_t tasks[4]{};
        [[nodiscard]] std::chrono::nanoseconds total() const;
    };

    /// @throws std::runtime_error  where the system gives no more threads
    explicit TaskGraph(Options options);
    /// Drops what has not started and joins the workers.
    ~TaskGraph();
    TaskGraph(const TaskGraph&) = delete;
    TaskGraph& operator=(const TaskGraph&) = delete;

    /// Submits a task and returns the handle of its output, or a pair of handles where `function`
    /// returns a `std::pair`.
    ///
    /// Each input is a handle (the function gets its value, const), a vector of handles (a vector
    /// of their values), a `StateCell` (its state, to read and change) or `WorkerNumber{}` (the
    /// number of the worker).  The task waits for the values, and for the tasks submitted before
    /// it that have the same states as inputs.
    /// @throws std::invalid_argument  where a handle is empty
    template <class F, class... Inputs>
    auto submit(const TaskDescription& description, F function, Inputs... inputs);

    /// Names a value that is there from the start as a node's, so that it is known of.
    template <class T>
    [[nodiscard]] Handle<T> give(std::uint32_t node, T value);

    /// Brings a value to rank 0, which records it.
    void bring_to_recorder(const AnyHandle& value);
    /// Brings a value to all ranks: something in the simulation depends on it.
    void bring_to_all(const AnyHandle& value);
    /// Waits for what all ranks must know of a value, which stays where it is.
    /// @param extract  makes that of the value: something that can be written
    template <class T, class F>
    [[nodiscard]] auto agreed(const Handle<T>& value, F extract);
    /// Returns the rank that makes a value; nothing where all have it.
    [[nodiscard]] static std::optional<unsigned> maker_of(const AnyHandle& value);
    /// Returns the rank that executes a task.
    [[nodiscard]] unsigned rank_of(const TaskDescription& task) const;
    /// Returns whether this rank executes the tasks of a node.
    [[nodiscard]] bool owns(std::uint32_t node) const;
    [[nodiscard]] Ranks* ranks() const { return options_.ranks; }
    /// Tells rank 0 how far the learning has come, of what starts before `until`: now and then, or
    /// at once.
    void report_learned(SimTime until, bool at_once = false);
    /// Says that nothing more will be submitted here, and that all that was is over; what other
    /// ranks still wait for of this one they wait for in vain.
    void end_submitting();
    /// Returns whether all other ranks have said so.
    [[nodiscard]] bool have_others_ended() const;
    /// @throws std::logic_error  where the CPU times of other ranks' tasks would be needed, and are
    ///                           not known here: a clock says that it knows durations, and does not
    void check_shares_cpu_times() const;
    /// Stirs a number into the digest of all that has happened in simulated time.
    void digest(std::uint64_t number);
    [[nodiscard]] std::uint64_t digest() const { return digest_; }
    /// Returns how many tasks were submitted, those of `is_aside` not counted.
    [[nodiscard]] std::uint64_t submitted() const { return submitted_; }
    /// Returns whether tasks that are submitted now are past.
    [[nodiscard]] bool is_in_past() const {
        return options_.past != nullptr && submitted_ < options_.past->num_tasks();
    }
    /// Says that the run has come to where its past ends.
    /// @throws std::runtime_error  where it has come another way
    void end_past();
    /// Writes the values and states of this rank that will be needed again.
    /// @pre all that was submitted is over, and has results
    void write_alive(const PastSink& sink);
    /// Writes what the simulation was told since the last call, all of which is there.
    void write_told(const PastSink& sink);
    /// Says that neither will be called again.
    void stop_keeping_past();
    /// Fails the run, as if a task that starts at this instant had.
    void fail(SimTime instant, std::exception_ptr failure);

    /// Waits until the value exists and returns it.
    /// @throws  as `wait`
    template <class T>
    const T& value(const Handle<T>& handle) {
        wait(handle);
        return handle.value();
    }

    /// Waits until the task that makes a value is over.
    /// @throws  where there is no value: what a task threw, or std::runtime_error after `cancel`
    void wait(const AnyHandle& value);
    /// Makes sure that the task that makes a value, here or on another rank, has a result.
    /// @pre it is over
    /// @throws  as `wait`, where it has none
    void require_result(const AnyHandle& value) const;
    /// Waits until that task is over, with or without a result.
    void wait_until_over(const AnyHandle& value);
    /// Waits until every task that was submitted is over.
    /// @throws  what the task threw that failed first in simulated time, if any did
    void wait_all();
    /// Waits until every task is over or `timeout` of real time is; returns whether they are.
    [[nodiscard]] bool wait_all_for(std::chrono::milliseconds timeout);
    /// Waits until the task that makes a value is over or `timeout` of real time is.
    void wait_for(const AnyHandle& value, std::chrono::microseconds timeout);

    /// Waits while live plus promised bytes exceed the limit and unfinished tasks can lower them,
    /// unless the run is interrupted; the reason why a simulation cannot run ahead of its learning
    /// without end.
    ///
    /// What is live when all tasks are over is what the run needs: where that alone is beyond the
    /// limit, the limit becomes that plus the limit that was given, so that tasks still run side by
    /// side, and `on_over_limit` tells.
    void hold_back();
    /// Returns for how long, in real time, `hold_back` has waited.
    [[nodiscard]] std::chrono::nanoseconds held_back() const { return held_back_; }

    /// Returns whether the task that makes a value has run or was dropped.
    [[nodiscard]] bool is_over(const AnyHandle& value) const;
    /// Returns whether a value exists.
    [[nodiscard]] bool has_value(const AnyHandle& value) const;
    /// Returns the thread CPU time of the task that makes a value: final when it is over, so far
    /// when it runs, 0 before.
    [[nodiscard]] std::chrono::nanoseconds cpu_time(const AnyHandle& value) const;
    /// Returns all values that some handle stands for, by name.
    [[nodiscard]] std::vector<LiveValue> live_values() const;

    /// Drops every task that has not started; running ones end.  Waiting for them throws.
    void cancel();
    /// Drops every task that starts at `instant` or later and has not run: nobody needs it.
    void drop_from(SimTime instant);
    /// Returns the least simulated start of a task that has no result: it failed, or was dropped.
    [[nodiscard]] std::optional<SimTime> first_lost() const;
    /// Returns the instant before which every task that was submitted has its result: the least
    /// start of one that is not over or has none; `SimTime::max()` without any.
    [[nodiscard]] SimTime learned_until() const;
    /// Waits until every task that starts before `instant` is over, or the run is interrupted.
    void wait_until_learned(SimTime instant);
    /// Throws what a task threw whose simulated start is before `now`, if any did.  Later tasks are
    /// dropped, earlier ones still run, so that the failure that is first in simulated time is the
    /// one reported, whatever the workers did first.
    void rethrow_failure_before(SimTime now) const;
    /// Returns the simulated start of the task that failed first, if any did.
    [[nodiscard]] std::optional<SimTime> first_failure() const;
    /// Returns what that task threw; null where none failed.
    [[nodiscard]] std::exception_ptr failure() const;

    [[nodiscard]] Usage usage() const;

  private:
    using TaskRef = std::shared_ptr<Task>;
    using Written = std::optional<Parcel>;  ///< nothing: there is no value
    struct EarlierFirst {
        bool operator()(const TaskRef& a, const TaskRef& b) const;
    };

    using States = std::vector<std::shared_ptr<AnyStateCell::Slot>>;

    /// A task whose types are forgotten.
    struct Erased {
        TaskDescription description;
        std::function<void(unsigned worker)> run;
        std::vector<TaskRef> before;  ///< tasks that must be over first
        States states;
        std::vector<std::shared_ptr<ValueSlot>> outputs;
    };

    // Notes an input among what the task waits for; returns what it holds until it has run.
    template <class T>
    tasks::Reading<T> take_input(const Handle<T>& input, Erased& task);
    template <class H, class T = typename H::Value>
    std::vector<tasks::Reading<T>> take_input(const std::vector<H>& inputs, Erased& task);
    template <class T>
    static StateCell<T> take_input(const StateCell<T>& input, Erased& task);
    static WorkerNumber take_input(WorkerNumber input, Erased& /*task*/) { return input; }
    /// @throws std::invalid_argument  where the handle is empty
    ValueSlot& take_value(const AnyHandle& input, Erased& task);
    // The same of a task that another rank executes: it gets what is made here.
    void send_input(const AnyHandle& input, unsigned rank);
    template <class H>
    void send_input(const std::vector<H>& inputs, unsigned rank);
    template <class T>
    void send_input(const StateCell<T>& /*its own*/, unsigned /*rank*/) {}
    void send_input(WorkerNumber /*its own*/, unsigned /*rank*/) {}
    // Notes an input that is a state.
    template <class T>
    static void list_state(const StateCell<T>& state, States& states) {
        states.push_back(state.slot_);
    }
    template <class T>
    static void list_state(const T& /*no state*/, States& /*states*/) {}
    template <class Result>
    static auto handles_of(const tasks::Outputs<Result>& outputs);
    [[nodiscard]] bool is_here(const TaskDescription& task) const;
    /// Numbers a task and its outputs; returns the number.
    std::uint64_t name_outputs(const TaskDescription& task,
                               const std::vector<std::shared_ptr<ValueSlot>>& outputs);

    // Of a past that is kept, or gone on from.
    [[nodiscard]] bool has_past() const { return options_.keeps_past || options_.past != nullptr; }
    /// Names states that a task touches first; those that a past one has changed are that.
    void touch(const TaskDescription& task, const States& states);
    /// @throws std::logic_error  where the outputs or states of a task could not be written
    static void require_writable(bool are_outputs_writable, const States& states);
    /// Takes a task as past, with what it made.
    void add_past(const TaskDescription& task,
                  const std::vector<std::shared_ptr<ValueSlot>>& outputs);
    [[nodiscard]] bool is_past(const ValueSlot& slot) const;
    /// Gives a slot what a past task has made, where that was written down.
    void recall(ValueSlot& slot, PastKind kind);
    void note_told(const AnyHandle& value);
    void note_agreed(const AnyHandle& value, std::span<const std::uint8_t> bytes);
    [[nodiscard]] std::optional<Past::Bytes> agreed_in_past(const AnyHandle& value) const;
    [[nodiscard]] bool keeps_told() const;
    /// Lets the task run once it may.
    void add(Erased task);
    void add_elsewhere(const TaskDescription& task,
                       const std::vector<std::shared_ptr<ValueSlot>>& outputs);
    void enter(const TaskRef& task, const std::vector<TaskRef>& before);

    // Between ranks; but for `listen`, each with the lock held.
    void listen();
    [[nodiscard]] bool is_of_another_rank(const ValueSlot& slot) const;
    void expect(const std::shared_ptr<ValueSlot>& slot);
    void send(const std::shared_ptr<ValueSlot>& slot, unsigned to);
    void send_now(const std::shared_ptr<ValueSlot>& slot, unsigned to, bool has_value);
    /// Ends what is under way from other ranks, and lost.
    void give_up_expecting(const std::function<bool(const Task& task)>& is_lost);
    void take_arrival(const ValueName& name, Written written);
    void take_end(std::uint64_t number, std::optional<std::chrono::nanoseconds> cpu_time);
    void adopt(const std::exception_ptr& failure,
               SimTime start,
               std::uint32_t node,
               std::uint64_t number);
    void tell_failure() const;
    void tell_end(Task& task, bool has_result);
    [[nodiscard]] SimTime learned_by_others() const;
    [[nodiscard]] bool have_others_learned(SimTime instant) const;
    [[nodiscard]] std::vector<std::uint8_t> await_agreed(const AnyHandle& value);
    void agree(const AnyHandle& value, std::vector<std::uint8_t> bytes);
    [[noreturn]] void throw_dropped() const;
    void cancel_locked();
    void cancel_if_interrupted();
    /// What a wait does now and then, which others may wait for meanwhile.
    void look_around();
    void report_in_wait();
    [[nodiscard]] bool is_report_due() const;
    void tell_learned(SimTime until);

    [[nodiscard]] static const TaskRef& producer_of(const AnyHandle& value);
    /// Returns the task that makes a value, wherever that is executed.
    [[nodiscard]] static const TaskRef& task_of(const AnyHandle& value);
    void start_workers();
    void stop_workers();
    void work(unsigned worker);
    static std::exception_ptr run(Task& task, unsigned worker);
    [[nodiscard]] SimTime first_unfinished() const;
    [[nodiscard]] bool is_to_be_dropped(const Task& task) const;
    void account(const Task& task);
    void finish(const TaskRef& task, bool has_result);
    [[nodiscard]] std::size_t live_bytes() const;
    void raise_limit();

    Options options_;
    const std::shared_ptr<ValueRegistry> registry_ = std::make_shared<ValueRegistry>();
    mutable std::mutex mutex_;
    std::condition_variable work_available_;
    mutable std::condition_variable task_finished_;
    std::set<TaskRef, EarlierFirst> ready_;
    std::uint64_t submitted_ = 0;
    std::uint64_t aside_ = 0;  ///< submitted ones that are numbered apart
    std::uint64_t digest_ = 0;
    std::uint64_t given_ = 0;
    std::uint64_t unfinished_ = 0;
    std::map<SimTime, std::uint64_t> unfinished_starts_;  ///< how many start when
    std::size_t promised_bytes_ = 0;
    std::size_t limit_bytes_;  ///< the present one
    bool told_over_limit_ = false;
    std::chrono::nanoseconds held_back_{0};
    bool stopping_ = false;
    bool cancelled_ = false;
    SimTime drop_from_{SimTime::max()};
    SimTime first_lost_{SimTime::max()};
    std::exception_ptr failure_;
    SimTime failure_start_{SimTime::max()};
    std::uint32_t failure_node_ = 0;
    std::uint64_t failure_sequence_ = 0;
    Usage usage_;

    // Of a run of several ranks.
    std::map<ValueName, TaskRef> expected_;  ///< arrivals of values
    std::map<ValueName, Written> early_;     ///< those that nobody here has asked for yet
    std::size_t early_bytes_ = 0;
    std::map<ValueName, std::vector<std::uint8_t>> agreed_;  ///< what is known of values
    std::map<std::uint64_t, TaskRef> elsewhere_;  ///< tasks whose end is awaited, by number
    /// CPU times of tasks that were not submitted here yet; nothing: without a result.
    std::map<std::uint64_t, std::optional<std::chrono::nanoseconds>> early_times_;
    std::vector<SimTime> learned_by_;  ///< [ranks]
    std::vector<bool> has_ended_;      ///< [ranks]
    SimTime reported_{-1};
    std::chrono::steady_clock::time_point reported_at_{};

    // Of a past that is kept.
    bool has_past_ended_ = false;
    std::vector<std::pair<StateName, std::weak_ptr<AnyStateCell::Slot>>> states_;  ///< touched
    std::vector<std::shared_ptr<ValueSlot>> told_;  ///< not written yet
    std::vector<std::pair<PastName, std::vector<std::uint8_t>>> told_agreed_;
    std::vector<std::pair<std::uint64_t, std::chrono::nanoseconds>> told_times_;

    std::vector<std::thread> threads_;
};

template <class T>
tasks::Reading<T> TaskGraph::take_input(const Handle<T>& input, Erased& task) {
    return tasks::Reading<T>(input, take_value(input, task));
}

template <class H, class T>
std::vector<tasks::Reading<T>> TaskGraph::take_input(const std::vector<H>& inputs, Erased& task) {
    std::vector<tasks::Reading<T>> readings;
    readings.reserve(inputs.size());
    for (const Handle<T>& input : inputs) {
        readings.push_back(take_input(input, task));
    }
    return readings;
}

template <class H>
void TaskGraph::send_input(const std::vector<H>& inputs, unsigned rank) {
    for (const AnyHandle& input : inputs) {
        send_input(input, rank);
    }
}

template <class T, class F>
auto TaskGraph::agreed(const Handle<T>& value, F extract) {
    using Extract = std::decay_t<decltype(extract(std::declval<const T&>()))>;
    static_assert(WritableValue<Extract>);
    const auto read = [](Past::Bytes bytes) {
        ByteSource source(bytes);
        return ValueReader<Extract>::read(source);
    };
    if (const std::optional<Past::Bytes> past = agreed_in_past(value)) {
        return read(*past);
    }
    if (is_of_another_rank(*value.slot_)) {
        return read(await_agreed(value));
    }
    Extract made = extract(this->value(value));
    if (!value.slot_->is_agreed && (value.slot_->journey || keeps_told())) {
        ByteSink sink;
        write_value(made, sink);
        agree(value, {sink.written().begin(), sink.written().end()});
    }
    return made;
}

template <class T>
StateCell<T> TaskGraph::take_input(const StateCell<T>& input, Erased& task) {
    task.states.push_back(input.slot_);
    return input;
}

template <class F, class... Inputs>
auto TaskGraph::submit(const TaskDescription& description, F function, Inputs... inputs) {
    Erased task{.description = description, .run = {}, .before = {}, .states = {}, .outputs = {}};
    using Taken = std::tuple<decltype(take_input(inputs, task))...>;
    using Result = std::decay_t<decltype(tasks::call(function, std::declval<Taken&>(), 0u))>;
    const tasks::Outputs<Result> outputs;
    if (has_past()) {
        States states;
        (list_state(inputs, states), ...);
        if (options_.keeps_past) {
            require_writable(outputs.kIsWritable, states);
        }
        touch(description, states);
        if (is_in_past()) {
            add_past(description, outputs.slots());
            return handles_of(outputs);
        }
    }
    if (!is_here(description)) {
        (send_input(inputs, rank_of(description)), ...);
        add_elsewhere(description, outputs.slots());
        return handles_of(outputs);
    }
    Taken taken{take_input(inputs, task)...};
    task.outputs = outputs.slots();
    task.run = [function = std::move(function),
                taken = std::move(taken),
                outputs,
                round_trip = options_.round_trip_values](unsigned worker) mutable {
        outputs.fill(function, taken, worker, round_trip);
        if (round_trip) {
            std::apply([](auto&... input) { (tasks::round_trip_state(input), ...); }, taken);
        }
    };
    add(std::move(task));
    return handles_of(outputs);
}

template <class Result>
auto TaskGraph::handles_of(const tasks::Outputs<Result>& outputs) {
    if constexpr (requires { outputs.slot; }) {
        return typename tasks::Outputs<Result>::Handles(outputs.slot);
    } else {
        using Handles = typename tasks::Outputs<Result>::Handles;
        return Handles(typename Handles::first_type(outputs.first),
                       typename Handles::second_type(outputs.second));
    }
}

template <class T>
Handle<T> TaskGraph::give(std::uint32_t node, T value) {
    auto slot = std::make_shared<TypedSlot<T>>();
    slot->name = {.origin = ValueName::Origin::kGiven, .number = given_++, .output = 0};
    slot->node = node;
    slot->list_in(registry_);
    slot->set(std::move(value));
    return Handle<T>(std::move(slot));
}

}  // namespace murmur
