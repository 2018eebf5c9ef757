#pragma once

#include "emulator/base/sim_time.h"
#include "learning/value_bytes.h"
#include "learning/value_io.h"

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace murmur {

class Task;

/// What a value is called everywhere: the place of its task in the order of submission, which is a
/// function of the run alone, and which of that task's outputs it is.
struct ValueName {
    enum class Origin : std::uint8_t {
        kNone,   ///< of no run: made by `Handle::ready`
        kGiven,  ///< handed to the run: `number` counts those
        kTask,   ///< made by a task: `number` is its place
    };

    Origin origin = Origin::kNone;
    std::uint64_t number = 0;
    std::uint32_t output = 0;

    auto operator<=>(const ValueName&) const = default;
};

/// A value that some handle stands for, as `TaskGraph::live_values` lists it.
struct LiveValue {
    ValueName name;
    std::uint32_t node = 0;     ///< whose it is
    std::size_t bytes = 0;      ///< 0 until it is made
    std::uint32_t readers = 0;  ///< submitted tasks that will read it and are not over
};

/// How a value gets to where it is needed, in a run of several ranks.
struct Journey {
    unsigned rank = 0;                ///< where it is made
    SimTime start{0};                 ///< of the task that makes it
    std::vector<unsigned> sent_to{};  ///< the ranks that need it; made here
    /// Made elsewhere: stands for its task where the simulation must know when that is over.
    std::shared_ptr<Task> elsewhere{};
    std::optional<std::vector<std::uint8_t>> agreed{};  ///< what all ranks know of it
};

class ValueSlot;

/// The values of one graph that some handle stands for, and the bytes of those that no other
/// account has: vectors of parameters count themselves, wherever they are.
class ValueRegistry {
  public:
    void enter(ValueSlot& slot);
    void leave(ValueSlot& slot);
    [[nodiscard]] std::vector<LiveValue> list() const;
    /// Returns those that are not about to go.
    [[nodiscard]] std::vector<std::shared_ptr<ValueSlot>> slots() const;

    void add_bytes(std::size_t bytes) { bytes_ += bytes; }
    void take_bytes(std::size_t bytes) { bytes_ -= bytes; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    mutable std::mutex mutex_;
    ValueSlot* first_ = nullptr;
    std::atomic<std::size_t> bytes_{0};
};

/// Where a value is kept: all of it that does not depend on its type.  Lives as long as a handle
/// does; any thread may drop the last one.
class ValueSlot : public std::enable_shared_from_this<ValueSlot> {
  public:
    ValueSlot() = default;
    virtual ~ValueSlot();
    ValueSlot(const ValueSlot&) = delete;
    ValueSlot& operator=(const ValueSlot&) = delete;

    /// Lists the value in a registry from now on.
    void list_in(std::shared_ptr<ValueRegistry> registry);
    [[nodiscard]] bool is_made() const { return is_made_.load(std::memory_order_acquire); }
    [[nodiscard]] LiveValue describe() const { return {name, node, bytes_, readers}; }
    /// Writes the value, which is made, as bytes.
    /// @throws std::logic_error  where values of its type can't be written
    virtual void write(ByteSink& sink) const = 0;
    /// Makes the value of what `write` has written.
    /// @throws std::invalid_argument  on damaged bytes
    virtual void read(ByteSource& source) = 0;

    ValueName name;
    std::uint32_t node = 0;
    /// What makes the value here: its task, or its arrival from another rank; null where it was
    /// ready from the start, and where nobody here has asked for it.
    std::shared_ptr<Task> producer;
    std::unique_ptr<Journey> journey;  ///< null in a run of one rank, and of what no task makes
    std::atomic<std::uint32_t> readers{0};
    // Noted where the graph's past is kept, by who submits:
    bool is_told = false;    ///< the simulation, or the recorder, has asked for the value
    bool is_agreed = false;  ///< or for something of it

  protected:
    [[noreturn]] static void throw_unwritable();
    /// @param uncounted  those of `bytes` that are no vector of parameters
    void note_made(std::size_t bytes, std::size_t uncounted);

  private:
    friend class ValueRegistry;

    std::atomic<bool> is_made_{false};
    std::atomic<std::size_t> bytes_{0};
    std::size_t uncounted_ = 0;
    std::shared_ptr<ValueRegistry> registry_;
    ValueSlot* previous_ = nullptr;
    ValueSlot* next_ = nullptr;
};

/// Where a value of one type is kept.  Written once, by its task.
template <class T>
class TypedSlot final : public ValueSlot {
  public:
    void set(T value) {
        value_.emplace(std::move(value));
        const ValueBytes size = value_bytes(*value_);
        note_made(size.all, size.uncounted);
    }
    /// Returns null until the value is made.
    [[nodiscard]] const T* get() const { return is_made() ? &*value_ : nullptr; }

    void write([[maybe_unused]] ByteSink& sink) const override {
        if constexpr (WritableValue<T>) {
            write_value(*value_, sink);
        } else if constexpr (!std::is_empty_v<T>) {
            throw_unwritable();
        }
    }
    void read([[maybe_unused]] ByteSource& source) override {
        if constexpr (WritableValue<T>) {
            set(ValueReader<T>::read(source));
        } else if constexpr (std::is_empty_v<T>) {
            set(T{});
        } else {
            throw_unwritable();
        }
    }

  private:
    std::optional<T> value_;
};

}  // namespace murmur
