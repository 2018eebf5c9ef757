#pragma once

#include "emulator/nodes/node_context.h"
#include "learning/codec.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

class CollectiveOperation;

/// By which messages a collective is done.
enum class CollectiveForm : std::uint8_t {
    /// Each member sends to the next alone.  All-reduce: n - 1 steps that sum one chunk of d/n
    /// values each, n - 1 that pass the means on; a chunk is summed in the order of the ring,
    /// beginning with the member whose place has its number.  All-gather: n - 1 steps.
    kRing,
    /// All-reduce along a binary tree, whole vectors: place p hears 2p + 1 and 2p + 2, adds them to
    /// its own in this order, and the mean comes back the same way.
    kTree,
    /// Everybody sends to everybody.  All-reduce: chunk q to the member at place q, which sums in
    /// the order of the members and sends the mean to all (butterfly).  All-gather: one step.
    kDirect,
};

class Collectives;

/// Who has finished which collective, and who takes part from which on: what all nodes of a run know
/// of each other without a message, as they know who is there.
class CollectiveBoard {
  public:
    void begin(std::uint64_t number, NodeId node) {
        Progress& progress = of(node);
        progress.latest = number;
        progress.active.insert(number);
        first_open_ = std::max(first_open_, number + 1);
    }
    void finish(std::uint64_t number, NodeId node) { of(node).active.erase(number); }
    /// Returns the first collective that no node has begun, nor has any after it.
    [[nodiscard]] std::uint64_t first_open() const { return first_open_; }
    /// Lets a node take part from a collective on that nobody has begun, and in none before.
    void enter(std::uint64_t first, NodeId node) {
        of(node).first = first;
        of(node).active.clear();
    }
    [[nodiscard]] bool takes_part(std::uint64_t number, NodeId node) const {
        return node >= progress_.size() || number >= progress_[node].first;
    }
    [[nodiscard]] bool has_finished(std::uint64_t number, NodeId node) const {
        if (node >= progress_.size()) {
            return false;
        }
        const Progress& progress = progress_[node];
        return number >= progress.first && progress.latest && number <= *progress.latest &&
               !progress.active.contains(number);
    }
    /// Returns what a node does of them.
    [[nodiscard]] const std::map<NodeId, Collectives*>& of_nodes() const { return of_nodes_; }
    void add(NodeId node, Collectives& collectives) { of_nodes_[node] = &collectives; }

  private:
    struct Progress {
        std::uint64_t first = 0;              ///< that it takes part in
        std::optional<std::uint64_t> latest;  ///< that has begun
        std::set<std::uint64_t> active;       ///< of these
    };
    Progress& of(NodeId node) {
        progress_.resize(std::max<std::size_t>(progress_.size(), node + 1));
        return progress_[node];
    }

    std::vector<Progress> progress_;  ///< of the nodes up to one of which something is known
    std::uint64_t first_open_ = 0;
    std::map<NodeId, Collectives*> of_nodes_;
};

/// Who takes part in one collective, and in which form.
struct Collective {
    std::uint64_t number = 0;       ///< of the operation: ascends, and is the same at all members
    std::vector<NodeId> members{};  ///< this node among them; the same order at all
    CollectiveForm form = CollectiveForm::kRing;
};

/// The collectives of one node: means over, and exchanges among, some nodes, by messages of the
/// simulated network.
///
/// The result of an all-reduce has the same bits at all members, whatever the network does: the
/// order of sums is that of the form, never of arrival.  Sums are float32, as they travel.  With a
/// codec each message is encoded, partial sums as well, and members take the decoded mean.
///
/// On the wire each message is a whole vector (`learning/encoding/whole_model.h`; all-gather: what
/// was given) beside a note with one field of 4 bytes, the step.
///
/// A message that the network gives up ends the run, as `Protocol::on_send_failed` has it, unless
/// there is a `timeout`.  With one, which the direct form alone can have, a member waits as long
/// for the chunks of others and again for their means.  A mean is then over who came; a chunk whose
/// mean does not come stays as the member has it; members may differ from then on.  What comes
/// later is dropped and counted as `late_chunks`, what did not come as `missing_chunks`.
///
/// Where a member leaves, who has not finished the collective does one of two things, and
/// all of them the same, since who is there and who has finished is known to all at once
/// (`CollectiveBoard`).  If a member that is there has the result, it sends it to them, the first by
/// place (`results_handed_on`); otherwise they begin anew without the one that has left
/// (`collectives_restarted`), and what is under way of the former attempt is dropped
/// (`late_chunks`).  So members end up with the same bits even then.  With nodes that leave a note
/// has a second field of 4 bytes, of how many members the attempt is.
///
/// A node that returns takes part from the first collective on that nobody has begun, so that those
/// that are under way only ever lose members: their number says which attempt a message is of.
class Collectives {
  public:
    using Gathered = std::vector<EncodedHandle>;  ///< [members]; empty handles: did not come

