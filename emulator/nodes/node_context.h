#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/network/neighbors.h"
#include "emulator/nodes/message.h"
#include "emulator/tasks/work.h"
#include "learning/parameter_layout.h"
#include "learning/random_stream.h"
#include "learning/training_options.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// Names an event that `NodeContext::after` was asked for.
enum class TimerId : std::uint64_t {};

/// The local work of a round.
struct LocalWork {
    ModelHandle model;
    std::uint64_t round = 0;
    /// A vector of the model's length that is added to every gradient, as gradient tracking and
    /// control variates ask for; empty: none.
    ModelHandle correction{};
    /// Which of the round's steps; all of them unless said otherwise.
    StepRange steps{};
};

/// What training makes.
struct TrainedModel {
    ModelHandle model;
    Handle<double> loss;  ///< mean over the samples learnt from; NaN without any
};

/// An encoding of a protocol's own, where that of the run is not to do it.
struct OwnEncoding {
    std::uint64_t round = 0;
    /// Its work on a device that is modelled, where a merge of k models of n parameters is k n.
    std::uint64_t values_read = 0;
    /// Of what is made; nothing where it depends on the values, so that to send it waits for them.
    std::optional<MessageSize> size{};
};

/// What one node can do: the door between a protocol and everything else.
///
/// Work of one node runs one piece after the other on its simulated device, in the order of the
/// calls; each `done` runs at the simulated instant at which the piece completes.  Where the plan
/// of a protocol says `overlaps_training`, a node has two such sequences side by side: training,
/// and everything else.
class NodeContext {
  public:
    virtual ~NodeContext() = default;

    // Who and when.

    [[nodiscard]] virtual NodeId id() const = 0;
    /// Returns how many nodes the run has, this one and a server included.
    [[nodiscard]] virtual NodeId num_nodes() const = 0;
    [[nodiscard]] virtual SimTime now() const = 0;
    /// Returns how many rounds the run asks for.
    [[nodiscard]] virtual std::uint64_t num_rounds() const = 0;
    /// Returns how many rounds this node has finished: the number of its present one, 0, 1, ...
    [[nodiscard]] virtual std::uint64_t round() const = 0;
    /// Returns whether this node has finished all rounds.  It may still answer others, but starts
    /// nothing of its own, so that the run ends.
    [[nodiscard]] bool is_done() const { return round() == num_rounds(); }
    /// Returns a random stream of this node's own, named by purpose and round.
    [[nodiscard]] virtual RandomStream stream(std::string_view purpose,
                                              std::uint64_t round) const = 0;

    /// Returns a random stream of all nodes: each draws the same from it.
    [[nodiscard]] virtual RandomStream shared_stream(std::string_view purpose,
                                                     std::uint64_t round) const = 0;

    // Neighbors, by the overlay.

    /// Returns this node's neighbors of a round.
    [[nodiscard]] Neighbors neighbors(std::uint64_t round) const {
        return neighbors_of(id(), round);
    }
    /// Returns any node's neighbors of a round: what a peer sampler knows, and nobody else.
    [[nodiscard]] virtual Neighbors neighbors_of(NodeId node, std::uint64_t round) const = 0;
    /// Returns whether the neighbors of all nodes are the same in every round.
    [[nodiscard]] virtual bool has_static_overlay() const = 0;

    // Who is there.  All of this is known at once and free of charge, as the overlay is.

