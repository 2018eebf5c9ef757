#pragma once

#include "emulator/tasks/value_slot.h"

#include <memory>
#include <stdexcept>
#include <utility>

namespace murmur {

/// Names a value, whatever its type; what task graph and records go by.
class AnyHandle {
  public:
    AnyHandle() = default;

    explicit operator bool() const { return slot_ != nullptr; }
    /// Tells whether both stand for the same value, made once.
    [[nodiscard]] bool operator==(const AnyHandle& other) const = default;
    /// Returns the value's name, a function of the run alone.
    /// @pre the handle is not empty
    [[nodiscard]] const ValueName& name() const { return slot_->name; }

  protected:
    explicit AnyHandle(std::shared_ptr<ValueSlot> slot) : slot_(std::move(slot)) {}

  private:
    friend class TaskGraph;
    template <class T>
    friend class Handle;

    std::shared_ptr<ValueSlot> slot_;
};

/// A value, of which there is one version for ever, and that may not exist yet: a task will have
/// made it.  Protocols pass handles around; copying one costs nothing.  `TaskGraph::submit` makes
/// handles, and nobody fills one in by hand.
template <class T>
class Handle : public AnyHandle {
  public:
    using Value = T;

    Handle() = default;
    /// Returns a handle whose value exists already, of no task and no run.
    [[nodiscard]] static Handle ready(T value) {
        auto slot = std::make_shared<TypedSlot<T>>();
        slot->set(std::move(value));
        return Handle(std::move(slot));
    }

    /// Returns the handle as one of a `T`; an empty one where it is of another type.
    [[nodiscard]] static Handle of(const AnyHandle& handle) {
        auto slot = std::dynamic_pointer_cast<TypedSlot<T>>(handle.slot_);
        return slot ? Handle(std::move(slot)) : Handle();
    }

    /// Returns the value, for who knows from the task graph that it exists.
    /// @throws std::logic_error  where it does not: a mistake shows, and never is a race
    [[nodiscard]] const T& value() const {
        const T* const value = slot_ ? slot().get() : nullptr;
        if (value == nullptr) {
            throw std::logic_error("a value was read before it was made");
        }
        return *value;
    }

  private:
    friend class TaskGraph;

    explicit Handle(std::shared_ptr<TypedSlot<T>> slot) : AnyHandle(std::move(slot)) {}
    [[nodiscard]] TypedSlot<T>& slot() const { return static_cast<TypedSlot<T>&>(*slot_); }
};

}  // namespace murmur
