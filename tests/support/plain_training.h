#pragma once

#include "learning/dataset.h"
#include "learning/learner.h"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace murmur::test {

/// Training as a LibTorch user would write it: torch::nn modules, torch::optim::SGD, contiguous
/// tensors.  Shares no code with `CpuLearner`; the truth that its results and its speed are
/// compared with.  In float64 it is the oracle that tells float32's rounding from errors.
class PlainTraining {
  public:
    /// @param model_spec  `softmax`, `mlp:128-64` or `gn-lenet`
    /// @param start       start parameters, flat, in the order of `parameters()`
    /// @param type        of all arithmetic: kFloat or kDouble
    PlainTraining(std::string_view model_spec,
                  const Dataset& data,
                  const TrainingOptions& options,
                  std::span<const float> start,
                  at::ScalarType type = at::kFloat);
    ~PlainTraining();

    /// Takes one step and returns the loss before it.
    double step(const Batch& batch);
    [[nodiscard]] std::vector<double> parameters() const;
    /// Returns how nearly a pooling window of this batch takes another value: the least distance,
    /// over all windows, between the two largest of its four values and ReLU's zero.  Where that
    /// is within rounding, the gradient may rightly go to either.
    [[nodiscard]] double least_pooling_margin(const Batch& batch) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace murmur::test
