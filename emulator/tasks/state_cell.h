#pragma once

#include "learning/value_io.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

class Task;

/// What a state is called in every run of the same tasks: the first one that touched it, and which
/// of that one's states it was.
struct StateName {
    std::uint64_t number = 0;
    std::uint32_t part = 0;
};

/// Names a state, whatever its type.
class AnyStateCell {
  public:
    [[nodiscard]] std::uint32_t node() const { return slot_->node; }
    [[nodiscard]] const std::string& name() const { return slot_->name; }

  protected:
    struct Slot {
        Slot(std::uint32_t of_node, std::string called) : node(of_node), name(std::move(called)) {}
        virtual ~Slot() = default;

        [[nodiscard]] virtual bool is_writable() const = 0;
        // Of one that is; while no task that touches it runs.
        virtual void write(ByteSink& sink) const = 0;
        /// Takes what was written in place of what there is; of several parts, their sum.
        virtual void read(const std::vector<std::span<const std::uint8_t>>& parts) = 0;

        std::uint32_t node;
        std::string name;
        std::shared_ptr<Task> last;  ///< the latest submitted task that touches it
        std::optional<StateName> first_touch;  ///< noted where the graph's past is kept
        std::shared_ptr<Slot> part_of;         ///< see `StateCell::be_part_of`; or null
        bool is_recalled = false;              ///< was read from a checkpoint
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
        typed().write_state = std::move(write);
        typed().read_state = std::move(read);
    }
    StateCell(std::uint32_t node, std::string name, T value)
        : AnyStateCell(std::make_shared<Typed>(node, std::move(name), std::move(value))) {
        if constexpr (WritableValue<T>) {
            typed().write_state = [](const T& state, ByteSink& sink) { write_value(state, sink); };
            typed().read_state = ValueReader<T>::read;
        }
    }

    /// Returns the state, for the task that has taken it as an input, while it runs.
    [[nodiscard]] T& value_in_task() const { return typed().value; }
    /// Writes the state and takes what is read of that in its place, where it can be.
    void round_trip_in_task() const {
        if (typed().is_writable()) {
            ByteSink sink;
            typed().write(sink);
            typed().read({sink.written()});
        }
    }
    /// Says that this is one of several parts, of which only the sum matters and of which there may
    /// be others in the same run on other ranks: `T` has `add(const T&)`, in any order.
    void be_part_of(const StateCell& first) { slot_->part_of = first.slot_; }

  private:
    struct Typed final : Slot {
        Typed(std::uint32_t of_node, std::string called, T first)
            : Slot(of_node, std::move(called)), value(std::move(first)) {}

        [[nodiscard]] bool is_writable() const override { return read_state != nullptr; }
        void write(ByteSink& sink) const override { write_state(value, sink); }
        void read(const std::vector<std::span<const std::uint8_t>>& parts) override {
            value = read_one(parts.front());
            for (std::size_t i = 1; i < parts.size(); ++i) {
                if constexpr (requires(T & sum, const T& part) { sum.add(part); }) {
                    value.add(read_one(parts[i]));
                } else {
                    throw std::invalid_argument("a state was written twice");
                }
            }
        }
        [[nodiscard]] T read_one(std::span<const std::uint8_t> bytes) const {
            ByteSource source(bytes);
            T one = read_state(source);
            source.expect_end();
            return one;
        }

        T value;
        std::function<void(const T&, ByteSink&)> write_state;
        std::function<T(ByteSource&)> read_state;
    };
    [[nodiscard]] Typed& typed() const { return static_cast<Typed&>(*slot_); }
};

}  // namespace murmur
