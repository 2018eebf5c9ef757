#pragma once

#include "emulator/nodes/protocol.h"
#include "emulator/protocols/outer_step.h"
#include "learning/encoding/whole_model.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace murmur {

/// The server, node 0, of asynchronous DiLoCo [Liu, 2024]: it waits for a grace window after the
/// first drift that comes, or until all workers that may still send have, and steps along
///
///     D = sum_k w_k d_k,    w_k = sqrt(K)/K (1 + s_k)^(-1/2)
///
/// over the K drifts that came; s_k counts its own steps since worker k was given its theta, and its
/// factor is an option.  It gives theta to these K workers, and they go on.  A round is a step of the
/// server, and everybody's.
///
/// With `steps=dylu` (dynamic local updates) a worker takes floor(v_k / max v H) steps, at least one,
/// in the place of H: v_k is its steps per second, as it measured them in its latest local work and
/// says beside its drift (8 bytes); the share of H comes beside theta (8 bytes).  The first local work
/// is H steps.
///
/// A drift that the network gives up is not waited for, and counted as `lost_drifts`; a theta that
/// it gives up leaves its worker out from then on: `lost_models`.  A worker that leaves is not waited
/// for, and one that is back is given the theta of then.
/// - [Liu, 2024] B. Liu et al. Asynchronous local-SGD training for language modeling.
///   arXiv:2401.09135; weights and window as in google-deepmind/asyncdiloco (e783a30).
class AsyncDilocoServer final : public Protocol {
  public:
    struct Options {
        OuterOptimizer outer{.lr = 0.7};
        SimTime grace{0};
        bool weighs_staleness = true;
        bool scales_steps = false;  ///< DyLU
        std::shared_ptr<const ValueCodec> codec{};  ///< of drifts
    };

    AsyncDilocoServer(NodeContext& node, const Options& options);

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_peer_left(NodeId peer) override;
    void on_peer_returned(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    struct Arrival {
        std::uint64_t version;  ///< of the theta that the drift began from
        EncodedHandle drift;
    };

    void proceed();
    void step();
    void give_model(const std::set<NodeId>& workers);
    [[nodiscard]] double share_of_steps(NodeId worker) const;
    [[nodiscard]] double weight_of(const Arrival& arrival, std::size_t count) const;

    Options options_;
    OuterStep outer_;
    ModelHandle theta_;
    std::set<NodeId> working_;  ///< workers that have a theta and have not sent their drift
    std::map<NodeId, Arrival> arrivals_;
    std::optional<TimerId> window_;
    bool is_stepping_ = false;
    std::map<NodeId, double> speeds_;  ///< steps per second, of workers that have said so
    std::set<NodeId> returned_;  ///< workers that wait for the theta of a step under way
};

/// One of the others: works for a round from each theta that it is given, and sends its drift.
class AsyncDilocoWorker final : public Protocol {
  public:
    /// @param scales_steps  takes as many steps as the server says, and says how fast they were
    AsyncDilocoWorker(NodeContext& node,
                      std::shared_ptr<const ValueCodec> codec,
                      bool scales_steps);

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    [[nodiscard]] std::string waits_for() const override { return "the server"; }

  private:
    void work(ModelHandle theta, std::uint64_t version, double share_of_steps);
    void send_drift(ModelHandle theta,
                    ModelHandle trained,
                    std::uint64_t version,
                    double steps_per_second);

    std::shared_ptr<const WholeModelEncoder> encoder_;
    bool scales_steps_;
    std::uint64_t trainings_ = 0;
};

}  // namespace murmur