    /// Returns whether nodes of this run come and go.
    [[nodiscard]] virtual bool has_churn() const { return false; }
    [[nodiscard]] virtual bool is_present(NodeId /*node*/) const { return true; }
    /// Returns whether a node is there, and has not said that it takes part from a later round on.
    [[nodiscard]] virtual bool takes_part(NodeId /*node*/, std::uint64_t /*round*/) const {
        return true;
    }
    /// Asks to be told when a node leaves or returns, until `stop_watching`.
    virtual void watch(NodeId /*node*/) {}
    virtual void stop_watching(NodeId /*node*/) {}
    /// Asks to be told of all nodes, for good.
    virtual void watch_all() {}
    /// Says that this node takes part from the first round on of which neither it nor one of these
    /// has sent a model; rounds before that are missed.
    /// @param peers  empty: all nodes
    virtual void rejoin([[maybe_unused]] std::span<const NodeId> peers) {}
    /// Says that this node takes part from a round on, though it is in an earlier one.
    virtual void take_part_from(std::uint64_t /*round*/) {}
    /// Misses rounds: `round()` is `until` then, or all where there are fewer.
    virtual void miss_rounds(std::uint64_t /*until*/) {}
    /// Returns whether this node may leave before the training of a round, or a merge, is over that
    /// it asks for now, so that the model which goes into it is to be kept: where nobody comes or
    /// goes, or the clock knows that it is over before, it need not be.
    [[nodiscard]] virtual bool may_lose_training(std::uint64_t /*round*/) const {
        return has_churn();
    }
    [[nodiscard]] virtual bool may_lose_merge(std::size_t /*num_messages*/,
                                              std::uint64_t /*round*/) const {
        return has_churn();
    }
    /// Forgets the work that this node has asked for and that is not done: `done` does not run.  To
    /// be called from `on_return` alone.
    virtual void drop_work() {}
    /// Lets sharing remember nothing but that it begins from this model.
    virtual void restart_sharing(const ModelHandle& /*model*/) {}

    // Models and data.

    [[nodiscard]] virtual ModelHandle initial_model() const = 0;
    [[nodiscard]] virtual std::size_t num_parameters() const = 0;
    /// Returns what stands where in a model: names, shapes, buffers.  Lives as long as the run.
    [[nodiscard]] virtual const ParameterLayout& layout() const = 0;
    /// Returns how many samples this node learns from.
    [[nodiscard]] virtual std::uint32_t num_samples() const = 0;
    /// Returns how many steps the local work of a round takes.
    [[nodiscard]] virtual std::int64_t steps_per_round() const = 0;
    /// Returns the sum of the learning rates of a round's steps: by it, a change that plain SGD has
    /// made is the mean of its gradients.
    /// @pre  the round's training is over, and is this node's latest
    [[nodiscard]] virtual double learning_rates(std::uint64_t round) const = 0;
    /// Returns how many samples there are of each class, [num_classes]; empty for regression.
    [[nodiscard]] virtual std::vector<std::uint32_t> label_histogram() const = 0;

    // Work of the device.

    using ModelCallback = std::function<void(ModelHandle)>;
    using EncodedCallback = std::function<void(EncodedHandle)>;

    /// Does the local work of a round on this node's data.
    virtual void train(LocalWork work, std::function<void(TrainedModel)> done) = 0;
    void train(ModelHandle model, std::uint64_t round, std::function<void(TrainedModel)> done) {
        train({.model = std::move(model), .round = round}, std::move(done));
    }
    /// Computes the mean gradient of the loss over all samples of this node, at a model; buffers have
    /// 0.  Costs what training on each sample once does, and is no step of training.
    virtual void gradient(ModelHandle model, std::uint64_t round, ModelCallback done) = 0;
    /// Encodes a model as `--sharing` says.
    virtual void encode(ModelHandle model, std::uint64_t round, EncodedCallback done) = 0;
    /// Returns whether what `encode` makes is a change to what nodes remember of each other, as with
    /// CHOCO, so that a lost message is missing for good, and one that was not made misses nothing.
    [[nodiscard]] virtual bool sends_changes() const { return false; }
    /// Merges a model with those of neighbors, in ascending order of `from`, as
    /// `--aggregation` says.
    virtual void merge(ModelHandle model,
                       double self_weight,
                       std::vector<WeightedModel> neighbors,
                       std::uint64_t round,
                       ModelCallback done) = 0;

    /// Computes any pure function of values, at a stated cost.
    /// @param function  gets of each input: of a handle its value, of a vector of handles a vector
    ///                  of values, of a `StateCell` the state, to change it; returns a value or a
    ///                  `std::pair` of values
    /// @param done      gets the handle of what it returns, or two
    template <class F, class OnDone, class... Inputs>
    void compute(const Cost& cost, F function, OnDone done, Inputs... inputs) {
        run(make_work(cost,
                      sizeof(float) * num_parameters(),
                      std::move(function),
                      std::move(done),
                      std::move(inputs)...));
    }

    /// Computes a message of a protocol's own: a `compute` whose function returns an `Encoded`.
    /// @throws std::logic_error  at a node whose messages an attack forges, which sees none of these
    template <class F, class... Inputs>
    void encode_with(const OwnEncoding& encoding,
                     F function,
                     EncodedCallback done,
                     Inputs... inputs) {
        check_own_encoding();
        make_encoding(encoding, std::move(function), std::move(done), std::move(inputs)...);
    }

