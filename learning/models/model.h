#pragma once

#include "learning/dataset.h"
#include "learning/spec.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// One tensor of a model's flat vector, and the uniform distribution of its start values.
struct ParameterTensor {
    std::vector<std::int64_t> shape;
    double low;
    double high;  ///< equal to `low` for a constant start
};

/// A model: a function of parameters and inputs.  It holds no parameters itself, so that one
/// instance serves every node.
///
/// Constructors declare the layers; tensors lie in the flat vector in this order, each contiguous
/// in PyTorch's layout, so that the vector is what `parameters()` of the same PyTorch module gives.
class Model {
  public:
    virtual ~Model() = default;

    [[nodiscard]] const std::vector<ParameterTensor>& parameter_tensors() const { return tensors_; }
    [[nodiscard]] std::int64_t num_parameters() const;
    /// Returns the floating point operations of one sample's forward pass, 2 per multiply-add;
    /// matrix products and convolutions alone.
    [[nodiscard]] double forward_flops() const { return forward_flops_; }

    /// Computes the outputs of a batch; differentiable in every parameter.
    /// @param parameters  one tensor for each of `parameter_tensors`
    /// @param inputs      [batch, sample shape...] float32
    /// @return            [batch, num_outputs] float32: logits, or predictions
    [[nodiscard]] virtual at::Tensor forward(std::span<const at::Tensor> parameters,
                                             const at::Tensor& inputs) const = 0;

  protected:
    Model() = default;
    Model(const Model&) = default;
    Model& operator=(const Model&) = default;

    /// Declares weight [out, in] and bias [out].
    void add_linear(std::int64_t in, std::int64_t out);
    /// Declares weight [out, in, kernel, kernel] and bias [out], applied at `positions` pixels.
    void add_convolution(std::int64_t in,
                         std::int64_t out,
                         std::int64_t kernel,
                         std::int64_t positions);
    /// Declares weight and bias, [channels] each.
    void add_group_norm(std::int64_t channels);

  private:
    /// Declares weight and bias as LibTorch starts them: U(-b, b), b = 1/sqrt(fan in).
    void add_weight_and_bias(std::vector<std::int64_t> weight_shape, std::int64_t positions);

    std::vector<ParameterTensor> tensors_;
    double forward_flops_ = 0.0;
};

/// Makes the model that `spec` names for samples like those of `data`.
/// @throws std::invalid_argument  on an unknown model, or one that does not fit the data
[[nodiscard]] std::unique_ptr<const Model> make_model(std::string_view spec, const Dataset& data);

/// Makes the model of one file of this folder; `spec` names it.
/// @throws std::invalid_argument  where the argument is wrong or the model does not fit the data
using ModelFactory = std::unique_ptr<const Model>(const Spec& spec, const Dataset& data);
ModelFactory make_linear_model;
ModelFactory make_softmax_model;
ModelFactory make_mlp_model;
ModelFactory make_gn_lenet_model;

/// Returns the number of values in one sample.
[[nodiscard]] std::int64_t num_features(const Dataset& data);

/// Refuses an argument of a model that takes none.
/// @throws std::invalid_argument  if `spec` has one
void require_no_argument(const Spec& spec);

/// Refuses data with another goal than the model's.
/// @throws std::invalid_argument  if the goals differ
void require_goal(const Spec& spec, const Dataset& data, LearningGoal goal);

}  // namespace murmur
