#pragma once

#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/outer_step.h"
#include "emulator/tasks/state_cell.h"
#include "learning/fragments.h"
#include "learning/outer_optimizer.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace murmur {

/// Streaming DiLoCo [Douillard, 2025]: the model is cut into P fragments, and in a round of H inner
/// steps each is averaged once, at a time of its own.  Fragment p at step s_p = floor((p + 1) H / P):
///
///     D_p = theta_p - x_p                  the drift since its last outer step; its mean is begun
///     x continues for tau inner steps
///     theta_p <- step(theta_p, mean D_p)   as `OuterOptimizer` has it; waits for the mean if need be
///     x_p <- alpha x_p + (1 - alpha) theta_p
///
/// What is under way when the rounds end is waited for and applied.  A node's model of a round, which
/// is recorded, is theta: the same at all nodes.  tau = 0, alpha = 0 and P = 1 are DiLoCo.
///
/// A node that is back begins with a round, from a theta and a velocity in which every mean of those
/// before is, and with x = theta.
///
/// The paper has tau = 1 ... 5 or more, alpha = 0.5, strided fragments, and drifts in 4 bits (E3M0);
/// torchft (73dafea) has tau = 0, alpha = 0, fragments as its user cuts them, and no codec.
/// - [Douillard, 2025] A. Douillard et al. Streaming DiLoCo with overlapping communication.
///   arXiv:2501.18512, algorithm 2.
class StreamingDiloco final : public GroupMember {
  public:
    struct Options {
        std::size_t fragments = 4;  ///< P
        FragmentOrder order = FragmentOrder::kStrided;
        std::int64_t delay = 0;  ///< tau, inner steps
        double alpha = 0.5;
        CollectiveForm form = CollectiveForm::kRing;
        OuterOptimizer outer{};
        std::shared_ptr<const ValueCodec> codec{};
    };

    StreamingDiloco(NodeContext& node, const Options& options);

    void on_start() override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    /// A mean that was begun and is to be applied.
    struct Pending {
        std::uint64_t number;  ///< of the collective: round P + p
        std::int64_t due;      ///< at which inner step, counted over all rounds
        ModelHandle mean{};    ///< once it has come
    };

    [[nodiscard]] bool has_common_state() const override { return true; }
    [[nodiscard]] std::uint64_t collectives_per_round() const override {
        return options_.fragments;
    }
    void begin_with(ModelHandle model) override;
    [[nodiscard]] ModelHandle own_model() const override;
    void forget_round() override;
    void forget_own() override { velocity_ = vector_cell(node().id(), "outer velocity"); }
    [[nodiscard]] bool stands_before(std::uint64_t number) const override;
    /// Gives theta and velocity as they will be when what is under way is in them.
    void give_state(NodeContext::EncodedCallback done) override;
    void take_state(EncodedHandle state, NodeContext::ModelCallback done) override;
    void on_released() override { proceed(); }

    [[nodiscard]] bool has_velocity() const;
    void proceed();
    void begin_mean();
    void apply(Pending pending);
    void train_until(std::int64_t step);
    [[nodiscard]] std::int64_t start_of(std::uint64_t number) const;
    [[nodiscard]] std::int64_t last_step() const;

    Options options_;
    StateCell<std::vector<float>> velocity_;
    std::shared_ptr<const std::vector<Fragment>> fragments_;
    std::int64_t steps_per_round_ = 0;
    std::int64_t step_ = 0;      ///< inner steps taken
    std::uint64_t begun_ = 0;    ///< means begun so far
    ModelHandle theta_;
    ModelHandle own_;              ///< theta, also while it is being stepped, where nodes return
    ModelHandle x_;
    std::deque<Pending> pending_;  ///< in the order of their steps
    bool is_busy_ = false;         ///< a task of this protocol is under way that the next thing needs
};

}  // namespace murmur
