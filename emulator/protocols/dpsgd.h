#pragma once

#include "emulator/nodes/protocol.h"
#include "tools/text/spec.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// Synchronous decentralized parallel SGD [Lian, 2017]: train; send to all neighbors; wait for
/// every neighbor's message of this round; merge; next.  The barrier is the neighborhood: a
/// neighbor may be ahead, its messages wait.
///
/// Where nodes come and go, a neighbor's message may not come.  By `Options` the node
/// - leaves out those that are away or take part from a later round on (skip, the usual one), and
///   with a timeout also those that are late by it; the weight of a missing model goes to the node's
///   own, so that weights still sum to 1, but where messages are changes (CHOCO): then to nobody;
/// - or waits for them (wait): what a departure took with it is sent again once both are there.
/// A node that is back goes on, unless it waits, with the first round of which no neighbor that is
/// there has sent its model, and has missed those before it.
///
/// A protocol that finds its neighbors in another way, does not train in every round, or sends and
/// merges other vectors than models, derives from it.
/// - [Lian, 2017] X. Lian et al. Can decentralized algorithms outperform centralized algorithms?
///   NeurIPS 30, algorithm 1.
class Dpsgd : public Protocol {
  public:
    /// What a node does about messages that are missing.
    struct Options {
        bool waits = false;                ///< for nodes that are away
        std::optional<SimTime> timeout{};  ///< after its own messages, until others are left out
    };

    explicit Dpsgd(NodeContext& node) : Protocol(node) {}
    Dpsgd(NodeContext& node, const Options& options) : Protocol(node), missing_options_(options) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    void on_peer_returned(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  protected:
    /// Begins with the initial model.
    /// @param rejoins  the others may have begun before, without this node
    void begin(bool rejoins);
    /// Runs when a round begins, before its training; gives `take_neighbors` those of the round,
    /// at once or later.
    virtual void find_neighbors();
    void take_neighbors(Neighbors neighbors);
    /// Leaves a neighbor out of the present round.
    void forget_neighbor(NodeId neighbor);
    /// Runs with what the merge has made; ends in `go_on` with the round's model, at once or later.
    virtual void take_merged(ModelHandle merged) { go_on(std::move(merged)); }
    void go_on(ModelHandle model);
    /// Runs where a round begins anew from a model that is not what this node has made: what a method
    /// remembers of the node's own is void.
    virtual void forget() {}
    /// Returns whether the node trains in the round that begins; otherwise it shares what it has.
    virtual bool trains() { return true; }

    // What a method does with models; by default what D-PSGD does.

    /// Returns whether the work from sharing on is D-PSGD's, which moves the trained model nowhere
    /// but into the merge.
    [[nodiscard]] virtual bool has_plain_exchange() const { return true; }
    /// Trains the model of the present round.
    virtual void train(ModelHandle model, std::function<void(ModelHandle)> done);
    /// Makes the message of the present round; takes the trained model where `merge` needs it no
    /// more.
    virtual void encode(ModelHandle& trained, NodeContext::EncodedCallback done);
    /// Merges the messages of the present round, in ascending order of sender.
    virtual void merge(ModelHandle trained,
                       double self_weight,
                       std::vector<WeightedModel> neighbors,
                       NodeContext::ModelCallback done);

  private:
    enum class Phase { kTraining, kTrained, kSharing, kShared, kMerging };

    void begin_round();
    /// Goes on as far as is possible.
    void proceed();
    void share();
    void merge_when_complete();
    void merge_arrived(std::map<NodeId, EncodedHandle>& arrived);
    /// Returns whether a message that has not come may still come.
    [[nodiscard]] bool is_awaited(NodeId neighbor) const;
    void stop_waiting();
    void count_lost();
    /// Forgets messages of rounds that this node has missed.
    void drop_missed();
    void send_again(NodeId peer);
    void rejoin(ModelHandle model);

    Options missing_options_;
    Phase phase_ = Phase::kTraining;
    ModelHandle model_;  ///< x_i: at the start of the round, trained, then merged
    /// The same while work on it is under way that may be dropped: untrained, then trained.
    ModelHandle kept_;
    std::optional<Neighbors> neighbors_;  ///< of the present round, once they are known
    std::size_t missing_ = 0;
    /// Messages of this and later rounds: by round, then by sender.
    std::map<std::uint64_t, std::map<NodeId, EncodedHandle>> inbox_;
    std::optional<TimerId> timer_;
    bool is_late_ = false;  ///< who has not sent by now is left out of the round
    std::map<NodeId, std::vector<Outgoing>> unsent_;  ///< what waits for its receiver to be back
};

/// The option `on-missing` of D-PSGD and its kin, and how it is read.
[[nodiscard]] OptionForm on_missing_option();
[[nodiscard]] Dpsgd::Options on_missing(const Options& options);

}  // namespace murmur
