#pragma once

#include "learning/parameter_layout.h"
#include "learning/parameters.h"
#include "learning/runtime.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

struct DatasetPair;
enum class DataPart : std::uint8_t;

/// How a node trains between two exchanges.
struct TrainingOptions {
    std::int64_t batch_size = 8;  ///< 0: the whole partition in one batch
    std::int64_t local_steps =
        1;  ///< mini-batches per round, 0: none; unused where local_epochs > 0
    std::int64_t local_epochs = 0;
    double lr = 0.05;
    double momentum = 0.0;
    double weight_decay = 0.0;
    bool nesterov = false;
    bool reset_optimizer = false;  ///< forget the momentum at the start of each round
};

/// Refuses what no training can be.
/// @param prefix  how the caller names fields: `--` where they are options, `--batch-size`
/// @throws std::invalid_argument  `PREFIXfield-name: got X, allowed Y`
void check(const TrainingOptions& options, std::string_view prefix);

/// What the optimizer of one node remembers; empty until a step needs it.
struct OptimizerState {
    std::vector<float> momentum;  ///< [num_params], or empty
};

struct TrainingResult {
    Parameters parameters;
    double mean_loss;      ///< over the samples of this call, before each step; NaN without any
    std::int64_t samples;  ///< how many samples were learnt from
    std::int64_t steps;
};

struct EvaluationResult {
    double loss;      ///< mean over the samples
    double accuracy;  ///< 0 ... 1; NaN for regression
    std::int64_t samples;
    /// The same over the samples that a node tests itself on; NaN and 0 where there are none.
    double own_loss = std::numeric_limits<double>::quiet_NaN();
    double own_accuracy = own_loss;
    std::int64_t own_samples = 0;
};

/// A model, ready to train and test any node's parameters: what one worker thread owns.
///
/// The model's tensors look into a flat vector, so that a step copies no parameters.  Results
/// depend on the arguments alone, never on what the learner did before or on which thread.
class Learner {
  public:
    /// Builds the model that `model_spec` names (`models()` of learning/models/model.h holds them)
    /// for this data.
    /// @throws std::invalid_argument  on an unknown model, or one that does not fit the data
    Learner(std::string_view model_spec, DatasetPair data, TrainingOptions options);
    ~Learner();
    /// Returns a learner of the same kind for another thread.
    [[nodiscard]] std::unique_ptr<Learner> twin() const;
    Learner(const Learner&) = delete;
    Learner& operator=(const Learner&) = delete;

    [[nodiscard]] std::size_t num_parameters() const;
    /// Returns what lies where in a vector of parameters: what is trained, frozen, a buffer.
    [[nodiscard]] const ParameterLayout& layout() const;
    /// Returns the floating point operations of one sample's forward and backward pass (estimate:
    /// 3 x forward; 2 per multiply-add).
    [[nodiscard]] double flops_per_sample() const;
    /// Returns seeded start parameters, drawn as the model's source initializes each layer; those
    /// of a file, where the model is one.
    [[nodiscard]] Parameters initial_parameters(std::uint64_t seed) const;

    /// Returns how many samples and steps one call of `train` takes on a partition of this size.
    [[nodiscard]] std::int64_t samples_per_call(std::int64_t partition_size) const;
    [[nodiscard]] std::int64_t steps_per_call(std::int64_t partition_size) const;

    /// Sees that the model can be trained on partitions of these sizes (of nodes 0, 1, ...) and
    /// tested: that it takes batches of every size that there will be.
    /// @throws std::invalid_argument  with the node or the size of the batch
    void check_partitions(std::span<const std::int64_t> sizes) const;
    /// Returns what a user should know of the model, in half a line; mostly nothing.
    [[nodiscard]] std::string notes() const;

    /// Runs the local work of one round: mini-batches of SGD from `start` on the samples
    /// `partition`, in an order drawn from `shuffle_seed`.
    /// @param optimizer  state of this node, updated in place
    TrainingResult train(const ParameterVector& start,
                         std::span<const std::int64_t> partition,
                         OptimizerState& optimizer,
                         std::uint64_t shuffle_seed);

    /// Tests parameters on the first `max_samples` test samples (0: all).
    EvaluationResult evaluate(const ParameterVector& parameters, std::int64_t max_samples);
    /// Tests parameters on these samples of the test set, or of the training set: those that a node
    /// held back.  NaN where there are none.
    EvaluationResult evaluate(const ParameterVector& parameters,
                              DataPart part,
                              std::span<const std::int64_t> samples);

  private:
    struct Impl;
    explicit Learner(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Reads start parameters: raw little-endian float32, one vector (for all nodes) or
/// num_nodes vectors one after the other.  Returns one handle for each node.
/// @throws std::invalid_argument  where the size of the file fits neither
[[nodiscard]] std::vector<Parameters> read_initial_parameters(const std::string& path,
                                                              std::size_t num_parameters,
                                                              std::uint32_t num_nodes);

}  // namespace murmur
