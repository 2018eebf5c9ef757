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
#include <string>
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

  private:
    friend class CollectiveOperation;
    void begin(std::unique_ptr<CollectiveOperation> operation);

    NodeContext& node_;
    Options options_;
    std::map<std::uint64_t, std::unique_ptr<CollectiveOperation>> active_;
    std::map<std::uint64_t, std::vector<Incoming>> early_;  ///< of operations still to begin
    std::optional<std::uint64_t> latest_;                   ///< that has begun
};

/// The first and one behind the last value of chunk `chunk` of `count`: sizes differ by one at most.
[[nodiscard]] constexpr std::size_t chunk_begin(std::size_t length,
                                                std::size_t chunk,
                                                std::size_t count) {
    return length / count * chunk + std::min(chunk, length % count);
}

}  // namespace murmur
