#include "learning/kernels/norm_relu_pool.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <cmath>
#include <vector>

namespace murmur {
namespace {

using Floats = std::vector<float>;

constexpr double kEpsilon = 1e-5;

constexpr std::size_t index(std::int64_t i) {
    return static_cast<std::size_t>(i);
}

/// One image in channels-last memory: the channels of a pixel lie side by side, so that every inner
/// loop below runs over channels and fills vector registers.
struct Shape {
    std::int64_t height;
    std::int64_t width;
    std::int64_t channels;
    std::int64_t groups;

    [[nodiscard]] std::int64_t pixels() const { return height * width; }
    [[nodiscard]] std::int64_t size() const { return pixels() * channels; }
    [[nodiscard]] std::int64_t pooled_size() const { return size() / 4; }
    [[nodiscard]] std::int64_t group_channels() const { return channels / groups; }
    [[nodiscard]] double group_size() const {
        return static_cast<double>(pixels() * group_channels());
    }

    /// Offsets of the pixels of a 2x2 window from its first.
    [[nodiscard]] std::array<std::int64_t, 4> window() const {
        return {0, channels, width * channels, (width + 1) * channels};
    }

    /// Calls visit(offset of the first pixel, offset of the pooled value) for each 2x2 window.
    template <class Visit>
    void for_each_window(const Visit& visit) const {
        std::int64_t pooled = 0;
        for (std::int64_t row = 0; row < height; row += 2) {
            for (std::int64_t column = 0; column < width; column += 2) {
                visit((row * width + column) * channels, pooled);
                pooled += channels;
            }
        }
    }
};

void add_moments(const Shape& shape,
                 const float* x,
                 const float* origin,
                 float* __restrict sum,
                 float* __restrict square_sum) {
    const float* x0 = x;
    const float* x1 = x + shape.window()[1];
    const float* x2 = x + shape.window()[2];
    const float* x3 = x + shape.window()[3];
    for (std::int64_t c = 0; c < shape.channels; ++c) {
        const float d0 = x0[c] - origin[c];
        const float d1 = x1[c] - origin[c];
        const float d2 = x2[c] - origin[c];
        const float d3 = x3[c] - origin[c];
        sum[c] += (d0 + d1) + (d2 + d3);
        square_sum[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
    }
}

/// Gives mean and 1/sqrt(variance + epsilon) of every group of one image.
void group_moments(const Shape& shape, const float* x, float* mean, float* scale) {
    // Sums of x - x[first pixel]: with a mean far from zero, plain sums of squares cancel.
    Floats sum(index(shape.channels), 0.0F);
    Floats square_sum(index(shape.channels), 0.0F);
    shape.for_each_window([&](std::int64_t at, std::int64_t) {
        add_moments(shape, x + at, x, sum.data(), square_sum.data());
    });
    const auto pixels = static_cast<double>(shape.pixels());
    for (std::int64_t group = 0; group < shape.groups; ++group) {
        const std::int64_t begin = group * shape.group_channels();
        const std::int64_t end = begin + shape.group_channels();
        double group_mean = 0.0;
        for (std::int64_t c = begin; c < end; ++c) {
            group_mean +=
                (x[c] + sum[index(c)] / pixels) / static_cast<double>(shape.group_channels());
        }
        double deviation = 0.0;
        for (std::int64_t c = begin; c < end; ++c) {
            const double channel_shift = sum[index(c)] / pixels;
            const double distance = x[c] + channel_shift - group_mean;
            deviation += square_sum[index(c)] +
                         pixels * (distance * distance - channel_shift * channel_shift);
        }
        mean[group] = static_cast<float>(group_mean);
        scale[group] =
            static_cast<float>(1.0 / std::sqrt(deviation / shape.group_size() + kEpsilon));
    }
}

void pool_window(const Shape& shape,
                 const float* x,
                 const float* slope,
                 const float* offset,
                 float* __restrict y,
                 float* __restrict chosen_x) {
    const float* x0 = x;
    const float* x1 = x + shape.window()[1];
    const float* x2 = x + shape.window()[2];
    const float* x3 = x + shape.window()[3];
    for (std::int64_t c = 0; c < shape.channels; ++c) {
        const float y0 = slope[c] * x0[c] + offset[c];
        const float y1 = slope[c] * x1[c] + offset[c];
        const float y2 = slope[c] * x2[c] + offset[c];
        const float y3 = slope[c] * x3[c] + offset[c];
        // Strictly greater: the first of equals wins, as in LibTorch.
        const float y01 = y1 > y0 ? y1 : y0;
        const float x01 = y1 > y0 ? x1[c] : x0[c];
        const float y23 = y3 > y2 ? y3 : y2;
        const float x23 = y3 > y2 ? x3[c] : x2[c];
        const float best = y23 > y01 ? y23 : y01;
        chosen_x[c] = y23 > y01 ? x23 : x01;
        y[c] = best < 0.0F ? 0.0F : best;  // keeps NaN
    }
}

/// Normalizes and pools one image; `chosen_x` receives the x that each y comes from.
void pool_image(const Shape& shape,
                const float* x,
                const float* weight,
                const float* bias,
                const float* mean,
                const float* scale,
                float* y,
                float* chosen_x) {
    Floats slope;
    Floats offset;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
        const std::int64_t group = c / shape.group_channels();
        slope.push_back(weight[c] * scale[group]);
        offset.push_back(bias[c] - mean[group] * slope.back());
    }
    shape.for_each_window([&](std::int64_t at, std::int64_t pooled) {
        pool_window(shape, x + at, slope.data(), offset.data(), y + pooled, chosen_x + pooled);
    });
}

/// One image's part of the gradients of weight and bias.  They hold all that the gradient of x
/// needs to know of the whole group.
struct ParameterGradients {
    Floats weight;
    Floats bias;
};

void add_parameter_gradients(std::int64_t channels,
                             const float* y,
                             const float* chosen_x,
                             const float* center,
                             const float* y_gradient,
                             float* __restrict weight,
                             float* __restrict bias) {
    for (std::int64_t c = 0; c < channels; ++c) {
        const float gradient = y_gradient[c];
        const float g = y[c] > 0.0F ? gradient : 0.0F;
        bias[c] += g;
        weight[c] += g * (chosen_x[c] - center[c]);
    }
}

ParameterGradients parameter_gradients(const Shape& shape,
                                       const float* y,
                                       const float* chosen_x,
                                       const float* mean,
                                       const float* scale,
                                       const float* y_gradient) {
    ParameterGradients gradients{Floats(index(shape.channels), 0.0F),
                                 Floats(index(shape.channels), 0.0F)};
    Floats center;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
        center.push_back(mean[c / shape.group_channels()]);
    }
    for (std::int64_t at = 0; at < shape.pooled_size(); at += shape.channels) {
        add_parameter_gradients(shape.channels,
                                y + at,
                                chosen_x + at,
                                center.data(),
                                y_gradient + at,
                                gradients.weight.data(),
                                gradients.bias.data());
    }
    for (std::int64_t c = 0; c < shape.channels; ++c) {
        gradients.weight[index(c)] *= scale[c / shape.group_channels()];
    }
    return gradients;
}

/// The gradient of x is slope g at the chosen pixel of a window, plus constant - push x at every
/// pixel: minus the directions that normalization removes, the group's mean and its variance.
struct InputFactors {
    Floats slope;
    Floats constant;
    Floats push;
};

InputFactors input_factors(const Shape& shape,
                           const float* weight,
                           const float* mean,
                           const float* scale,
                           const ParameterGradients& gradients) {
    InputFactors factors;
    for (std::int64_t group = 0; group < shape.groups; ++group) {
        const std::int64_t begin = group * shape.group_channels();
        const std::int64_t end = begin + shape.group_channels();
        double sum = 0.0;
        double normalized_sum = 0.0;
        for (std::int64_t c = begin; c < end; ++c) {
            sum += static_cast<double>(weight[c]) * gradients.bias[index(c)];
            normalized_sum += static_cast<double>(weight[c]) * gradients.weight[index(c)];
        }
        const double pull = scale[group] * sum / shape.group_size();
        const double push = scale[group] * scale[group] * normalized_sum / shape.group_size();
        for (std::int64_t c = begin; c < end; ++c) {
            factors.slope.push_back(weight[c] * scale[group]);
            factors.constant.push_back(static_cast<float>(push * mean[group] - pull));
            factors.push.push_back(static_cast<float>(push));
        }
    }
    return factors;
}

/// The gradient of each pooled value that is not cut off by ReLU, times slope.
void chosen_gradient(std::int64_t channels,
                     const float* slope,
                     const float* y,
                     const float* y_gradient,
                     float* __restrict g) {
    for (std::int64_t c = 0; c < channels; ++c) {
        const float passed = y[c] > 0.0F ? 1.0F : 0.0F;
        g[c] = passed * (slope[c] * y_gradient[c]);
    }
}

/// Gives one pixel its gradient, and takes g away where this pixel is the chosen one: only the
/// first of equals receives it.
void pixel_gradient(std::int64_t channels,
                    const float* constant,
                    const float* push,
                    const float* x,
                    const float* chosen_x,
                    float* __restrict g,
                    float* __restrict x_gradient) {
    for (std::int64_t c = 0; c < channels; ++c) {
        const bool is_chosen = x[c] == chosen_x[c];
        const float own = is_chosen ? g[c] : 0.0F;
        const float left = is_chosen ? 0.0F : g[c];
        x_gradient[c] = own + (constant[c] - push[c] * x[c]);
        g[c] = left;
    }
}

void input_gradient(const Shape& shape,
                    const InputFactors& factors,
                    const float* x,
                    const float* y,
                    const float* chosen_x,
                    const float* y_gradient,
                    float* x_gradient) {
    Floats g(index(shape.channels));
    shape.for_each_window([&](std::int64_t at, std::int64_t pooled) {
        chosen_gradient(
            shape.channels, factors.slope.data(), y + pooled, y_gradient + pooled, g.data());
        for (const std::int64_t pixel : shape.window()) {
            pixel_gradient(shape.channels,
                           factors.constant.data(),
                           factors.push.data(),
                           x + at + pixel,
                           chosen_x + pooled,
                           g.data(),
                           x_gradient + at + pixel);
        }
    });
}

Shape shape_of(const at::Tensor& x, std::int64_t groups) {
    return {x.size(2), x.size(3), x.size(1), groups};
}

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct NormReluPool : torch::autograd::Function<NormReluPool> {
    static Variable forward(AutogradContext* context,
                            const Variable& any_x,
                            std::int64_t groups,
                            const Variable& weight,
                            const Variable& bias) {
        const at::Tensor x = any_x.contiguous(at::MemoryFormat::ChannelsLast);
        const Shape shape = shape_of(x, groups);
        const std::int64_t batch = x.size(0);
        const at::Tensor y = at::empty({batch, shape.channels, shape.height / 2, shape.width / 2},
                                       x.options().memory_format(at::MemoryFormat::ChannelsLast));
        const at::Tensor chosen_x = at::empty_like(y);
        const at::Tensor mean = at::empty({batch, groups}, x.options());
        const at::Tensor scale = at::empty({batch, groups}, x.options());
        for (std::int64_t image = 0; image < batch; ++image) {
            const float* image_x = x.data_ptr<float>() + image * shape.size();
            float* image_mean = mean.data_ptr<float>() + image * groups;
            float* image_scale = scale.data_ptr<float>() + image * groups;
            group_moments(shape, image_x, image_mean, image_scale);
            pool_image(shape,
                       image_x,
                       weight.data_ptr<float>(),
                       bias.data_ptr<float>(),
                       image_mean,
                       image_scale,
                       y.data_ptr<float>() + image * shape.pooled_size(),
                       chosen_x.data_ptr<float>() + image * shape.pooled_size());
        }
        context->save_for_backward({x, weight, y, chosen_x, mean, scale});
        context->saved_data["groups"] = groups;
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &y = saved[2], &chosen_x = saved[3];
        const at::Tensor &mean = saved[4], &scale = saved[5];
        const std::int64_t groups = context->saved_data["groups"].toInt();
        const Shape shape = shape_of(x, groups);
        const at::Tensor y_gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        const at::Tensor x_gradient = at::empty_like(x);
        const at::Tensor weight_gradient = at::zeros_like(weight);
        const at::Tensor bias_gradient = at::zeros_like(weight);
        for (std::int64_t image = 0; image < x.size(0); ++image) {
            const std::int64_t at = image * shape.size();
            const std::int64_t pooled_at = image * shape.pooled_size();
            const float* image_y = y.data_ptr<float>() + pooled_at;
            const float* image_chosen = chosen_x.data_ptr<float>() + pooled_at;
            const float* image_mean = mean.data_ptr<float>() + image * groups;
            const float* image_scale = scale.data_ptr<float>() + image * groups;
            const float* image_gradient = y_gradient.data_ptr<float>() + pooled_at;
            const ParameterGradients parts = parameter_gradients(
                shape, image_y, image_chosen, image_mean, image_scale, image_gradient);
            input_gradient(
                shape,
                input_factors(shape, weight.data_ptr<float>(), image_mean, image_scale, parts),
                x.data_ptr<float>() + at,
                image_y,
                image_chosen,
                image_gradient,
                x_gradient.data_ptr<float>() + at);
            for (std::int64_t c = 0; c < shape.channels; ++c) {
                weight_gradient.data_ptr<float>()[c] += parts.weight[index(c)];
                bias_gradient.data_ptr<float>()[c] += parts.bias[index(c)];
            }
        }
        return {x_gradient, Variable(), weight_gradient, bias_gradient};
    }
};

}  // namespace

at::Tensor norm_relu_pool(const at::Tensor& x,
                          std::int64_t groups,
                          const at::Tensor& weight,
                          const at::Tensor& bias) {
    return NormReluPool::apply(x, groups, weight, bias);
}

}  // namespace murmur
