#pragma once

#include "emulator/nodes/protocol.h"

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace murmur {

/// Stochastic gradient push: SGD over push-sum, on overlays with directions and those that change.
/// Node i has a numerator x_i and a mass w_i, and trains at z_i = x_i / w_i:
///
///     x_i <- x_i + (what training made of z_i) - z_i;   it sends p_ji x_i and p_ji w_i to each
///     out-neighbor j, keeps the rest, and adds what it gets;   w_i = 1 at first
///
/// with a P whose columns sum to 1.  A round ends when all pushes of rounds up to round - staleness
/// are there; with a staleness of 0 (SGP) none of later rounds is added before its turn, otherwise
/// (OSGP) whatever is there is.
///
/// Mass is neither made nor lost: what is in the air is on nobody's account, and a push that the
/// network gives up goes back to its sender's with the next round, counted as `pushes_returned`;
/// its receiver is told (8 bytes), so that it does not wait.  Where the word of it is given up, too
/// (`losses_untold`), the receiver waits, and the run ends as one that has come to a halt.
///
/// Where nodes come and go, none waits for one that is away, and what was pushed to it goes back to
/// its sender.  A node that leaves takes its numerator and its mass with it: what is left has the
/// mean of those that are left.  One that is back goes on from the first round of which none of its
/// neighbors has sent a push; what it has pushed and not merged yet it merges at once, without
/// waiting, and tells its out-neighbors (8 bytes) that this round brings no push of it.
/// - [Assran, 2019] M. Assran, N. Loizou, N. Ballas, M. Rabbat. Stochastic gradient push for
///   distributed deep learning. ICML, PMLR 97:344-353, algorithms 1 and 2.
class PushSum final : public Protocol {
  public:
    struct Options {
        std::uint64_t staleness = 0;  ///< rounds that a push may be late by
    };

    PushSum(NodeContext& node, Options options) : Protocol(node), options_(options) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

    /// Returns w_i.
    [[nodiscard]] double mass() const { return mass_; }

  private:
    enum class Phase { kTraining, kPushing, kWaiting, kMerging };

    /// A share of some node's numerator, with its mass.
    struct Push {
        EncodedHandle numerator;
        double mass;
    };

    void begin_round();
    void begin_with(ModelHandle model);
    void rejoin();
    void take_update(ModelHandle trained);
    void push(ModelHandle half);
    void send_share(double share, const std::vector<NodeId>& receivers);
    void merge_when_complete();
    void merge();
    void finish(ModelHandle numerator);
    [[nodiscard]] bool is_complete() const;
    [[nodiscard]] bool is_awaited(NodeId neighbor, std::uint64_t round) const;
    [[nodiscard]] std::vector<Push> take_arrived();

    Options options_;
    Phase phase_ = Phase::kTraining;
    ModelHandle numerator_;  ///< x_i
    double mass_ = 1;        ///< w_i
    ModelHandle estimate_;   ///< z_i
    double kept_mass_ = 0;   ///< of this node's own share, while pushes are made and waited for
    std::size_t to_push_ = 0;
    std::vector<EncodedHandle> own_pushes_;  ///< one for each receiver
    /// What has arrived and is not added yet: by round, then by sender.
    std::map<std::uint64_t, std::map<NodeId, Push>> arrived_;
    /// From whom this node has heard, of rounds that may be waited for.
    std::map<std::uint64_t, std::set<NodeId>> heard_;
    std::vector<Push> returned_;
    std::uint64_t joined_ = 0;       ///< the first round of which pushes are waited for
    bool merges_at_once_ = false;    ///< was away amid a round
};

}  // namespace murmur
