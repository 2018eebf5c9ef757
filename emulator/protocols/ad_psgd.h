#pragma once

#include "emulator/protocol.h"

#include <deque>

namespace murmur {

/// Asynchronous decentralized parallel SGD [Lian, 2018].  After each local work a node averages
/// with one random neighbor, x_i, x_j <- (x_i + x_j) / 2 on both, and trains on meanwhile: its next
/// gradients are computed at a stale model, and their change is applied to the newest one.  Nobody
/// waits for the slowest; a round is a node's own local work and the averaging that follows it.
///
/// The averaging is atomic, in three messages:
///
///     i --ask--> j        a note; j answers at once, or keeps the ask while it averages
///     i <-give-- j        x_j; from here on neither model may change
///     i -return> j        x_i; each now computes the same average
///
/// No deadlock on any graph, where the paper asks for a bipartite one: a node serves all kept asks
/// before it asks itself, and while its own ask is open it keeps asks of smaller ids and refuses
/// those of larger ones, who draw again.  So waiting goes from smaller to larger ids, and the
/// largest of those that wait is answered or refused.
/// - [Lian, 2018] X. Lian et al. Asynchronous decentralized parallel stochastic gradient descent.
///   ICML, PMLR 80:3043-3052, algorithm 1.
class AdPsgd final : public Protocol {
  public:
    void on_start(NodeContext& node) override;
    void on_message(NodeContext& node, const Incoming& message) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    enum Kind : std::uint32_t { kAsk, kRefuse, kGive, kReturn };
    enum class Averaging : std::uint8_t { kNone, kAsked, kLocked };

    void train(NodeContext& node);
    /// Does what comes next while no averaging is under way: serve, ask, or apply training.
    void proceed(NodeContext& node);
    void ask(NodeContext& node);
    void give(NodeContext& node, NodeId asker);
    void give_back(NodeContext& node, const Incoming& given);
    void average(NodeContext& node, const Incoming& other, bool is_own);
    void apply_training(NodeContext& node);
    void finish_own_averaging(NodeContext& node);

    ModelHandle model_;            ///< the newest x_i
    ModelHandle started_;          ///< what the latest training began from
    ModelHandle trained_;          ///< what it made, until that is applied
    std::uint64_t trainings_ = 0;  ///< started so far
    std::uint64_t finished_ = 0;   ///< rounds
    std::uint64_t encodings_ = 0;
    std::uint64_t draws_ = 0;
    bool owes_averaging_ = false;
    Averaging averaging_ = Averaging::kNone;
    std::deque<NodeId> kept_asks_;
};

}  // namespace murmur
