#include "learning/kernels/norm_relu_pool.h"
#include "learning/models/model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace murmur {
namespace {

constexpr std::int64_t kKernel = 5;
constexpr std::int64_t kGroups = 2;
constexpr std::int64_t kWidths[] = {32, 32, 64};

/// LeNet with group normalization [Hsieh et al., 2020, The Non-IID Data Quagmire of Decentralized
/// Machine Learning]: three times (5x5 convolution that keeps the size, group norm, ReLU, 2x2 max
/// pooling), then one linear layer.  89,834 parameters on 3x32x32 images of 10 classes.
class GnLenetModel final : public Model {
  public:
    GnLenetModel(std::int64_t channels,
                 std::int64_t height,
                 std::int64_t width,
                 std::int64_t classes) {
        for (const std::int64_t out : kWidths) {
            add_convolution(channels, out, kKernel, height * width);
            add_group_norm(out);
            channels = out;
            height /= 2;
            width /= 2;
        }
        add_linear(channels * height * width, classes);
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext&) const override {
        // The kernels are fastest in channels-last memory.  The few weights are rearranged each
        // step: in the flat vector they lie as PyTorch lays them out.
        constexpr auto kFormat = at::MemoryFormat::ChannelsLast;
        at::Tensor x = inputs.contiguous(kFormat);
        std::size_t i = 0;
        for (; i + 2 < parameters.size(); i += 4) {
            const at::Tensor weight = parameters[i].contiguous(kFormat);
            x = at::conv2d(x, weight, parameters[i + 1], 1, kKernel / 2);
            x = norm_relu_pool(x, kGroups, parameters[i + 2], parameters[i + 3]);
        }
        return at::linear(x.flatten(1), parameters[i], parameters[i + 1]);
    }
};

std::unique_ptr<const Model> make_gn_lenet_model(const Options& options, const Dataset& data) {
    require_goal(options, data, classification());
    require_numbers(options, data);
    const std::vector<std::int64_t> shape = data.sample_shape();
    // Three poolings halve each side three times.
    if (shape.size() != 3 || shape[1] % 8 != 0 || shape[2] % 8 != 0) {
        throw std::invalid_argument(
            fmt::format("model gn-lenet: needs images, channels x height x width with both sides a "
                        "multiple of 8, got samples of shape {}",
                        fmt::join(shape, "x")));
    }
    return std::make_unique<GnLenetModel>(shape[0], shape[1], shape[2], data.num_classes());
}

}  // namespace

void register_gn_lenet(ModelRegistry& registry) {
    registry.add({"gn-lenet", "three convolutions with group normalization, for images"},
                 make_gn_lenet_model);
}

}  // namespace murmur
