#pragma once

#include "emulator/protocol.h"

#include <map>

namespace murmur {

/// Synchronous decentralized parallel SGD [Lian, 2017]: train; send to all neighbors; wait for
/// every neighbor's message of this round; merge; next.  The barrier is the neighborhood: a
/// neighbor may be one round ahead, its messages wait.
/// - [Lian, 2017] X. Lian et al. Can decentralized algorithms outperform centralized algorithms?
///   NeurIPS 30, algorithm 1.
class Dpsgd : public Protocol {
  public:
    void on_start(NodeContext& node) override;
    void on_message(NodeContext& node, const Incoming& message) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    void begin_round(NodeContext& node);
    void share(NodeContext& node, ModelHandle trained);
    void merge_when_complete(NodeContext& node);

    std::uint64_t round_ = 0;
    ModelHandle model_;    ///< x_i at the start of the round
    ModelHandle trained_;  ///< x_i after local work; empty until this round's messages are sent
    std::size_t missing_ = 0;
    /// Messages of this and the next round: by round, then by sender.
    std::map<std::uint64_t, std::map<NodeId, EncodedHandle>> inbox_;
};

}  // namespace murmur
