#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

class Dataset;

/// What is learnt from a dataset: what a model's outputs are worth beside the targets.  One object
/// serves all nodes and all workers.
///
/// A dataset names its goal, and everything else asks that: a further one is a class beside the
/// dataset that has it.
class Goal {
  public:
    virtual ~Goal() = default;

    /// Returns what it is called: "classification".  Goals of one name are the same.
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// Returns what a user reads of data that have it: "10 classes".
    [[nodiscard]] virtual std::string describe(const Dataset& data) const = 0;
    /// Returns the shape of what a model gives for one sample; {num_classes} unless overridden.
    [[nodiscard]] virtual std::vector<std::int64_t> output_shape(const Dataset& data) const;
    /// Returns how many tokens one sample teaches, one at each position; 0 where samples are no
    /// texts of them.
    [[nodiscard]] virtual std::int64_t tokens_per_sample(const Dataset& data) const;

    /// Returns what training lessens: the mean over a batch's samples, one number, differentiable
    /// in the outputs.
    /// @param outputs  [batch, output shape...] float32
    /// @param targets  as `Dataset::batch` gives them, of any shape and type
    [[nodiscard]] virtual at::Tensor loss(const at::Tensor& outputs,
                                          const at::Tensor& targets) const = 0;

    /// Returns the name of the figure that tests give beside the loss: "accuracy"; empty: none.
    [[nodiscard]] virtual std::string_view metric() const { return {}; }
    /// Returns what a batch adds to the sum of which the figure is made: of accuracy, the samples
    /// that the outputs have right.
    [[nodiscard]] virtual double metric_sum(const at::Tensor& outputs,
                                            const at::Tensor& targets) const;
    /// Returns the figure of all batches; their mean over the samples unless overridden, and NaN
    /// where there is none.
    [[nodiscard]] virtual double metric_of(double sum,
                                           std::int64_t samples,
                                           double mean_loss) const;
};

/// Which of the classes: targets [batch] int64, outputs are logits; mean cross entropy, accuracy.
[[nodiscard]] const Goal& classification();
/// Which value: targets [batch] float32, outputs [batch, 1]; half the mean squared error.
[[nodiscard]] const Goal& regression();
/// Which token comes next, at each position of a text: targets [batch, positions] int64, outputs
/// [batch, positions, vocabulary] are logits; mean cross entropy over all positions in nats, and
/// its exponential, the perplexity.
[[nodiscard]] const Goal& next_token();

[[nodiscard]] inline bool operator==(const Goal& a, const Goal& b) {
    return a.name() == b.name();
}

}  // namespace murmur
