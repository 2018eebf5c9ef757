#pragma once

#include "emulator/nodes/protocol.h"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace murmur {

/// Synchronous decentralized parallel SGD [Lian, 2017]: train; send to all neighbors; wait for
/// every neighbor's message of this round; merge; next.  The barrier is the neighborhood: a
/// neighbor may be ahead, its messages wait.
///
/// A protocol that finds its neighbors in another way, or that sends and merges other vectors than
/// models, derives from it.
/// - [Lian, 2017] X. Lian et al. Can decentralized algorithms outperform centralized algorithms?
///   NeurIPS 30, algorithm 1.
class Dpsgd : public Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override;
    void on_message(const Incoming& message) override;
    [[nodiscard]] std::string waits_for() const override;

  protected:
    /// Runs when a round begins, before its training; gives `take_neighbors` those of the round,
    /// at once or later.
    virtual void find_neighbors();
    void take_neighbors(Neighbors neighbors);

    // What a method does with models; by default what D-PSGD does.

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

    Phase phase_ = Phase::kTraining;
    ModelHandle model_;                   ///< x_i: at the start of the round, trained, then merged
    std::optional<Neighbors> neighbors_;  ///< of the present round, once they are known
    std::size_t missing_ = 0;
    /// Messages of this and later rounds: by round, then by sender.
    std::map<std::uint64_t, std::map<NodeId, EncodedHandle>> inbox_;
};

}  // namespace murmur
