#include "learning/models/model.h"

#include <ATen/ATen.h>

#include <stdexcept>

namespace murmur {
namespace {

constexpr std::int64_t kFactors = 20;

/// A rating as the dot product of the user's and the item's factors, without biases
/// [Koren et al., 2009, Matrix Factorization Techniques for Recommender Systems]:
/// (users + items) * 20 parameters.
class MatrixFactorizationModel final : public Model {
  public:
    MatrixFactorizationModel(std::int64_t users, std::int64_t items) {
        constexpr double kBound = 0.05;
        add_tensor({{users, kFactors}, Uniform{-kBound, kBound}});
        add_tensor({{items, kFactors}, Uniform{-kBound, kBound}});
        add_flops(2.0 * kFactors);
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext&) const override {
        const at::Tensor users = at::embedding(parameters[0], inputs.select(1, 0));
        const at::Tensor items = at::embedding(parameters[1], inputs.select(1, 1));
        return (users * items).sum(1, /*keepdim=*/true);
    }
};

std::unique_ptr<const Model> make_matrix_factorization_model(const Options& options,
                                                             const Dataset& data) {
    require_goal(options, data, regression());
    const std::vector<std::int64_t> ranges = data.input_ranges();
    if (ranges.size() != 2) {
        throw std::invalid_argument(
            "model matrix-factorization: needs ratings of items by users, such as MovieLens, got "
            "other data");
    }
    return std::make_unique<MatrixFactorizationModel>(ranges[0], ranges[1]);
}

}  // namespace

void register_matrix_factorization(ModelRegistry& registry) {
    registry.add({"matrix-factorization", "20 factors per user and item, for MovieLens"},
                 make_matrix_factorization_model);
}

}  // namespace murmur
