#pragma once

#include "emulator/nodes/protocol.h"

#include <map>

namespace murmur {

/// Synchronous decentralized parallel SGD [Lian, 2017]: train; send to all neighbors; wait for
/// every neighbor's message of this round; merge; next.  The barrier is the neighborhood: a
/// neighbor may be ahead, its messages wait.
///
/// A protocol that finds its neighbors in another way derives from it.
/// - [Lian, 2017] X. Lian et al. Can decentralized algorithms outperform centralized algorithms?
///   NeurIPS 30, algorithm 1.
class Dpsgd : public Protocol {
  public:
    void on_start(NodeContext& node) override;
    void on_message(NodeContext& node, const Incoming& message) override;
    [[nodiscard]] std::string waits_for() const override;

  protected:
    /// Runs when a round begins, before its training.
    virtual void on_round(NodeContext& node);
    /// Returns the neighbors of the present round, null as long as they are not known.
    virtual const MixingMatrix::Row* known_neighbors(NodeContext& node);
    /// Goes on as far as is possible; to be called when the neighbors become known.
    void proceed(NodeContext& node);

    [[nodiscard]] std::uint64_t round() const { return round_; }

  private:
    void begin_round(NodeContext& node);
    void share(NodeContext& node);
    void merge_when_complete(NodeContext& node, const MixingMatrix::Row& row);

    enum class Phase { kTraining, kTrained, kSharing, kShared, kMerging };

    Phase phase_ = Phase::kTraining;
    std::uint64_t round_ = 0;
    ModelHandle model_;  ///< x_i: at the start of the round, then trained, then merged
    std::size_t missing_ = 0;
    /// Messages of this and later rounds: by round, then by sender.
    std::map<std::uint64_t, std::map<NodeId, EncodedHandle>> inbox_;
};

}  // namespace murmur
