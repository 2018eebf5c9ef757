// A model of one's own: a linear layer over bumps around trained centers.
//
//     outputs = W f + b,  f_k = exp(-||x - c_k||^2)

#include "learning/models/model.h"
#include "parts.h"

#include <ATen/ATen.h>

#include <memory>
#include <span>

namespace {

class Radial final : public murmur::Model {
  public:
    Radial(std::int64_t features, std::int64_t centers, std::int64_t classes) {
        add_tensor({.shape = {centers, features}, .start = murmur::Normal{1.0}, .name = "centers"});
        add_flops(3.0 * static_cast<double>(centers * features));
        add_linear(centers, classes);
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const murmur::ForwardContext& /*context*/) const override {
        const at::Tensor away = inputs.flatten(1).unsqueeze(1) - parameters[0].unsqueeze(0);
        return at::linear(away.square().sum(2).neg().exp(), parameters[1], parameters[2]);
    }
};

}  // namespace

void register_radial() {
    murmur::models().add(
        {"radial", "bumps around trained centers", {murmur::named("centers", "16", "how many")}},
        [](const murmur::Options& options, const murmur::Dataset& data) {
            murmur::require_goal(options, data, murmur::classification());
            murmur::require_numbers(options, data);
            return std::make_unique<Radial>(murmur::num_features(data),
                                            options.integer("centers", {1, 10'000}),
                                            data.num_classes());
        });
}
