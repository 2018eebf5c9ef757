#pragma once

#include "emulator/protocols/secure_exchange.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace murmur {

/// D-PSGD whose receivers learn the weighted sum of their neighbors' models and nothing of any one
/// of them: secure aggregation [Bonawitz, 2017], a neighborhood at a time [Biswas, 2024].
///
/// A receiver j has its neighbors of round t as senders, who need not be neighbors of each other;
/// every two of them share a mask for (j, t), see learning/secure_sum.h:
///
///     i --key-->     j     i's public key, as the round begins; round 0 alone where the overlay
///     i <-senders--  j     is static: w_ji, ids and keys of the other senders of j
///     i --masked-->  j     after training: w_ji x_i in fixed point, plus masks with the others
///                    j     x_j <- w_jj x_j + sum
///
/// Keys are exchanged while nodes train.  Should i vanish, that is, should the network give up its
/// masked model (i says so in a note), or should that not have come `timeout` after all others:
///
///     k <-ask--      j     every other sender k is asked what it shares with i
///     k --seeds-->   j     the seeds of these masks, for (j, t) alone
///
/// and j takes these masks out of the sum, and the weight of i to itself.  Where fewer than two
/// senders are left, or one of them does not answer, j discards the sum and keeps its own model.
/// "sums_recovered", "sums_discarded" and "late_models" (dropped: their masks may be revealed) are
/// counted.  Keys must arrive: where the network gives one up, the run fails.
///
/// Nodes may leave for good; they are not to come back, as their masks may be known.  One that has
/// left has vanished in every round from then on, and its masks are taken out each time; one that
/// left before its key was there is no sender at all, and its weight is the receiver's own.
///
/// All nodes are trusted to follow the protocol, and to be curious beside it.  A receiver that lies
/// could relay keys of its own in the place of others', or have the masks of a sender revealed
/// whose model it has; keys signed by a known authority, and a second mask of each sender, would be
/// needed against that.  Nodes that pool what they know learn what their sum less their own models
/// tells them.
/// - [Bonawitz, 2017] K. Bonawitz et al. Practical secure aggregation for privacy-preserving
/// machine
///   learning. CCS 2017.
/// - [Biswas, 2024] S. Biswas et al. Secure aggregation meets sparsification in decentralized
///   learning (CESAR). arXiv:2405.07708.
class SecureDpsgd final : public Protocol {
  public:
    struct Options {
        int fraction_bits = 20;            ///< as `FixedPoint` takes them
        std::optional<SimTime> timeout{};  ///< nothing: only what the network gives up has vanished
    };

    SecureDpsgd(NodeContext& node, const Options& options);

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_peer_left(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    /// What has come to this node as the receiver of a round's sum.
    struct Gathering {
        std::optional<Neighbors> neighbors;
        std::map<NodeId, PublicKey> keys;
        std::map<NodeId, EncodedHandle> models;
        std::set<NodeId> withdrawn;
        std::map<NodeId, EncodedHandle> seeds;
        bool has_sent_groups = false;
    };
    enum class Phase { kTraining, kSharing, kGathering, kRecovering, kMerging };

    [[nodiscard]] std::uint64_t round() const { return node().round(); }
    [[nodiscard]] Gathering& gathering_of(std::uint64_t round);
    /// Takes a sender that has left out of a round: as one that vanishes, or as none.
    void lose(NodeId sender, std::uint64_t round, Gathering& gathering);
    void begin_round();
    void finish_round(ModelHandle model);

    /// Returns the round whose key exchange counts in this one.
    [[nodiscard]] std::uint64_t key_round(std::uint64_t round) const;
    void take_key(const Incoming& message);
    void send_groups_when_complete(std::uint64_t round);
    void send_groups(std::uint64_t round);

    /// Sends to those receivers whose senders are known.
    void share();
    void send_masked(NodeId receiver, const SenderGroup& group);
    void gather_when_shared();
    void reveal(const Incoming& question);

    void take_model(const Incoming& message);
    void take_withdrawal(const Incoming& message);
    void take_seeds(const Incoming& message);
    /// Goes on where every sender's model is there or is known not to come.
    void gather();
    /// Ends the gathering: whose model is not there has vanished.
    void close();
    void merge();
    void discard();
    /// Returns who has and who has not sent in the present round.
    [[nodiscard]] SenderSet senders();

    /// Puts the end of the present wait off to a timeout from now.
    void wait_anew();
    void start_timer();
    void on_timer();

    FixedPoint format_;
    std::optional<SimTime> timeout_;
    KeyPair keys_;
    StateCell<PairSecrets> secrets_;

    Phase phase_ = Phase::kTraining;
    ModelHandle model_;          ///< x_i: at the start of the round, then trained, then merged
    std::set<NodeId> gone_;      ///< neighbors that have left
    std::set<NodeId> keyless_;   ///< of these: before their key was there
    std::set<NodeId> unserved_;  ///< receivers of the round that nothing was made for yet
    std::size_t encodings_ = 0;  ///< under way
    std::size_t missing_ = 0;    ///< messages that this node waits for
    std::map<std::uint64_t, std::map<NodeId, SenderGroup>> groups_;  ///< by key round, receiver
    std::map<std::uint64_t, Gathering> gatherings_;                  ///< of this and later rounds
    std::optional<SimTime> deadline_;
    bool timer_runs_ = false;
};

}  // namespace murmur
