#pragma once

#include "emulator/tasks/task_graph.h"

#include <memory>
#include <optional>
#include <utility>

namespace murmur {

/// A future value: what a task will have made.  Protocols pass handles around; copying one costs
/// nothing, and the value behind it may not exist yet.
template <class T>
class Handle {
  public:
    Handle() = default;

    /// Returns a handle whose value exists already.
    [[nodiscard]] static Handle ready(T value) {
        Handle handle = pending();
        handle.slot_->value = std::move(value);
        return handle;
    }
    /// Returns a handle that a task is to fill with `set`.
    [[nodiscard]] static Handle pending() {
        Handle handle;
        handle.slot_ = std::make_shared<Slot>();
        return handle;
    }

    explicit operator bool() const { return slot_ != nullptr; }
    /// Tells whether both stand for the same value, made once.
    [[nodiscard]] bool operator==(const Handle& other) const = default;

    /// Returns the task that makes the value; empty for a value that was ready from the start.
    [[nodiscard]] const TaskRef& producer() const { return slot_->producer; }
    void set_producer(TaskRef task) const { slot_->producer = std::move(task); }

    /// Fills in the value; called once, by the producing task.
    void set(T value) const { slot_->value = std::move(value); }
    /// Returns the value.
    /// @pre the producer has finished, and this thread knows it from the task graph
    [[nodiscard]] const T& value() const { return slot_->value.value(); }

  private:
    struct Slot {
        std::optional<T> value;
        TaskRef producer;
    };
    std::shared_ptr<Slot> slot_;
};

}  // namespace murmur
