#pragma once

#include "emulator/nodes/protocol.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace murmur {

/// RelaySGD: sums of models travel along a tree, each hop a round, so that a node's next model is
/// the exact mean of models that are as many rounds old as they are hops away.  After the local
/// work x_half, with neighbors N_i in the tree:
///
///     m_{i->j} = x_half + sum_{k in N_i, not j} m_{k->i} of the round before,
///     c_{i->j} = 1 + sum_{k in N_i, not j} c_{k->i} of the round before,
///     x+ = (x_half + sum_j m_{j->i} + (n - cbar) x^0) / n,   cbar = 1 + sum_j c_{j->i}
///
/// with the messages of this round; normalized by counts, x+ = (x_half + sum_j m_{j->i}) / cbar.
///
/// A message that the network gives up is counted out, with all that it stood for, for as long as
/// that takes to pass on; its receiver is told (8 bytes) and counts `sums_lost`.  The mean is exact
/// again when the tree's diameter has gone by.  Where the word of it is given up, too
/// (`losses_untold`), the receiver waits, and the run ends as one that has come to a halt.
///
/// A node that leaves cuts the tree: its neighbors go on without the sums of its side, which are
/// counted out at the next merge, and each part of the tree learns by itself.  With
/// normalization=world-size x^0 stands for all that is missing, which draws models back to the
/// start; counts leave it out.  A node that is back takes part from the first round on of which
/// neither it nor a neighbor in the tree has sent a sum, with its latest model and none of the sums
/// that it knew; the parts that it joins wait for each other there.
/// - [Vogels, 2021] T. Vogels, L. He, A. Koloskova, S. P. Karimireddy, T. Lin, S. U. Stich, M.
///   Jaggi. RelaySum for decentralized deep learning on heterogeneous data. NeurIPS 34, algorithm 1
///   (RelaySum/Model).
class RelaySgd final : public Protocol {
  public:
    struct Options {
        bool by_counts = false;
    };

    RelaySgd(NodeContext& node, Options options) : Protocol(node), options_(options) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    void on_peer_returned(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    enum class Phase { kTraining, kRelaying, kWaiting, kMerging };

    /// A sum of models, and of how many.
    struct Sum {
        EncodedHandle models;  ///< empty: of none
        std::uint32_t count = 0;
    };

    [[nodiscard]] bool takes_part(NodeId neighbor) const {
        return node().takes_part(neighbor, node().round());
    }
    void begin_round();
    void keep();
    void relay(ModelHandle half);
    void wait_when_sent();
    void send_to(NodeId neighbor);
    void merge_when_complete();

    Options options_;
    Phase phase_ = Phase::kTraining;
    std::vector<NodeId> tree_;  ///< this node's neighbors, there or not, ascending
    ModelHandle model_;         ///< the round's, then x_half
    ModelHandle kept_;          ///< the latest of these, where work on it may be lost
    std::set<NodeId> to_send_;  ///< whose sums are being made
    std::map<NodeId, Sum> latest_;  ///< m_{j->i} of the round before
    /// Sums of this and later rounds: by round, then by sender.
    std::map<std::uint64_t, std::map<NodeId, Sum>> inbox_;
};

}  // namespace murmur
