#pragma once

#include "learning/value_io.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace murmur {

class Task;

/// Names a state, whatever its type.
class AnyStateCell {
  public:
    [[nodiscard]] std::uint32_t node() const { return slot_->node; }
    [[nodiscard]] const std::string& name() const { return slot_->name; }

  protected:
    struct Slot {
        Slot(std::uint32_t of_node, std::string called) : node(of_node), name(std::move(called)) {}
        virtual ~Slot() = default;

        std::uint32_t node;
        std::string name;
        std::shared_ptr<Task> last;  ///< the latest submitted task that touches it
    };

    explicit AnyStateCell(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}

  private:
    friend class TaskGraph;
    template <class T>
    friend class StateCell;

    std::shared_ptr<Slot> slot_;
};

/// Something of a node that its tasks change, under a name: the memory of an optimizer, residuals,
/// secrets.  A task that takes it as an input may change it; tasks that take the same one run in
/// the order of their submission.  A copy stands for the same state.
template <class T>
class StateCell : public AnyStateCell {
  public:
    /// @param read  how a state is read that `write` wrote; none: it can't be
    StateCell(std::uint32_t node,
              std::string name,
              T value,
              std::function<void(const T&, ByteSink&)> write,
              std::function<T(ByteSource&)> read)
        : AnyStateCell(std::make_shared<Typed>(node, std::move(name), std::move(value))) {
        typed().write = std::move(write);
        typed().read = std::move(read);
    }
    StateCell(std::uint32_t node, std::string name, T value)
        : AnyStateCell(std::make_shared<Typed>(node, std::move(name), std::move(value))) {
        if constexpr (WritableValue<T>) {
            typed().write = [](const T& state, ByteSink& sink) { write_value(state, sink); };
            typed().read = ValueReader<T>::read;
        }
    }

    /// Returns the state, for the task that has taken it as an input, while it runs.
    [[nodiscard]] T& value_in_task() const { return typed().value; }
    /// Writes the state and takes what is read of that in its place, where it can be.
    void round_trip_in_task() const {
        if (typed().read) {
            ByteSink sink;
            typed().write(typed().value, sink);
            ByteSource source(sink.written());
            typed().value = typed().read(source);
            source.expect_end();
        }
    }

  private:
    struct Typed final : Slot {
        Typed(std::uint32_t of_node, std::string called, T first)
            : Slot(of_node, std::move(called)), value(std::move(first)) {}

        T value;
        std::function<void(const T&, ByteSink&)> write;
        std::function<T(ByteSource&)> read;
    };
    [[nodiscard]] Typed& typed() const { return static_cast<Typed&>(*slot_); }
};

}  // namespace murmur
