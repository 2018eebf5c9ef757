#include "learning/kernels/dropout.h"
#include "learning/models/model.h"
#include "tools/text/number.h"

#include <ATen/ATen.h>

namespace murmur {
namespace {

/// Linear layers with ReLU, and dropout, between them, over flattened samples.
class MlpModel final : public Model {
  public:
    /// @param widths   features, hidden widths, outputs
    /// @param dropout  rate at which training drops values of hidden layers
    MlpModel(const std::vector<std::int64_t>& widths, double dropout) : dropout_(dropout) {
        for (std::size_t layer = 1; layer < widths.size(); ++layer) {
            add_linear(widths[layer - 1], widths[layer]);
        }
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext& context) const override {
        at::Tensor hidden = inputs.flatten(1);
        for (std::size_t i = 0; i + 2 < parameters.size(); i += 2) {
            hidden = at::relu(at::linear(hidden, parameters[i], parameters[i + 1]));
            hidden = dropout(hidden, dropout_, context);
        }
        return at::linear(hidden, *(parameters.end() - 2), *(parameters.end() - 1));
    }

  private:
    double dropout_;
};

std::unique_ptr<const Model> make_mlp_model(const Options& options, const Dataset& data) {
    require_numbers(options, data);
    constexpr std::int64_t kMaxWidth = 1 << 20;
    std::vector<std::int64_t> widths{num_features(data)};
    std::string_view rest = options.text("widths");
    for (std::size_t dash = 0; dash != std::string_view::npos;) {
        dash = rest.find('-');
        widths.push_back(
            parse_integer("model mlp: width of a layer", rest.substr(0, dash), {1, kMaxWidth}));
        rest.remove_prefix(dash == std::string_view::npos ? rest.size() : dash + 1);
    }
    widths.push_back(data.num_classes());
    constexpr double kHighestRate = 0.99;
    return std::make_unique<MlpModel>(widths, options.number("dropout", {0, kHighestRate}));
}

}  // namespace

void register_mlp(ModelRegistry& registry) {
    registry.add(
        {"mlp",
         "fully connected layers with ReLU",
         {positional("widths", "WIDTH[-WIDTH...]", "of the hidden layers"),
          named("dropout", "0", "share of a hidden layer's values that a training step drops")}},
        make_mlp_model);
}

}  // namespace murmur
