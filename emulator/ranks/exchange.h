#pragma once

#include "learning/byte_stream.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace murmur {

/// What a message between ranks is about; its meaning is `Ranks`' own.
struct Tag {
    std::uint8_t channel = 0;
    std::uint32_t run = 0;  ///< of this process: 1, 2, ...
    std::uint64_t number = 0;
    std::uint32_t part = 0;

    bool operator==(const Tag&) const = default;
};

/// Carries bytes between the processes of one run, its *ranks*: 0, 1, ..., `size() - 1`.
///
/// All that an engine (MPI, Gloo, sockets) must give: a further one is one file.  Messages from one
/// rank to another arrive in the order in which they were sent, each once.
class Exchange {
  public:
    using Bytes = std::vector<std::uint8_t>;
    using Make = std::function<Parcel()>;
    using Arrival = std::function<void(unsigned from, const Tag& tag, Parcel parcel)>;

    virtual ~Exchange() = default;

    [[nodiscard]] virtual unsigned rank() const = 0;
    [[nodiscard]] virtual unsigned size() const = 0;

    /// Sends a parcel to another rank; returns at once, from any thread.
    /// @param make  called once, on a thread of the exchange's own: writing a value as bytes is no
    ///              work of who wants it sent
    virtual void send(unsigned to, const Tag& tag, Make make) = 0;

    /// Lets `on_arrival` run for each message, one at a time, on a thread of the exchange's own;
    /// for those that came before, first.  To be called once.
    virtual void listen(Arrival on_arrival) = 0;

    /// Returns the bytes that this rank has sent so far, tags not counted.
    [[nodiscard]] virtual std::uint64_t bytes_sent() const = 0;

    /// Sends what is left, and takes leave of the other ranks, which do the same.  The last thing
    /// that an orderly process does with an exchange; without it the engine may end all of them.
    /// Returns whether all have, within so much real time.
    virtual bool finish(std::chrono::seconds patience) = 0;
};

/// Ends this process at once, with its rank and what went wrong: for the thread of an exchange, on
/// which nobody catches anything.  Called while that is being handled (`catch`); the launcher ends
/// the other ranks.
[[noreturn]] void end_rank_at_once(unsigned rank);

/// Returns the exchange with the other processes that a launcher (`mpirun`, `srun`) has started
/// beside this one; null where there are none, or this build has no engine.  To be called once.
/// @throws std::runtime_error  where the engine can't be started
[[nodiscard]] std::unique_ptr<Exchange> launched_exchange();

}  // namespace murmur
