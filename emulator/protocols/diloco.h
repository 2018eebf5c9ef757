#pragma once

#include "emulator/protocols/dpsgd.h"
#include "emulator/protocols/federated.h"
#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/outer_step.h"

#include <cstdint>

namespace murmur {

/// DiLoCo [Douillard, 2023] without a server: the workers, all nodes, go from the same theta, work
/// for a round, average their drifts theta - theta_i by an all-reduce, and each takes the same outer
/// step.  The state of the inner optimizer stays with the worker.
///
/// What a worker does while drifts travel is `Overlap`:
///
///     none:     it waits.                        step along  D_t = mean_i d_i(t)
///     delayed:  it works on [Kale, 2025].        step along  D_{t-1}; none in the first round
///     eager:    it works on [Kale, 2025].        step along  d_i(t)/n + (D_{t-1} - d_i(t-1)/n)
///
/// so that an eager worker counts its own drift at once and those of the others a round later.  In
/// the last round both wait for what is under way and step along it, so that no drift is lost.
/// - [Kale, 2025] S. Kale et al. Eager updates for overlapped communication and computation in
///   DiLoCo. arXiv:2502.12996.
class Diloco final : public GroupProtocol {
  public:
    enum class Overlap : std::uint8_t { kNone, kDelayed, kEager };
    struct Options {
        CollectiveForm form = CollectiveForm::kRing;
        OuterOptimizer outer{};
        Overlap overlap = Overlap::kNone;
        std::shared_ptr<const ValueCodec> codec{};  ///< of drifts
    };

    Diloco(NodeContext& node, const Options& options)
        : GroupProtocol(node, {.codec = options.codec}),
          options_(options),
          outer_(node, options.outer) {}

  private:
    void exchange(ModelHandle start, ModelHandle trained) override;
    void forget_own() override { outer_.reset(); }
    void forget_round() override;
    [[nodiscard]] bool stands_before(std::uint64_t number) const override;
    void on_released() override;
    /// Gives theta and velocity as they will be when what is under way is in them.
    void give_state(NodeContext::EncodedCallback done) override;
    void take_state(EncodedHandle state, NodeContext::ModelCallback done) override;
    void share(ModelHandle drift);
    /// Goes on where what the next step needs has come.
    void proceed();
    void step_along_delayed();
    void step_eagerly();
    /// Takes the outer step, if there is a drift, and concludes the round.
    void step(ModelHandle drift);

    Options options_;
    OuterStep outer_;
    ModelHandle theta_;          ///< where the round began, until its step is taken
    ModelHandle drift_;          ///< d_i(t)
    ModelHandle earlier_drift_;  ///< d_i(t-1)
    double share_ = 0;           ///< of d_i(t) in D_t: 1/n of those that are there
    double earlier_share_ = 0;   ///< of d_i(t-1) in D_{t-1}
    ModelHandle mean_;           ///< D_t, once it has come
    ModelHandle earlier_mean_;   ///< D_{t-1}, likewise
    bool expects_earlier_ = false;  ///< D_{t-1} is to be stepped along, by this node
    ModelHandle held_;           ///< d_i(t), to be shared once the state is given
    bool is_waiting_ = false;    ///< the local work of the round is done, its step not begun
};

/// The server of DiLoCo: averages the workers' models and steps towards their mean,
///     theta <- step(theta, theta - mean_i theta_i).
/// Workers are the clients of `FederatedServer`.
class DilocoServer final : public FederatedServer {
  public:
    DilocoServer(NodeContext& node, const OuterOptimizer& outer)
        : FederatedServer(node), outer_(node, outer) {}

  private:
    void begin_round() override { begin_with(clients_there(node())); }
    void conclude(ModelHandle averaged) override;

    OuterStep outer_;
};

/// DiLoCo by gossip: each node has a theta and a velocity of its own, and the mean over its
/// neighborhood, with the overlay's weights, takes the place of the mean over all:
///     theta_i <- step(theta_i, theta_i - sum_j w_ij theta_j'),   theta_j' = node j's trained model.
/// That difference is the mean drift of the neighborhood and the way to the mean of its thetas.  With
/// lr = 1 and mu = 0 it is D-PSGD; over a complete graph it is DiLoCo.
class DilocoGossip final : public Dpsgd {
  public:
    DilocoGossip(NodeContext& node, const OuterOptimizer& outer)
        : Dpsgd(node), outer_(node, outer) {}

    void on_start() override;
    void on_return(ModelHandle model) override;

  private:
    [[nodiscard]] bool has_plain_exchange() const override { return false; }
    void take_merged(ModelHandle merged) override;

    OuterStep outer_;
    ModelHandle theta_;
};

}  // namespace murmur
