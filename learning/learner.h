#pragma once

#include "learning/optimizer.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"
#include "learning/runtime.h"
#include "learning/training_options.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

struct DatasetPair;
enum class DataPart : std::uint8_t;

/// What one call of `train` depends on beside parameters, samples and state.
struct TrainingContext {
    std::uint64_t seed = 0;  ///< of the run; with node and round it names the call's streams
    std::uint32_t node = 0;
    std::uint64_t round = 0;
    /// Added to every gradient, value by value, as tracking and control variates do; null: nothing.
    const ParameterVector* correction = nullptr;
    /// Learns that a sample is of class C - 1 - c where it is of class c of C, as an attacker may.
    bool flips_labels = false;
    /// Which steps: mini-batches of these are as in the whole round; what their passes draw, as
    /// dropout does, is each call's own.
    StepRange steps{};

    /// Returns the seed of this call's random stream of a purpose: "shuffle", "forward".
    [[nodiscard]] std::uint64_t stream_seed(std::string_view purpose) const {
        return murmur::stream_seed(seed, purpose, node, round);
    }
};

struct TrainingResult {
    Parameters parameters;
    double mean_loss;      ///< over the samples of this call, before each step; NaN without any
    std::int64_t samples;  ///< how many samples were learnt from
    std::int64_t steps;
};

struct EvaluationResult {
    double loss;  ///< mean over the samples
    /// The metric of the data's goal, for all its name: accuracy 0 ... 1 of classes, perplexity of
    /// texts as tokens; NaN where the goal has none.
    double accuracy;
    std::int64_t samples;
    /// The same over the samples that a node tests itself on; NaN and 0 where there are none.
    double own_loss = std::numeric_limits<double>::quiet_NaN();
    double own_accuracy = own_loss;
    std::int64_t own_samples = 0;
};

/// A model, ready to train and test any node's parameters: what one worker thread owns.
///
/// Results depend on the arguments alone, never on what the learner did before, on which thread, or
/// which worker had it.  So a learner of another device is another class behind this door, in a
/// file of its own (`devices()`); all learners of a run are of one device, and where a run is to
/// have two, the kind of a task says whose it is, never which of them is free.
class Learner {
  public:
    virtual ~Learner() = default;
    Learner(const Learner&) = delete;
    Learner& operator=(const Learner&) = delete;
    /// Returns a learner of the same kind for another thread.
    [[nodiscard]] virtual std::unique_ptr<Learner> twin() const = 0;

    [[nodiscard]] virtual std::size_t num_parameters() const = 0;
    /// Returns what lies where in a vector of parameters: what is trained, frozen, a buffer.
    [[nodiscard]] virtual const ParameterLayout& layout() const = 0;
    /// Returns the floating point operations of one sample's forward and backward pass (estimate:
    /// 3 x forward; 2 per multiply-add).
    [[nodiscard]] virtual double flops_per_sample() const = 0;
    /// Returns the bytes that a training step holds for each sample, to a factor of two; 0 where
    /// they are few beside the parameters.
    [[nodiscard]] virtual double activation_bytes() const { return 0; }
    /// Returns seeded start parameters, drawn as the model's source initializes each layer; those
    /// of a file, where the model is one.
    [[nodiscard]] virtual Parameters initial_parameters(std::uint64_t seed) const = 0;

    /// Returns how many samples and steps one call of `train` takes on a partition of this size;
    /// of samples that are drawn into batches one by one, how many are expected.
    [[nodiscard]] virtual std::int64_t samples_per_call(std::int64_t partition_size) const = 0;
    [[nodiscard]] virtual std::int64_t steps_per_call(std::int64_t partition_size) const = 0;
    /// Returns how many samples some of these steps take.
    [[nodiscard]] virtual std::int64_t samples_of(std::int64_t partition_size,
                                                  StepRange steps) const = 0;

    /// Sees that the model can be trained on partitions of these sizes (of nodes 0, 1, ...) and
    /// tested: that it takes batches of every size that there will be.
    /// @throws std::invalid_argument  with the node or the size of the batch
    virtual void check_partitions(std::span<const std::int64_t> sizes) const = 0;
    /// Returns what a user should know of the model, in half a line; mostly nothing.
    [[nodiscard]] virtual std::string notes() const = 0;

    /// Runs the local work of one round: mini-batches from `start` on the samples `partition`, each
    /// a step of the optimizer, in an order drawn from the stream "shuffle".
    /// @param state  of this node, updated in place
    /// @throws std::invalid_argument  where a correction has another length than the model
    virtual TrainingResult train(const ParameterVector& start,
                                 std::span<const std::int64_t> partition,
                                 TrainingState& state,
                                 const TrainingContext& context) = 0;
    /// Reads a state that `write_value` has written.
    /// @throws std::invalid_argument  on damaged bytes
    [[nodiscard]] virtual TrainingState read_state(ByteSource& source) const = 0;

    /// Returns the mean gradient of the loss over these training samples, by passes over
    /// mini-batches as `train` takes them, [num_parameters]: 0 for buffers and what is frozen.
    /// @param context  its `correction` and `steps` do not count
    [[nodiscard]] virtual Parameters gradient(const ParameterVector& parameters,
                                              std::span<const std::int64_t> partition,
                                              const TrainingContext& context) = 0;

    /// Tests parameters on the first `max_samples` test samples (0: all).
    virtual EvaluationResult evaluate(const ParameterVector& parameters,
                                      std::int64_t max_samples) = 0;
    /// Tests parameters on these samples of the test set, or of the training set: those that a node
    /// held back.  NaN where there are none.
    virtual EvaluationResult evaluate(const ParameterVector& parameters,
                                      DataPart part,
                                      std::span<const std::int64_t> samples) = 0;

  protected:
    Learner() = default;
};

/// Builds a learner on a device.
/// @throws std::invalid_argument  on an unknown model or optimizer, or one that does not fit the
///                                data
using LearnerMake = std::function<std::unique_ptr<Learner>(const Options& device,
                                                           const std::string& model_spec,
                                                           const DatasetPair& data,
                                                           const TrainingOptions& options)>;
using DeviceRegistry = Registry<LearnerMake>;

/// Returns what `--device` may name: where learning is done.
[[nodiscard]] DeviceRegistry& devices();

/// Registers those of this folder's files.
void register_all(DeviceRegistry& registry);

/// Builds the model that `model_spec` names (`models()` of learning/models/model.h holds them) for
/// this data, on this device.
/// @throws std::invalid_argument  on an unknown device, model or optimizer, or one that does not
///                                fit
[[nodiscard]] std::unique_ptr<Learner> make_learner(const std::string& model_spec,
                                                    const DatasetPair& data,
                                                    const TrainingOptions& options,
                                                    const std::string& device = "cpu");

/// Reads start parameters: raw little-endian float32, one vector (for all nodes) or
/// num_nodes vectors one after the other.  Returns one handle for each node.
/// @throws std::invalid_argument  where the size of the file fits neither
[[nodiscard]] std::vector<Parameters> read_initial_parameters(const std::string& path,
                                                              std::size_t num_parameters,
                                                              std::uint32_t num_nodes);

}  // namespace murmur
