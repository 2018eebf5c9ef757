#pragma once

#include "emulator/nodes/node_context.h"
#include "emulator/tasks/state_cell.h"
#include "learning/outer_optimizer.h"

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

  private:
    NodeContext& node_;
    OuterOptimizer optimizer_;
    StateCell<std::vector<float>> velocity_;
};

/// Computes before - after.
void compute_drift(NodeContext& node,
                   ModelHandle before,
                   ModelHandle after,
                   NodeContext::ModelCallback done);

}  // namespace murmur
