#pragma once

#include "emulator/nodes/node_context.h"
#include "emulator/tasks/state_cell.h"
#include "learning/outer_optimizer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace murmur {

/// A vector of a node that its tasks change, empty at first.
[[nodiscard]] StateCell<std::vector<float>> vector_cell(NodeId node, std::string name);

/// The outer optimizer of one node, with its velocity.
class OuterStep {
  public:
    OuterStep(NodeContext& node, const OuterOptimizer& optimizer);

    /// Forgets the velocity.
    void reset();
    /// Steps along a mean drift.
    void along(ModelHandle theta,
               ModelHandle drift,
               std::uint64_t round,
               NodeContext::ModelCallback done) const;
    /// Steps along theta - mean, where `mean` is one of models.
    void towards(ModelHandle theta,
                 ModelHandle mean,
                 std::uint64_t round,
                 NodeContext::ModelCallback done) const;

    /// Makes a message of theta and velocity, 4 bytes a value of each, as they will be after a step
    /// along sum_k factor_k drift_k that is still to be taken; without drifts, as they are.
    struct Drifts {
        std::vector<ModelHandle> parts{};
        std::vector<float> factors{};
    };
    void give(ModelHandle theta, Drifts drifts, NodeContext::EncodedCallback done) const;
    /// Takes the velocity of such a message, and gives its theta.
    void take(EncodedHandle state, NodeContext::ModelCallback done);

  private:
    [[nodiscard]] bool has_velocity() const;

    NodeContext& node_;
    OuterOptimizer optimizer_;
    StateCell<std::vector<float>> velocity_;
};

/// Returns sum_k factor_k drift_k, added in their order.
[[nodiscard]] Parameters weighted_sum(const std::vector<Parameters>& drifts,
                                      const std::vector<float>& factors);

/// Makes a message of theta and, where there is a velocity, of that behind it.
[[nodiscard]] Encoded encode_outer_state(const ParameterVector& theta,
                                         const std::vector<float>* velocity);
/// Returns the theta of such a message of a model of `size` values, and takes its velocity.
[[nodiscard]] Parameters decode_outer_state(const Encoded& state,
                                            std::size_t size,
                                            std::vector<float>& velocity);

/// Computes before - after.
void compute_drift(NodeContext& node,
                   ModelHandle before,
                   ModelHandle after,
                   NodeContext::ModelCallback done);

}  // namespace murmur
