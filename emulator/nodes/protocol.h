#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/tasks/handle.h"
#include "learning/parameters.h"
#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "topologies/mixing.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// A model whose values may not exist yet.
using ModelHandle = Handle<Parameters>;

/// An encoded model whose bytes may not exist yet, though their number may be known.
class EncodedHandle : public Handle<std::shared_ptr<const EncodedModel>> {
  public:
    using Encoded = std::shared_ptr<const EncodedModel>;

    EncodedHandle() = default;
    [[nodiscard]] static EncodedHandle ready(Encoded value) {
        return {Handle::ready(std::move(value)), {}};
    }
    [[nodiscard]] static EncodedHandle pending(std::optional<MessageSize> size) {
        return {Handle::pending(), size};
    }

    /// Returns the exact size; nothing where it follows from the values alone.
    [[nodiscard]] const std::optional<MessageSize>& known_size() const { return known_size_; }

  private:
    EncodedHandle(Handle handle, std::optional<MessageSize> size)
        : Handle(std::move(handle)), known_size_(size) {}

    std::optional<MessageSize> known_size_;
};

/// What a protocol itself says in a message, beside an encoded model or alone: a request, a list of
/// peers, an age.  Immutable; one note may go to many receivers.
struct Note {
    /// On the wire before the numbers: kind and round, 4 bytes each.
    static constexpr std::uint64_t kHeaderBytes = 8;

    std::uint32_t kind = 0;                ///< as the protocol numbers the things it says
    std::vector<std::uint32_t> numbers{};  ///< 4 bytes each on the wire

    [[nodiscard]] std::uint64_t size_bytes() const {
        return kHeaderBytes + sizeof(std::uint32_t) * numbers.size();
    }
};
using NotePtr = std::shared_ptr<const Note>;

[[nodiscard]] inline NotePtr make_note(std::uint32_t kind,
                                       std::vector<std::uint32_t> numbers = {}) {
    return std::make_shared<const Note>(Note{kind, std::move(numbers)});
}

/// A message of a protocol, as its receiver sees it.
struct Incoming {
    NodeId from = 0;
    std::uint64_t round = 0;
    EncodedHandle content{};  ///< empty where the message is a note alone
    NotePtr note{};           ///< null where the message is a model alone
};

/// A message of a protocol, as its sender knows it.
struct Outgoing {
    NodeId to = 0;
    std::uint64_t round = 0;
    EncodedHandle content{};  ///< as in `Incoming`
    NotePtr note{};
};

/// A neighbor's model with the weight that this node gives it.
struct WeightedModel {
    NodeId from;
    double weight;
    EncodedHandle content;
};

/// An encoding of a protocol's own, where the sharing strategy is not to do it.
struct OwnEncoding {
    /// Of what `make` returns; nothing where it depends on the values, so that to send it waits for
    /// them.
    std::optional<MessageSize> size;
    /// Its work on a device that is modelled, where a merge of k models of n parameters is k n.
    std::uint64_t values_read;
    /// A function of the model (null where there is none) and of what it has captured alone.
    std::function<std::shared_ptr<const EncodedModel>(const Parameters&)> make;
};

/// A merge of a protocol's own.
struct OwnMerge {
    std::vector<EncodedHandle> contents;
    std::uint64_t values_read;  ///< as in `OwnEncoding`
    /// A function of the model, of `contents` and of what it has captured alone.
    std::function<Parameters(const Parameters&,
                             std::span<const std::shared_ptr<const EncodedModel>>)>
        make;
};

/// What one node can do: the door between a protocol and everything else.
///
/// Work of one node runs one piece after the other on its simulated device, in the order of the
/// calls; each callback runs at the simulated instant at which the piece completes.  Where the plan
/// of a protocol says `overlaps_training`, a node has two such sequences side by side: training,
/// and everything else.
class NodeContext {
  public:
    virtual ~NodeContext() = default;