    /// Computes a message of a protocol's own beside what the device does, in no simulated time, as
    /// memory is read while it is sent: `done` runs before this returns.
    template <class F, class... Inputs>
    void encode_aside(MessageSize size, F function, EncodedCallback done, Inputs... inputs) {
        check_own_encoding();
        run_aside(make_work(
            {.kind = TaskKind::kEncode, .round = round()},
            0,
            [function = std::move(function), size](auto&&... values) mutable -> Encoded {
                return checked(function(std::forward<decltype(values)>(values)...), size);
            },
            [done = std::move(done), size](Handle<Encoded> encoded) {
                done({std::move(encoded), size});
            },
            std::move(inputs)...));
    }

    /// A model and what has become of it.
    struct Change {
        ModelHandle before;
        ModelHandle after;
    };
    /// Applies a change to another model than the one it began from: model + (after - before), the
    /// step that a gradient at a stale model makes.  Costs what a merge of three models does.
    void apply_change(ModelHandle model, Change change, std::uint64_t round, ModelCallback done);

    // Messages, time, values.

    /// Sends a message; its exact size is that of content and note.  Where the size of the content
    /// is not known, waits for its value, in real time alone.
    virtual MessageId send(Outgoing message) = 0;
    /// Takes a message back: its receiver does not get it, and nobody is told.  What it has not sent
    /// yet it does not send, as far as the network allows: `packet` leaves what no segment has
    /// carried, `flow` ends, `tcp` takes back what found no room in the socket (4 MB), `ideal` sends
    /// all.  Messages behind it arrive as much earlier.  Does nothing where it has arrived, or was
    /// given up.
    virtual void cancel(MessageId message) = 0;

    /// Runs `event` after `delay` of simulated time.
    virtual TimerId after(SimTime delay, std::function<void()> event) = 0;
    /// Takes an event back.  Does nothing where it has run.
    virtual void cancel(TimerId timer) = 0;

    /// Runs `then` with a value at this simulated instant, once what else is due at it has run;
    /// waits for the value in real time alone.  A decision may depend on what was learnt so, and
    /// the run is still the same for any number of workers.
    template <class T, class Then>
    void read(const Handle<T>& value, Then then) {
        when_made(value, [value, then = std::move(then)] { then(value.value()); });
    }

    // What the run is told.

    /// Counts something that is worth knowing of a run: the sum over all nodes of how often `what`
    /// happened gets into summary.json.
    virtual void count(std::string_view what) = 0;
    /// Says that this node has finished its present round with this model; the run records and
    /// evaluates it.
    virtual void finish_round(ModelHandle model) = 0;
    /// Says the same of all nodes at once, where a server's model is the one that counts: the run
    /// records it for every node, at this instant, with that node's own bytes and times.
    virtual void finish_round_of_all(ModelHandle model) = 0;

  protected:
    /// Runs work on the device of this node.
    virtual void run(Work work) = 0;
    /// Runs `then` at this instant, with the value there.
    virtual void when_made(const AnyHandle& value, std::function<void()> then) = 0;

    /// Refuses messages of a protocol's own where it must.
    virtual void check_own_encoding() const {}
    /// Runs work beside the device, which is done at once.
    virtual void run_aside(Work work) { run(std::move(work)); }
    /// Computes a message, as `encode_with` has it.
    template <class F, class... Inputs>
    void make_encoding(const OwnEncoding& encoding,
                       F function,
                       EncodedCallback done,
                       Inputs... inputs) {
        compute(
            {.kind = TaskKind::kEncode,
             .round = encoding.round,
             .values_read = encoding.values_read},
            [function = std::move(function),
             size = encoding.size](auto&&... values) mutable -> Encoded {
                return checked(function(std::forward<decltype(values)>(values)...), size);
            },
            [done = std::move(done), size = encoding.size](Handle<Encoded> encoded) {
                done({std::move(encoded), size});
            },
            std::move(inputs)...);
    }
    /// Returns what was made, where it has the size that was said.
    /// @throws std::logic_error  where it has another one
    static Encoded checked(Encoded made, const std::optional<MessageSize>& said);
};

}  // namespace murmur
