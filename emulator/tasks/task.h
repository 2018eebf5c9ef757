#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/tasks/handle.h"
#include "emulator/tasks/state_cell.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace murmur {

enum class TaskKind : std::uint8_t { kTrain, kEncode, kMerge, kEvaluate };

/// Returns `train`, `encode`, `merge` or `evaluate`.
[[nodiscard]] std::string_view task_kind_name(TaskKind kind);

/// What a task asks of the device that it runs on; what a compute clock reads.
struct Cost {
    TaskKind kind = TaskKind::kTrain;
    std::uint64_t round = 0;
    std::int64_t samples = 0;       ///< training: samples learnt from; else: forward passes
    std::int64_t steps = 0;         ///< training: mini-batches
    std::uint64_t values_read = 0;  ///< encode, merge: values read, over all inputs
};

/// A task, but for its function and its inputs: the one description, of which task graph and
/// compute clock each read their part.
struct TaskDescription {
    std::uint32_t node = 0;  ///< whose work it is, and whose its outputs are
    SimTime start{0};        ///< simulated instant; earlier tasks run first
    Cost cost{};
    std::uint64_t sequence = 0;    ///< how many tasks of this kind the node's device ran before
    std::size_t output_bytes = 0;  ///< what it will make, for the bound on memory
    /// The rank that executes it, where that is not its node's.
    std::optional<unsigned> rank{};
    /// Its number is apart from those of the others: how many there are of these follows from how
    /// many ranks there are.
    bool is_aside = false;
};

/// As an input: stands for the number of the worker that runs the task, an `unsigned`.
struct WorkerNumber {};

/// The output of a task whose function returns nothing: that it is over.
struct Done {};

namespace tasks {

/// An input of a task while the task is not over; counted as a reader of its value.
template <class T>
class Reading {
  public:
    explicit Reading(Handle<T> handle, ValueSlot& slot) : handle_(std::move(handle)), slot_(&slot) {
        ++slot_->readers;
    }
    Reading(const Reading& other) : handle_(other.handle_), slot_(other.slot_) { ++slot_->readers; }
    Reading(Reading&& other) noexcept
        : handle_(std::move(other.handle_)), slot_(std::exchange(other.slot_, nullptr)) {}
    Reading& operator=(const Reading&) = delete;
    ~Reading() {
        if (slot_ != nullptr) {
            --slot_->readers;
        }
    }
    [[nodiscard]] const T& get() const { return handle_.value(); }

  private:
    Handle<T> handle_;
    ValueSlot* slot_;
};

// Whether an input is there: handles may be empty.

template <class T>
[[nodiscard]] bool is_there(const Handle<T>& input) {
    return static_cast<bool>(input);
}
template <class H>
[[nodiscard]] bool is_there(const std::vector<H>& inputs) {
    return std::all_of(inputs.begin(), inputs.end(), [](const H& input) { return bool{input}; });
}
template <class T>
[[nodiscard]] bool is_there(const StateCell<T>& /*always*/) {
    return true;
}
[[nodiscard]] inline bool is_there(WorkerNumber /*always*/) {
    return true;
}

// What a task's function gets of each kind of input.

template <class T>
[[nodiscard]] const T& value_of(const Reading<T>& input, unsigned /*worker*/) {
    return input.get();
}
template <class T>
[[nodiscard]] std::vector<T> value_of(const std::vector<Reading<T>>& inputs, unsigned /*worker*/) {
    std::vector<T> values;
    values.reserve(inputs.size());
    for (const Reading<T>& input : inputs) {
        values.push_back(input.get());
    }
    return values;
}
template <class T>
[[nodiscard]] T& value_of(const StateCell<T>& state, unsigned /*worker*/) {
    return state.value_in_task();
}
[[nodiscard]] inline unsigned value_of(WorkerNumber /*tag*/, unsigned worker) {
    return worker;
}

/// Calls a task's function with what it gets of its inputs.
template <class F, class Taken, std::size_t... I>
decltype(auto) call(F& function,
                    [[maybe_unused]] Taken& taken,
                    [[maybe_unused]] unsigned worker,
                    std::index_sequence<I...> /*inputs*/) {
    return function(value_of(std::get<I>(taken), worker)...);
}
template <class F, class Taken>
decltype(auto) call(F& function, Taken& taken, unsigned worker) {
    return call(function, taken, worker, std::make_index_sequence<std::tuple_size_v<Taken>>());
}

/// Returns a value as it is, or as it is read where it was written.
template <class T>
[[nodiscard]] T passed_on(T value, [[maybe_unused]] bool round_trip) {
    if constexpr (WritableValue<T>) {
        if (round_trip) {
            return murmur::round_trip(value);
        }
    }
    return value;
}

template <class T>
void round_trip_state(const T& /*no state*/) {}
template <class T>
void round_trip_state(const StateCell<T>& state) {
    state.round_trip_in_task();
}

/// Whether a `T` can be written, or there is nothing to write.
template <class T>
inline constexpr bool kIsWritable = WritableValue<T> || std::is_empty_v<T>;

/// What a task makes, by what its function returns: where it is kept until the task has run, and
/// the handles of it.
template <class Result>
struct Outputs {
    using Handles = Handle<Result>;
    static constexpr bool kIsWritable = tasks::kIsWritable<Result>;

    std::shared_ptr<TypedSlot<Result>> slot = std::make_shared<TypedSlot<Result>>();

    [[nodiscard]] std::vector<std::shared_ptr<ValueSlot>> slots() const { return {slot}; }
    template <class F, class Taken>
    void fill(F& function, Taken& taken, unsigned worker, bool round_trip) const {
        slot->set(passed_on<Result>(call(function, taken, worker), round_trip));
    }
};
template <>
struct Outputs<void> {
    using Handles = Handle<Done>;
    static constexpr bool kIsWritable = true;

    std::shared_ptr<TypedSlot<Done>> slot = std::make_shared<TypedSlot<Done>>();

    [[nodiscard]] std::vector<std::shared_ptr<ValueSlot>> slots() const { return {slot}; }
    template <class F, class Taken>
    void fill(F& function, Taken& taken, unsigned worker, bool /*round_trip*/) const {
        call(function, taken, worker);
        slot->set(Done{});
    }
};
template <class First, class Second>
struct Outputs<std::pair<First, Second>> {
    using Handles = std::pair<Handle<First>, Handle<Second>>;
    static constexpr bool kIsWritable = tasks::kIsWritable<First> && tasks::kIsWritable<Second>;

    std::shared_ptr<TypedSlot<First>> first = std::make_shared<TypedSlot<First>>();
    std::shared_ptr<TypedSlot<Second>> second = std::make_shared<TypedSlot<Second>>();

    [[nodiscard]] std::vector<std::shared_ptr<ValueSlot>> slots() const { return {first, second}; }
    template <class F, class Taken>
    void fill(F& function, Taken& taken, unsigned worker, bool round_trip) const {
        std::pair<First, Second> made = call(function, taken, worker);
        first->set(passed_on(std::move(made.first), round_trip));
        second->set(passed_on(std::move(made.second), round_trip));
    }
};

}  // namespace tasks
}  // namespace murmur
