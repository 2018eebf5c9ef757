#pragma once

#include "emulator/ranks/exchange.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace murmur {

/// What ranks tell each other.
enum class Channel : std::uint8_t {
    kValue,       ///< a value of a task, by its name
    kAgreed,      ///< what the simulation must know of a value, by its name
    kCpuTime,     ///< of a task, by its number
    kFailure,     ///< a task failed
    kLearned,     ///< the sender has learnt all of what is before an instant
    kDrained,     ///< the sender's simulation is over, and so are its tasks: no value follows
    kDigest,      ///< of the sender's events up to the end of a round
    kKnown,       ///< rank 0 has recorded all of what is before an instant
    kStop,        ///< the run is to end
    kEnding,      ///< how it has ended, by rank 0
    kCheckpoint,  ///< one is due, or not (rank 0, by round); the sender has written its part
    kShare,       ///< what rank 0 alone knows, by the order of asking
    kGathered,    ///< what it asks of all, by the order of asking
};

/// The processes of a run, of which this is one.  Each simulates everything, and executes the tasks
/// of its own nodes (docs/scale.md).  One for all runs of a process, one after the other.
class Ranks {
  public:
    using Handler =
        std::function<void(unsigned from, std::uint64_t number, std::uint32_t part, Parcel parcel)>;

    explicit Ranks(Exchange& exchange);
    ~Ranks();
    Ranks(const Ranks&) = delete;
    Ranks& operator=(const Ranks&) = delete;

    [[nodiscard]] unsigned rank() const { return exchange_.rank(); }
    [[nodiscard]] unsigned count() const { return exchange_.size(); }
    /// Rank 0 writes the results.
    [[nodiscard]] bool is_recorder() const { return rank() == kRecorder; }
    static constexpr unsigned kRecorder = 0;

    /// Begins the next run of this process; all ranks begin the same ones.
    /// @param rank_of_node  [num_nodes], who executes the tasks of each node
    void begin_run(std::vector<std::uint16_t> rank_of_node);
    /// Ends the present run: nobody listens any more.
    void end_run();
    [[nodiscard]] unsigned rank_of(std::uint32_t node) const { return rank_of_node_[node]; }
    [[nodiscard]] bool owns(std::uint32_t node) const { return rank_of(node) == rank(); }

    /// Lets a handler run for each message of a channel, on a thread of the exchange's own; for
    /// those of the run that came before, first and here.
    void listen(Channel channel, Handler handler);

    void send(unsigned to,
              Channel channel,
              std::uint64_t number,
              std::uint32_t part,
              Exchange::Make make);
    /// Sends the same bytes to all other ranks.
    void broadcast(Channel channel,
                   std::uint64_t number,
                   std::uint32_t part,
                   const Exchange::Bytes& bytes);

    /// Returns what rank 0 makes of `make`, which runs there alone.  All ranks ask for the same
    /// things in the same order, and wait for them; within a run or between two.
    /// @throws what `give_up_waiting` throws; std::runtime_error where a rank is gone
    [[nodiscard]] Exchange::Bytes share(const std::function<Exchange::Bytes()>& make);
    /// Returns, on rank 0, what each rank gives, by rank; nothing elsewhere.
    [[nodiscard]] std::vector<Exchange::Bytes> gather(Exchange::Bytes bytes);

    /// Says that the run is to end: `is_stopped` is true on every other rank from then on.
    void stop_others();
    /// True, too, where a rank is gone.
    [[nodiscard]] bool is_stopped() const { return is_stopped_ || has_lost_any(); }
    /// Asked now and then in waits: what it throws ends them.
    std::function<void()> give_up_waiting = [] {};

    /// Says which other ranks have ended without a word, as far as that can be seen from here, a
    /// second later at most; empty where none has.
    [[nodiscard]] std::string gone() const;
    /// Says what `gone` asks now and then, from any thread, one at a time; before anybody waits.
    void look_for_gone_by(std::function<std::string()> look) { look_for_gone_ = std::move(look); }

    [[nodiscard]] std::uint64_t bytes_sent() const { return exchange_.bytes_sent(); }
    /// Says that this rank has failed apart from the others and asks nothing more of them: it takes
    /// no leave, and its launcher, which sees it end so, ends them.
    void abandon() { is_abandoned_ = true; }
    [[nodiscard]] bool is_abandoned() const { return is_abandoned_; }
    /// Takes leave of the other ranks; see `Exchange::finish`.
    bool finish(std::chrono::seconds patience);

  private:
    struct Frame {
        unsigned from;
        Tag tag;
        Parcel parcel;
    };

    void take(unsigned from, const Tag& tag, Parcel parcel);
    [[nodiscard]] bool is_wanted(const Tag& tag) const;
    void deliver(unsigned from, const Tag& tag, Parcel parcel);
    void deliver_held_back();
    [[nodiscard]] bool has_lost_any() const;
    [[nodiscard]] Exchange::Bytes await(Channel channel, std::uint64_t number, unsigned from);

    Exchange& exchange_;
    std::recursive_mutex mutex_;  ///< recursive: handlers may listen and ask
    std::condition_variable_any arrived_;
    std::atomic<std::uint32_t> run_{0};
    std::map<Channel, Handler> handlers_;
    std::deque<Frame> held_back_;  ///< of later runs, or of channels to which nobody listens yet
    std::vector<std::uint16_t> rank_of_node_;
    /// [channel][number][from] of `share` and `gather`
    std::map<std::tuple<Channel, std::uint64_t, unsigned>, Exchange::Bytes> answers_;
    std::uint64_t shared_ = 0;
    std::uint64_t gathered_ = 0;
    std::atomic<bool> is_stopped_{false};
    std::atomic<bool> has_stopped_others_{false};
    bool is_abandoned_ = false;
    mutable std::mutex gone_mutex_;
    mutable std::chrono::steady_clock::time_point looked_for_gone_{};
    mutable std::string gone_;
    mutable std::atomic<bool> has_lost_any_{false};
    std::function<std::string()> look_for_gone_ = [] { return std::string(); };
};

}  // namespace murmur
