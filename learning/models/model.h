#pragma once

#include "learning/dataset.h"
#include "learning/models/forward_context.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"
#include "learning/random_stream.h"
#include "tools/text/registry.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace murmur {

/// How the values of one tensor start.
struct Constant {
    double value;
};
struct Uniform {
    double low;
    double high;
};
struct Normal {
    double deviation;
    std::int64_t leading_zeros = 0;  ///< not drawn: the row of an embedding that stands for padding
};
struct Given {
    at::Tensor values;
};
using Start = std::variant<Constant, Uniform, Normal, Given>;

/// One tensor of a model's flat vector.
struct ParameterTensor {
    std::vector<std::int64_t> shape;
    Start start;
    bool is_buffer = false;  ///< kept by forward passes (running averages), not by gradients
    bool is_frozen = false;  ///< a parameter that training leaves as it is
    std::string name{};      ///< empty: its number

    [[nodiscard]] bool is_trained() const { return !is_buffer && !is_frozen; }

    [[nodiscard]] std::int64_t size() const;
};

/// Writes the start values of a tensor, `tensor.size()` of them.
void fill_start(const ParameterTensor& tensor, RandomStream& stream, std::span<float> values);

/// The sizes of the batches that a run will have.
struct BatchSizes {
    std::vector<std::int64_t> training;
    std::vector<std::int64_t> testing;
};

/// A model: a function of parameters and inputs.  It holds no parameters itself, so that one
/// instance serves every node.
///
/// Constructors declare the layers; tensors lie in the flat vector in this order, each contiguous
/// in PyTorch's layout, so that the vector is what `state_dict()` of the same PyTorch module gives,
/// less its integer buffers.
class Model {
  public:
    virtual ~Model() = default;

    [[nodiscard]] const std::vector<ParameterTensor>& parameter_tensors() const { return tensors_; }
    [[nodiscard]] std::int64_t num_parameters() const;
    /// Returns what lies where in the flat vector.
    [[nodiscard]] ParameterLayout layout() const;
    /// Returns the floating point operations of one sample's forward pass, counted by layers: 2 per
    /// multiply-add of matrix products and convolutions; all else is left out.
    [[nodiscard]] double forward_flops() const { return forward_flops_; }
    /// Returns how many float32 values a training step holds for each sample, to a factor of two; 0
    /// where they are few beside the parameters.
    [[nodiscard]] double activation_values() const { return activation_values_; }

    /// Returns how many samples a training batch must have: 2 where batch normalization has one
    /// value of each channel in a sample, the variance of which is 0 / 0.
    [[nodiscard]] std::int64_t min_training_batch() const { return min_training_batch_; }

    /// Returns another instance of the model of a file, for another thread, without a look at
    /// whether it fits once more; null where `make_model` is as quick.
    [[nodiscard]] virtual std::unique_ptr<const Model> twin() const { return nullptr; }
    /// Sees that a model of unknown origin takes batches of these sizes; ours take all.
    /// @throws std::invalid_argument  with the size and the reason
    virtual void check_batches(const BatchSizes& /*sizes*/, const DatasetPair& /*data*/) const {}
    /// Returns what a user should know of the model, in half a line; mostly nothing.
    [[nodiscard]] virtual std::string notes() const { return {}; }

    /// Computes the outputs of a batch; differentiable in every parameter.
    /// @param parameters  one tensor for each of `parameter_tensors`
    ///                    (buffers are updated in place by a training pass)
    /// @param inputs      [batch, sample shape...] as `Dataset::batch` gives them
    /// @param context     what the pass is for, and where it draws from
    /// @return            [batch, output shape...] float32, as the goal of the data has it: logits,
    ///                    or predictions
    [[nodiscard]] virtual at::Tensor forward(std::span<const at::Tensor> parameters,
                                             const at::Tensor& inputs,
                                             const ForwardContext& context) const = 0;

  protected:
    Model() = default;
    Model(const Model&) = default;
    Model& operator=(const Model&) = default;

    /// Declares a tensor of any shape.
    void add_tensor(ParameterTensor tensor) { tensors_.push_back(std::move(tensor)); }
    /// Declares the work of one sample that no `add_` of a layer has counted.
    void add_flops(double flops) { forward_flops_ += flops; }
    /// Declares values that a training step holds for each sample.
    void add_activations(double values) { activation_values_ += values; }
    /// Declares weight [out, in] and bias [out].
    void add_linear(std::int64_t in, std::int64_t out);
    /// Declares weight [out, in, kernel, kernel] and bias [out], applied at `positions` pixels.
    void add_convolution(std::int64_t in,
                         std::int64_t out,
                         std::int64_t kernel,
                         std::int64_t positions);
    /// Declares weight and bias, [channels] each.
    void add_group_norm(std::int64_t channels);
    /// Declares weight and bias, and as buffers the running mean and variance, [channels] each.
    /// @param positions  values of each channel in a sample
    void add_batch_norm(std::int64_t channels, std::int64_t positions);
    void set_min_training_batch(std::int64_t samples) { min_training_batch_ = samples; }
    /// Declares the layers of an LSTM as torch.nn.LSTM lays them out: for each of them weights
    /// [4 hidden, in], [4 hidden, hidden] and two biases [4 hidden], run over `steps` positions.
    void add_lstm(std::int64_t in, std::int64_t hidden, std::int64_t layers, std::int64_t steps);

  private:
    /// Returns the name of a tensor of the layer that is being declared: `linear2.bias`.
    [[nodiscard]] std::string in_layer(std::string_view kind, std::string_view tensor) const;
    /// Declares weight and bias as LibTorch starts them: U(-b, b), b = 1/sqrt(fan in).
    void add_weight_and_bias(std::string_view kind,
                             std::vector<std::int64_t> weight_shape,
                             std::int64_t positions);

    std::vector<ParameterTensor> tensors_;
    int num_layers_ = 0;  ///< named so far
    std::int64_t min_training_batch_ = 1;
    double forward_flops_ = 0.0;
    double activation_values_ = 0.0;
};

/// Makes the model that `spec` names for samples like those of `data`.
/// @throws std::invalid_argument  on an unknown model, or one that does not fit the data
[[nodiscard]] std::unique_ptr<const Model> make_model(std::string_view spec, const Dataset& data);

/// Returns start parameters drawn from a stream of this seed, tensor by tensor.
[[nodiscard]] Parameters draw_parameters(const Model& model, std::uint64_t seed);

/// Makes a model.
/// @throws std::invalid_argument  where an option is wrong or the model does not fit the data
using ModelMake =
    std::function<std::unique_ptr<const Model>(const Options& options, const Dataset& data)>;
using ModelRegistry = Registry<ModelMake>;

/// Returns the models that `--model` may name: ours, and those that a program adds.
[[nodiscard]] ModelRegistry& models();

/// Registers those of this folder's files.
void register_all(ModelRegistry& registry);

/// Returns the number of values in one sample.
[[nodiscard]] std::int64_t num_features(const Dataset& data);

/// Refuses data with another goal than the model's.
/// @throws std::invalid_argument  if the goals differ
void require_goal(const Options& options, const Dataset& data, const Goal& goal);

/// Refuses inputs that are indices, such as the characters of a text.
/// @throws std::invalid_argument  if `data` has such inputs
void require_numbers(const Options& options, const Dataset& data);

}  // namespace murmur
