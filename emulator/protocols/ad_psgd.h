#pragma once

#include "emulator/nodes/protocol.h"

#include <compare>
#include <deque>
#include <optional>

namespace murmur {

/// Asynchronous decentralized parallel SGD [Lian, 2018].  After each local work a node averages
/// with one random neighbor, x_i, x_j <- (x_i + x_j) / 2 on both, and trains on meanwhile: its next
/// gradients are computed at a stale model, and their change is applied to the newest one.  Nobody
/// waits for the slowest; a round is a node's own local work and the averaging that follows it.
///
/// Where nodes come and go, an averaging whose partner leaves is given up by the other one, which is
/// told, and counted as `averagings_lost`: its round ends without one.  A node that leaves forgets
/// the averagings that it was in.  Where the second model is lost on its way, one of the two has
/// averaged alone: `half_averagings`.
///
/// The averaging is atomic, in three messages:
///
///     i --ask--> j        a note that says since when i wants it
///     i <-give-- j        x_j; j changes nothing until the return is there
///     i -return> j        x_i; each now computes the same average
///
/// It cannot deadlock, on any graph, where the paper asks for a bipartite one: a node whose own ask
/// is open gives to those that have asked before it, and keeps the asks of later ones until its own
/// is over.  A node that has given waits for an asker, and that one at most for an earlier asker:
/// the earliest of all waits for nobody.
/// - [Lian, 2018] X. Lian et al. Asynchronous decentralized parallel stochastic gradient descent.
///   ICML, PMLR 80:3043-3052, algorithm 1.
class AdPsgd final : public Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_leave() override;
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    enum Kind : std::uint32_t { kAsk, kGive, kReturn };

    /// Who wants an averaging, in the order in which that began.
    struct Ask {
        std::int64_t since_ns;
        NodeId from;
        auto operator<=>(const Ask&) const = default;
    };

    void train();
    /// Does what comes next where the model is free: return, ask, apply training, or give.
    void proceed();
    /// Takes the first kept ask that may be answered now.
    std::optional<Ask> next_to_serve();
    void ask();
    /// Returns the neighbors that are there.
    [[nodiscard]] std::vector<NodeId> askable() const;
    void give_up_own_averaging();
    void give_up_giving();
    void give(NodeId asker);
    void give_back(const Incoming& given);
    void average(const Incoming& other, bool is_own);
    void apply_training();
    void finish_own_averaging();

    ModelHandle model_;            ///< the newest x_i
    ModelHandle started_;          ///< what the latest training began from
    ModelHandle trained_;          ///< what it made, until that is applied
    std::uint64_t trainings_ = 0;  ///< started so far
    std::uint64_t encodings_ = 0;
    std::uint64_t gives_ = 0;
    bool is_away_ = false;
    bool is_training_ = false;
    ModelHandle applying_;  ///< training that is being applied to the newest model
    bool is_averaging_ = false;      ///< its own averaging has begun and is not over
    NodeId asked_ = 0;               ///< whom it asked for it
    std::optional<NodeId> given_to_;  ///< whose model is to come in return
    bool owes_averaging_ = false;    ///< training was applied, its averaging has not begun
    bool is_locked_ = false;         ///< the model is about to change, or was given
    std::optional<Ask> own_ask_;     ///< open until a model is given
    std::optional<Incoming> given_;  ///< to be returned once this node is free
    std::deque<Ask> kept_asks_;
};

}  // namespace murmur
