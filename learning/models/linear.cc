#include "learning/models/model.h"

#include <ATen/ATen.h>

namespace murmur {
namespace {

/// inputs W' + b over flattened samples: linear regression with one output, softmax regression
/// with one logit a class.
class LinearModel final : public Model {
  public:
    LinearModel(std::int64_t features, std::int64_t outputs) { add_linear(features, outputs); }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext&) const override {
        return at::linear(inputs.flatten(1), parameters[0], parameters[1]);
    }
};

std::unique_ptr<const Model> make_linear_model(const Options& options, const Dataset& data) {
    require_goal(options, data, regression());
    require_numbers(options, data);
    return std::make_unique<LinearModel>(num_features(data), data.num_classes());
}

std::unique_ptr<const Model> make_softmax_model(const Options& options, const Dataset& data) {
    require_goal(options, data, classification());
    require_numbers(options, data);
    return std::make_unique<LinearModel>(num_features(data), data.num_classes());
}

}  // namespace

void register_linear(ModelRegistry& registry) {
    registry.add({"linear", "linear regression, weights and bias"}, make_linear_model);
    registry.add({"softmax", "softmax regression, one linear layer"}, make_softmax_model);
}

}  // namespace murmur