    struct Options {
        std::shared_ptr<const ValueCodec> codec{};  ///< null: raw float32
        std::optional<SimTime> timeout{};
    };

    explicit Collectives(NodeContext& node) : Collectives(node, Options{}) {}
    Collectives(NodeContext& node, Options options);
    ~Collectives();
    Collectives(const Collectives&) = delete;
    Collectives& operator=(const Collectives&) = delete;

    /// Computes the mean of the members' vectors, all of `length` values.
    void all_reduce(const Collective& collective,
                    ModelHandle vector,
                    std::size_t length,
                    std::function<void(ModelHandle mean)> done);
    /// Gives each member's content to all members.
    void all_gather(const Collective& collective,
                    EncodedHandle content,
                    std::function<void(Gathered contents)> done);

    /// Takes a message of a collective; returns false where it is none.
    bool take(const Incoming& message);
    /// Returns whether the loss of a message is borne; it is counted then.
    bool take_failure(const Outgoing& message);
    /// Says whom the oldest operation waits for; empty where there is none.
    [[nodiscard]] std::string waits_for() const;

    // Members that leave.

    /// Lets this node know, and be told of, what all know; to be called before the run begins.
    void join(std::shared_ptr<CollectiveBoard> board);
    /// Asks to be told of all nodes that leave; to be called at the start.
    void watch_all();
    void on_peer_left(NodeId peer);

    // A node that leaves and returns.

    /// Gives up what is under way; nothing begins until `enter`.
    void leave();
    /// Takes part again, from the first collective on that nobody has begun, of those whose number
    /// is a multiple; returns it.
    std::uint64_t enter(std::uint64_t multiple);
    /// The same of a node that has entered and begun nothing: who waits for it goes on without.
    std::uint64_t enter_later(std::uint64_t multiple);
    /// Returns whether a node is there and takes part in a collective.
    [[nodiscard]] bool takes_part(std::uint64_t number, NodeId node) const;
    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] bool is_idle() const { return active_.empty(); }
    [[nodiscard]] bool is_away() const { return is_away_; }

  private:
    friend class CollectiveOperation;
    using Operations = std::map<std::uint64_t, std::unique_ptr<CollectiveOperation>>;
    using Make = std::function<std::unique_ptr<CollectiveOperation>(const Collective&)>;

    /// What a finished collective has come to.
    struct Result {
        Collective collective{};
        ModelHandle mean{};      ///< of an all-reduce
        std::size_t length = 0;  ///< of it
        Gathered contents{};     ///< of an all-gather
    };

    [[nodiscard]] bool has_leavers() const { return board_ && node_.has_churn(); }
    void begin(const Collective& collective, Make make);
    void restart(std::uint64_t number);
    void keep(Result result);
    [[nodiscard]] bool is_first_to_hand_on(const Result& result) const;
    void hand_on(const Result& result);
    void send_result(const Result& result, std::uint32_t index, const EncodedHandle& content);
    [[nodiscard]] std::vector<NodeId> unfinished(const Collective& collective) const;

    NodeContext& node_;
    Options options_;
    Operations active_;
    std::map<std::uint64_t, std::vector<Incoming>> early_;  ///< of operations still to begin
    std::optional<std::uint64_t> latest_;                   ///< that has begun
    std::uint64_t first_ = 0;                               ///< that it takes part in
    bool is_away_ = false;
    std::shared_ptr<CollectiveBoard> board_;                ///< null: of a test
    std::map<std::uint64_t, Make> makes_;                   ///< of those in `active_`, likewise
    std::map<std::uint64_t, Result> results_;  ///< that some member has not come to
};

/// The first and one behind the last value of chunk `chunk` of `count`: sizes differ by one at most.
[[nodiscard]] constexpr std::size_t chunk_begin(std::size_t length,
                                                std::size_t chunk,
                                                std::size_t count) {
    return length / count * chunk + std::min(chunk, length % count);
}

}  // namespace murmur
