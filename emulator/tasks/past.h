#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace murmur {

/// What is written down of a task graph, so that another one can go on from there.
enum class PastKind : std::uint8_t {
    kAlive,    ///< a value that some handle stood for
    kState,    ///< what a state was
    kTold,     ///< a value that the simulation, or the recorder, has read or may read
    kAgreed,   ///< what the simulation has asked of a value (see `TaskGraph::agreed`)
    kCpuTime,  ///< thread CPU time of a task, in nanoseconds
    kCosts,    ///< what the clock has measured when the run began
};

/// What a piece is about: for a value its task and which of that one's outputs; for a state the
/// first task that touched it and which of that one's states.  A function of the run alone,
/// whatever the workers and ranks.
struct PastName {
    PastKind kind = PastKind::kAlive;
    std::uint64_t number = 0;
    std::uint32_t part = 0;

    auto operator<=>(const PastName&) const = default;
};

/// Takes a piece; the bytes are its only during the call.
using PastSink = std::function<void(const PastName& name, std::span<const std::uint8_t> bytes)>;

/// What the first tasks of a run have made.  The graph of a run that goes on from there is given
/// the same tasks, executes none of these, and takes what they made from here.
class Past {
  public:
    using Bytes = std::span<const std::uint8_t>;

    /// @param num_tasks  how many tasks are past
    /// @param digest     `TaskGraph::digest` after these
    Past(std::uint64_t num_tasks, std::uint64_t digest) : num_tasks_(num_tasks), digest_(digest) {}

    /// Adds a piece, whose bytes `keeper` keeps in being.
    void add(const PastName& name, Bytes bytes, std::shared_ptr<const void> keeper);
    /// To be called when all pieces are there.
    void sort();

    [[nodiscard]] std::uint64_t num_tasks() const { return num_tasks_; }
    [[nodiscard]] std::uint64_t digest() const { return digest_; }
    /// Returns a piece; nothing where there is none.
    [[nodiscard]] std::optional<Bytes> find(const PastName& name) const;
    /// Returns all pieces of a name: a state that each rank has a part of has several.
    [[nodiscard]] std::vector<Bytes> find_all(const PastName& name) const;

  private:
    struct Piece {
        PastName name;
        Bytes bytes;
    };

    [[nodiscard]] std::span<const Piece> pieces_of(const PastName& name) const;

    std::uint64_t num_tasks_;
    std::uint64_t digest_;
    std::vector<Piece> pieces_;  ///< ascending, once sorted
    std::vector<std::shared_ptr<const void>> keepers_;
};

}  // namespace murmur
