#pragma once

#include "learning/learner.h"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace murmur::test {

/// Training as a LibTorch user would write it: torch::nn modules, torch::optim::SGD, contiguous
/// tensors.  Shares no code with `Learner`; the truth that its results and its speed are compared
/// with.
class PlainTraining {
  public:
    /// @param model_spec  `softmax`, `mlp:128-64` or `gn-lenet`
    /// @param start       start parameters, flat, in the order of `parameters()`
    PlainTraining(std::string_view model_spec,
                  const Dataset& data,
                  const TrainingOptions& options,
                  std::span<const float> start);
    ~PlainTraining();

    /// Takes one step and returns the loss before it.
    double step(const Batch& batch);
    [[nodiscard]] std::vector<float> parameters() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace murmur::test
