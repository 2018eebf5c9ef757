#pragma once

#include "emulator/nodes/protocol.h"

#include <map>

namespace murmur {

/// Epidemic Learning without an oracle [de Vos, 2023]: a node trains, draws s receivers of its own
/// from all others, sends them its model, and merges the models A_i that reached it by the end of
/// its receive window,
///     x_i <- (x_i + sum_{j in A_i} x_j) / (|A_i| + 1).
///
/// The window begins when the node has sent, and lasts a fixed simulated time: no node waits for
/// another.  What arrives while the node trains counts in that round; of two models of one sender
/// the later one counts, and the other one is counted as `replaced_models`.  What arrives after the
/// last window is counted as `late_models`.
///
/// Where nodes come and go, a message that finds no receiver is counted as `lost_models`.  A node
/// that is back goes on where it was, in a round of its own; a window ends then that was open.
/// - [de Vos, 2023] M. de Vos et al. Epidemic Learning: boosting decentralized learning with
///   randomized communication. NeurIPS 36, algorithm 1 with EL-Local.
class ElLocal final : public Protocol {
  public:
    struct Options {
        NodeId receivers = 5;  ///< s
        SimTime window{0};
    };

    ElLocal(NodeContext& node, Options options) : Protocol(node), options_(options) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    void begin_round();
    void share(ModelHandle trained);
    void merge_arrived();

    Options options_;
    ModelHandle model_;
    bool is_receiving_ = false;  ///< its window is open
    std::map<NodeId, EncodedHandle> arrived_;  ///< A_i
};

}  // namespace murmur
