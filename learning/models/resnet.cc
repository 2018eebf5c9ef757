#include "learning/models/model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <optional>
#include <stdexcept>

namespace murmur {
namespace {

/// Parameters in declaration order, taken one after the other.
class Tape {
  public:
    explicit Tape(std::span<const at::Tensor> tensors) : tensors_(tensors) {}
    const at::Tensor& next() { return tensors_[position_++]; }

  private:
    std::span<const at::Tensor> tensors_;
    std::size_t position_ = 0;
};

/// A convolution without bias, followed by batch normalization.
struct NormalizedConvolution {
    std::int64_t kernel;
    std::int64_t stride;

    at::Tensor operator()(const at::Tensor& x, Tape& tape, Pass pass) const {
        constexpr double kMomentum = 0.1;
        constexpr double kEpsilon = 1e-5;
        const at::Tensor y = at::conv2d(x, tape.next(), {}, stride, kernel / 2);
        const at::Tensor& weight = tape.next();
        const at::Tensor& bias = tape.next();
        const at::Tensor& mean = tape.next();
        const at::Tensor& variance = tape.next();
        return at::batch_norm(
            y, weight, bias, mean, variance, pass == Pass::kTraining, kMomentum, kEpsilon, false);
    }
};

/// Two 3x3 convolutions beside a shortcut; where size or channels change, that is a 1x1
/// convolution [He et al., 2016, Deep Residual Learning for Image Recognition].
struct BasicBlock {
    NormalizedConvolution first;
    NormalizedConvolution second;
    std::optional<NormalizedConvolution> shortcut;

    at::Tensor operator()(const at::Tensor& x, Tape& tape, Pass pass) const {
        at::Tensor y = at::relu(first(x, tape, pass));
        y = second(y, tape, pass);
        return at::relu(y + (shortcut ? (*shortcut)(x, tape, pass) : x));
    }
};

/// What tells one residual network from another.
struct ResNetLayers {
    NormalizedConvolution stem;
    bool pools_stem;                   ///< 3x3 max pooling with stride 2 behind the stem
    std::vector<std::int64_t> widths;  ///< of each stage; all but the first halve both sides
    std::int64_t blocks;               ///< of each stage
    std::int64_t last_pool;            ///< side of the average pooling before the linear layer
    bool starts_normal;                ///< weights by He's normal law over outputs, not uniform
};

constexpr std::int64_t halved(std::int64_t side, std::int64_t stride) {
    return (side + stride - 1) / stride;
}

class ResNetModel final : public Model {
  public:
    ResNetModel(const ResNetLayers& layers,
                std::span<const std::int64_t> image,
                std::int64_t classes)
        : layers_(layers), height_(image[1]), width_(image[2]) {
        std::int64_t channels = layers.widths.front();
        declare(layers.stem, image[0], channels, true);
        if (layers.pools_stem) {
            height_ = halved(height_, 2);
            width_ = halved(width_, 2);
        }
        for (std::size_t stage = 0; stage < layers.widths.size(); ++stage) {
            for (std::int64_t block = 0; block < layers.blocks; ++block) {
                const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
                declare_block(channels, layers.widths[stage], stride);
                channels = layers.widths[stage];
            }
        }
        add_linear(channels * (height_ / layers.last_pool) * (width_ / layers.last_pool), classes);
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext& context) const override {
        const Pass pass = context.pass;
        Tape tape(parameters);
        at::Tensor x = at::relu(layers_.stem(inputs, tape, pass));
        if (layers_.pools_stem) {
            x = at::max_pool2d(x, 3, 2, 1);
        }
        for (const BasicBlock& block : blocks_) {
            x = block(x, tape, pass);
        }
        x = at::avg_pool2d(x, layers_.last_pool).flatten(1);
        const at::Tensor& weight = tape.next();
        return at::linear(x, weight, tape.next());
    }

  private:
    /// @param shrinks  false for the shortcut of a block, whose first convolution did so already
    void declare(NormalizedConvolution layer, std::int64_t in, std::int64_t out, bool shrinks) {
        if (shrinks) {
            height_ = halved(height_, layer.stride);
            width_ = halved(width_, layer.stride);
        }
        const std::int64_t area = layer.kernel * layer.kernel;
        const double bound = 1.0 / std::sqrt(static_cast<double>(in * area));
        const Start start = layers_.starts_normal
                                ? Start(Normal{std::sqrt(2.0 / static_cast<double>(out * area))})
                                : Start(Uniform{-bound, bound});
        add_tensor({{out, in, layer.kernel, layer.kernel}, start});
        add_flops(2.0 * static_cast<double>(out * in * area * height_ * width_));
        add_batch_norm(out, height_ * width_);
    }

    void declare_block(std::int64_t in, std::int64_t out, std::int64_t stride) {
        BasicBlock block{{3, stride}, {3, 1}, std::nullopt};
        declare(block.first, in, out, true);
        declare(block.second, out, out, true);
        if (stride != 1 || in != out) {
            block.shortcut = NormalizedConvolution{1, stride};
            declare(*block.shortcut, in, out, false);
        }
        blocks_.push_back(block);
    }

    ResNetLayers layers_;
    std::int64_t height_;  // of the layer declared last
    std::int64_t width_;
    std::vector<BasicBlock> blocks_;
};

std::unique_ptr<const Model> make_resnet(const Options& options,
                                         const Dataset& data,
                                         const ResNetLayers& layers,
                                         std::vector<std::int64_t> image) {
    require_goal(options, data, classification());
    require_numbers(options, data);
    if (data.sample_shape() != image) {
        options.refuse(fmt::format("needs samples of shape {}, got {}",
                                   fmt::join(image, "x"),
                                   fmt::join(data.sample_shape(), "x")));
    }
    return std::make_unique<ResNetModel>(layers, image, data.num_classes());
}

/// 4,911,754 parameters with 10 classes, and 5,376 running averages beside them.
std::unique_ptr<const Model> make_resnet_8_model(const Options& options, const Dataset& data) {
    return make_resnet(options, data, {{3, 1}, false, {128, 256, 512}, 1, 4, false}, {3, 32, 32});
}

/// ResNet-18 at half its widths: 2,811,678 parameters with 62 classes, and 4,800 running averages.
std::unique_ptr<const Model> make_resnet_18_model(const Options& options, const Dataset& data) {
    return make_resnet(options, data, {{7, 2}, true, {32, 64, 128, 256}, 2, 1, true}, {1, 28, 28});
}

}  // namespace

void register_resnet(ModelRegistry& registry) {
    registry.add({"resnet-8", "three residual blocks of 128, 256, 512 channels, for CIFAR-10"},
                 make_resnet_8_model);
    registry.add({"resnet-18", "eight residual blocks of 32 to 256 channels, for FEMNIST"},
                 make_resnet_18_model);
}

}  // namespace murmur
