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
/// A drift that the network gives up is not waited for, and counted as `lost_drifts`; a theta that
/// it gives up leaves its worker out from then on: `lost_models`.
/// - [Liu, 2024] B. Liu et al. Asynchronous local-SGD training for language modeling.
///   arXiv:2401.09135; weights and window as in google-deepmind/asyncdiloco (e783a30).
class AsyncDilocoServer final : public Protocol {
  public:
    struct Options {
        OuterOptimizer outer{.lr = 0.7};
        SimTime grace{0};
        bool weighs_staleness = true;
        std::shared_ptr<const ValueCodec> codec{};  ///< of drifts
    };

    AsyncDilocoServer(NodeContext& node, const Options& options);

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    struct Arrival {
        std::uint64_t version;  ///< of the theta that the drift began from
        EncodedHandle drift;
    };

    void proceed();
    void step();
    void give_model(const std::map<NodeId, Arrival>& workers);
    [[nodiscard]] double weight_of(const Arrival& arrival, std::size_t count) const;

    Options options_;
    OuterStep outer_;
    ModelHandle theta_;
    std::set<NodeId> working_;  ///< workers that have a theta and have not sent their drift
    std::map<NodeId, Arrival> arrivals_;
    std::optional<TimerId> window_;
    bool is_stepping_ = false;
};

/// One of the others: works for a round from each theta that it is given, and sends its drift.
class AsyncDilocoWorker final : public Protocol {
  public:
    AsyncDilocoWorker(NodeContext& node, std::shared_ptr<const ValueCodec> codec);

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    [[nodiscard]] std::string waits_for() const override { return "the server"; }

  private:
    void work(ModelHandle theta, std::uint64_t version);

    std::shared_ptr<const WholeModelEncoder> encoder_;
    std::uint64_t trainings_ = 0;
};

}  // namespace murmur