    [[nodiscard]] virtual NodeId id() const = 0;
    /// Returns how many nodes the run has, this one and a server included.
    [[nodiscard]] virtual NodeId num_nodes() const = 0;
    [[nodiscard]] virtual SimTime now() const = 0;
    /// Returns how many rounds the run asks for.
    [[nodiscard]] virtual std::uint64_t num_rounds() const = 0;
    /// Returns this node's neighbors of a round, in ascending order, with mixing weights.
    [[nodiscard]] virtual const MixingMatrix::Row& neighbors(std::uint64_t round) const = 0;
    /// Returns any node's neighbors of a round: what a peer sampler knows, and nobody else.
    [[nodiscard]] virtual const MixingMatrix::Row& neighbors_of(NodeId node,
                                                                std::uint64_t round) const = 0;
    /// Returns whether the neighbors of all nodes are the same in every round.
    [[nodiscard]] virtual bool has_static_overlay() const = 0;
    [[nodiscard]] virtual ModelHandle initial_model() const = 0;
    /// Returns how many samples this node learns from.
    [[nodiscard]] virtual std::uint32_t num_samples() const = 0;
    /// Returns how many of them there are of each class, [num_classes]; empty for regression.
    [[nodiscard]] virtual std::vector<std::uint32_t> label_histogram() const = 0;
    /// Returns a random stream of this node's own, named by purpose and round.
    [[nodiscard]] virtual RandomStream stream(std::string_view purpose,
                                              std::uint64_t round) const = 0;

    using ModelCallback = std::function<void(ModelHandle)>;
    using EncodedCallback = std::function<void(EncodedHandle)>;

    /// Does the local work of a round on this node's data.
    virtual void train(ModelHandle model, std::uint64_t round, ModelCallback done) = 0;
    /// Encodes a model as the run's sharing strategy says.
    virtual void encode(ModelHandle model, std::uint64_t round, EncodedCallback done) = 0;
    /// Merges a model with those of neighbors, in ascending order of `from`.
    virtual void merge(ModelHandle model,
                       double self_weight,
                       std::vector<WeightedModel> neighbors,
                       std::uint64_t round,
                       ModelCallback done) = 0;

    /// Encodes a model, or (an empty handle) what is no model, as the protocol itself says.
    virtual void encode_with(ModelHandle model,
                             std::uint64_t round,
                             OwnEncoding encoding,
                             EncodedCallback done) = 0;
    /// Merges a model with what others have sent, as the protocol itself says.
    virtual void merge_with(ModelHandle model,
                            OwnMerge merge,
                            std::uint64_t round,
                            ModelCallback done) = 0;

    /// A model and what has become of it.
    struct Change {
        ModelHandle before;
        ModelHandle after;
    };
    /// Applies a change to another model than the one it began from: model + (after - before), the
    /// step that a gradient at a stale model makes.  Costs what a merge of three models does.
    virtual void apply_change(ModelHandle model,
                              Change change,
                              std::uint64_t round,
                              ModelCallback done) = 0;

    /// Sends an encoded model; its exact size is that of the encoding.
    virtual void send(NodeId to, std::uint64_t round, EncodedHandle content) = 0;
    /// Sends a note, with an encoded model or (an empty handle) alone; the sizes add up.
    virtual void send_note(NodeId to, std::uint64_t round, NotePtr note, EncodedHandle content) = 0;
    void send_note(NodeId to, std::uint64_t round, NotePtr note) {
        send_note(to, round, std::move(note), {});
    }

    /// Runs `event` after `delay` of simulated time.
    virtual void after(SimTime delay, std::function<void()> event) = 0;

    /// Counts something that is worth knowing of a run: the sum over all nodes of how often `what`
    /// happened gets into summary.json.
    virtual void count(std::string_view what) = 0;

    /// Says that this node has finished its `rounds`-th round (1, 2, ...) with this model; the run
    /// records and evaluates it.  After `num_rounds()` the node is done: it may still answer
    /// others, but starts nothing of its own, so that the run ends.
    virtual void finish_round(std::uint64_t rounds, ModelHandle model) = 0;
    /// Says the same of all nodes at once, where a server's model is the one that counts: the run
    /// records it for every node, at this instant, with that node's own bytes and times.
    virtual void finish_round_of_all(std::uint64_t rounds, ModelHandle model) = 0;
};

/// What one node does when something happens: an event-driven algorithm.  One object per node.
class Protocol {
  public:
    virtual ~Protocol() = default;

    /// Runs at time 0.
    virtual void on_start(NodeContext& node) = 0;
    /// Runs when the last byte of a message has arrived.
    virtual void on_message(NodeContext& node, const Incoming& message) = 0;
    /// Runs when the network has given a message up.  By default the run fails, with the reason.
    virtual void on_send_failed(NodeContext& node,
                                const Outgoing& message,
                                const std::string& reason);
    /// Says in a few words what the node waits for, for the message of a run that came to a halt.
    [[nodiscard]] virtual std::string waits_for() const = 0;
};

/// Makes the protocol of one node.
using ProtocolFactory = std::function<std::unique_ptr<Protocol>(NodeId)>;

}  // namespace murmur
