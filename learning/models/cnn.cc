#include "learning/models/model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace murmur {
namespace {

/// The layers of a plain convolutional network.
struct CnnLayers {
    std::vector<std::int64_t> convolutions;  ///< channels; each followed by ReLU and 2x2 pooling
    std::int64_t kernel;
    std::int64_t padding;
    std::vector<std::int64_t> hidden;  ///< widths of the linear layers before the last
    std::vector<std::int64_t> image;   ///< channels, height, width that it was made for
};

/// Convolutions with ReLU and 2x2 max pooling, then linear layers with ReLU between them.
class CnnModel final : public Model {
  public:
    CnnModel(const CnnLayers& layers, std::int64_t classes) : padding_(layers.padding) {
        std::int64_t channels = layers.image[0];
        std::int64_t height = layers.image[1];
        std::int64_t width = layers.image[2];
        for (const std::int64_t out : layers.convolutions) {
            height += 2 * layers.padding - layers.kernel + 1;
            width += 2 * layers.padding - layers.kernel + 1;
            add_convolution(channels, out, layers.kernel, height * width);
            channels = out;
            height /= 2;
            width /= 2;
        }
        num_convolutions_ = layers.convolutions.size();
        std::int64_t features = channels * height * width;
        for (const std::int64_t out : layers.hidden) {
            add_linear(features, out);
            features = out;
        }
        add_linear(features, classes);
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext&) const override {
        at::Tensor x = inputs;
        std::size_t i = 0;
        for (; i < 2 * num_convolutions_; i += 2) {
            x = at::conv2d(x, parameters[i], parameters[i + 1], 1, padding_);
            // Pooling and ReLU commute; pooled first, ReLU has a quarter of the work.
            x = at::relu(at::max_pool2d(x, 2));
        }
        x = x.flatten(1);
        for (; i + 2 < parameters.size(); i += 2) {
            x = at::relu(at::linear(x, parameters[i], parameters[i + 1]));
        }
        return at::linear(x, parameters[i], parameters[i + 1]);
    }

  private:
    std::int64_t padding_;
    std::size_t num_convolutions_ = 0;
};

std::unique_ptr<const Model> make_cnn(const Options& options,
                                      const Dataset& data,
                                      const CnnLayers& layers) {
    require_goal(options, data, classification());
    require_numbers(options, data);
    if (data.sample_shape() != layers.image) {
        options.refuse(fmt::format("needs samples of shape {}, got {}",
                                   fmt::join(layers.image, "x"),
                                   fmt::join(data.sample_shape(), "x")));
    }
    return std::make_unique<CnnModel>(layers, data.num_classes());
}

/// LeNet-5 for color images, 62,006 parameters with 10 classes [PyTorch's CIFAR-10 tutorial].
std::unique_ptr<const Model> make_cifar_cnn_model(const Options& options, const Dataset& data) {
    return make_cnn(options, data, {{6, 16}, 5, 0, {120, 84}, {3, 32, 32}});
}

/// The network of LEAF for FEMNIST [Caldas et al., 2018] with a hidden layer of 512: 1,690,046
/// parameters with 62 classes.
std::unique_ptr<const Model> make_femnist_cnn_model(const Options& options, const Dataset& data) {
    return make_cnn(options, data, {{32, 64}, 5, 2, {512}, {1, 28, 28}});
}

/// The network of LEAF for CelebA [Caldas et al., 2018] without batch normalization: 30,242
/// parameters with 2 classes.
std::unique_ptr<const Model> make_celeba_cnn_model(const Options& options, const Dataset& data) {
    return make_cnn(options, data, {{32, 32, 32, 32}, 3, 1, {}, {3, 84, 84}});
}

}  // namespace

void register_cnn(ModelRegistry& registry) {
    registry.add({"cifar-cnn", "two convolutions and three linear layers, for CIFAR-10"},
                 make_cifar_cnn_model);
    registry.add({"femnist-cnn", "two convolutions and two linear layers, for FEMNIST"},
                 make_femnist_cnn_model);
    registry.add({"celeba-cnn", "four convolutions and a linear layer, for CelebA"},
                 make_celeba_cnn_model);
}

}  // namespace murmur
