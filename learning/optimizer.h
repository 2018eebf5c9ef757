#pragma once

#include "learning/byte_stream.h"
#include "learning/parameter_layout.h"
#include "learning/random_stream.h"
#include "learning/training_options.h"
#include "tools/text/registry.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace murmur {

/// What an optimizer of one node remembers from step to step: momenta, moments, counts.
class OptimizerState {
  public:
    virtual ~OptimizerState() = default;
    /// Writes all of it, so that the optimizer's `read_state` gives an equal one.
    virtual void write(ByteSink& sink) const = 0;
};

/// A tensor that is trained, in a step: parts of the node's flat vector and of the gradient.
struct TrainedTensor {
    std::size_t block;   ///< its place in the model's layout, which has its name and shape
    std::size_t offset;  ///< of its values in the flat vector
    std::span<float> values;
    /// Of the loss in these values.  Of this step alone: a step may use its memory, as clipping
    /// does.
    std::span<float> gradient;
};

/// What a step depends on beside values, gradients and state.
struct StepContext {
    std::uint64_t round = 0;
    std::uint64_t step = 0;  ///< its number since the node's run began: 0, 1, ...
    double lr = 0;           ///< of this step, as the schedule has it
    /// The flat vector that the round began from, [num_params].
    std::span<const float> round_start{};
    std::uint64_t seed = 0;  ///< of this round; with `step` it names the step's stream

    /// Returns the random stream of this step of this node.
    [[nodiscard]] RandomStream stream() const {
        return RandomStream(stream_seed(seed, "step", step));
    }
};

/// How a node makes a step of a gradient.  One const object serves all nodes and all workers; what
/// changes is in the state of the node.
class LocalOptimizer {
  public:
    virtual ~LocalOptimizer() = default;

    /// Returns how many vectors of the model's length a state holds, for estimates of memory.
    [[nodiscard]] virtual int state_vectors() const { return 0; }
    /// Returns whether a step is -lr (gradient + decay values) at all times: then the rates of
    /// steps make gradients of what they have moved.
    [[nodiscard]] virtual bool is_plain_sgd() const { return false; }
    /// Returns the state before the first step; one that holds nothing unless overridden.
    [[nodiscard]] virtual std::unique_ptr<OptimizerState> initial_state(
        const ParameterLayout& layout) const;
    /// Reads what a state of this optimizer has written.
    /// @throws std::invalid_argument  on damaged bytes, and those of a model of another layout
    [[nodiscard]] virtual std::unique_ptr<OptimizerState> read_state(
        ByteSource& source, const ParameterLayout& layout) const;

    /// Takes a step in place.
    /// @param tensors  all that are trained and on which the loss depends, in the layout's order
    virtual void step(std::span<const TrainedTensor> tensors,
                      OptimizerState& state,
                      const StepContext& context) const = 0;
};

/// Makes an optimizer.
/// @throws std::invalid_argument  where an option is wrong
using OptimizerMake = std::function<std::unique_ptr<const LocalOptimizer>(const Options& options)>;
using OptimizerRegistry = Registry<OptimizerMake>;

/// Returns the optimizers that `--optimizer` may name: ours, and those that a program adds.
[[nodiscard]] OptimizerRegistry& optimizers();

/// Registers those of this folder's files.
void register_all(OptimizerRegistry& registry);

/// Makes the optimizer that `options.optimizer` names, with `momentum`, `weight_decay` and
/// `nesterov` as options of it where they are set.  Gradients are clipped as `options.clip` says
/// before it sees them, and `lr` of a step is multiplied by what `options.schedule` says of it.
/// @throws std::invalid_argument  on an unknown name or a wrong option; where one of the three is
///                                none of this optimizer, or says something else than its spec
[[nodiscard]] std::unique_ptr<const LocalOptimizer> make_optimizer(const TrainingOptions& options);

/// Reads as many floats as the layout has values; none where the optimizer keeps no such vector.
/// @throws std::invalid_argument  on damaged bytes, and another number
[[nodiscard]] std::vector<float> read_state_vector(ByteSource& source,
                                                   const ParameterLayout& layout,
                                                   bool is_kept);

/// What the training of one node carries from round to round.
struct TrainingState {
    std::unique_ptr<OptimizerState> optimizer{};  ///< null before the first step
    std::uint64_t steps = 0;                      ///< taken so far
};

void write_value(const TrainingState& state, ByteSink& sink);
/// Reads a state of the training of a model of this layout by this optimizer.
/// @throws std::invalid_argument  on damaged bytes
[[nodiscard]] TrainingState read_training_state(ByteSource& source,
                                                const LocalOptimizer& optimizer,
                                                const ParameterLayout& layout);

}  // namespace murmur
