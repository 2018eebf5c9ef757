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
                       Pass) const override {
        return at::linear(inputs.flatten(1), parameters[0], parameters[1]);
    }
};

}  // namespace

std::unique_ptr<const Model> make_linear_model(const Spec& spec, const Dataset& data) {
    require_no_argument(spec);
    require_goal(spec, data, LearningGoal::kRegression);
    require_numbers(spec, data);
    return std::make_unique<LinearModel>(num_features(data), data.num_classes());
}

std::unique_ptr<const Model> make_softmax_model(const Spec& spec, const Dataset& data) {
    require_no_argument(spec);
    require_goal(spec, data, LearningGoal::kClassification);
    require_numbers(spec, data);
    return std::make_unique<LinearModel>(num_features(data), data.num_classes());
}

}  // namespace murmur
