#include "learning/kernels/norm_relu_pool.h"

#include "tests/support/doctest.h"

#include <torch/torch.h>

#include <vector>

namespace murmur {
namespace {

struct Outcome {
    at::Tensor y;
    at::Tensor x_gradient;
    at::Tensor weight_gradient;
    at::Tensor bias_gradient;
};

/// Runs an operator forward and, weighted with fixed numbers, backward.
template <class Operator>
Outcome run(const Operator& op,
            const at::Tensor& x,
            const at::Tensor& weight,
            const at::Tensor& bias) {
    std::vector<at::Tensor> leaves;
    for (const at::Tensor& tensor : {x, weight, bias}) {
        leaves.push_back(tensor.detach().clone().requires_grad_(true));
    }
    const at::Tensor y = op(leaves[0], leaves[1], leaves[2]);
    // The same float32 numbers whatever the type of x.
    const at::Tensor factors =
        torch::arange(y.numel(), at::kFloat).mul(0.7).sin().reshape(y.sizes()).to(x.scalar_type());
    const auto gradients = torch::autograd::grad({(y * factors).sum()}, leaves);
    return {y.detach(), gradients[0], gradients[1], gradients[2]};
}

/// LibTorch's three operators, in double: the truth.
Outcome reference(std::int64_t groups,
                  const at::Tensor& x,
                  const at::Tensor& weight,
                  const at::Tensor& bias) {
    const auto op = [&](const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
        return at::max_pool2d(at::relu(at::group_norm(x, groups, weight, bias)), 2);
    };
    return run(op, x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
}

Outcome ours(std::int64_t groups,
             const at::Tensor& x,
             const at::Tensor& weight,
             const at::Tensor& bias) {
    const auto op = [&](const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
        return norm_relu_pool(x, groups, weight, bias);
    };
    return run(op, x, weight, bias);
}

void check_close(const at::Tensor& actual, const at::Tensor& expected) {
    CHECK(actual.sizes() == expected.sizes());
    const double scale = expected.abs().max().item<double>() + 1e-30;
    CHECK((actual.to(at::kDouble) - expected).abs().max().item<double>() / scale < 1e-5);
}

void check_agreement(std::int64_t groups, const at::Tensor& x) {
    const std::int64_t channels = x.size(1);
    // Factors of both signs: the largest x need not be the largest y.
    const at::Tensor weight = torch::linspace(-1.0, 1.5, channels);
    const at::Tensor bias = torch::linspace(0.5, -0.5, channels);
    const Outcome expected = reference(groups, x, weight, bias);
    const Outcome actual = ours(groups, x, weight, bias);
    check_close(actual.y, expected.y);
    check_close(actual.x_gradient, expected.x_gradient);
    check_close(actual.weight_gradient, expected.weight_gradient);
    check_close(actual.bias_gradient, expected.bias_gradient);
}

at::Tensor wave(at::IntArrayRef shape) {
    const std::int64_t count = c10::multiply_integers(shape);
    return torch::arange(count, at::kFloat).mul(12.9898).sin().mul(2.0).reshape(shape);
}

TEST_CASE("norm_relu_pool: agrees with LibTorch's operators, forward and backward") {
    check_agreement(2, wave({3, 32, 8, 8}));
    check_agreement(2, wave({1, 4, 2, 2}));
    check_agreement(3, wave({2, 6, 4, 10}));
    check_agreement(1, wave({2, 5, 6, 4}));
}

TEST_CASE("norm_relu_pool: memory format makes no difference") {
    const at::Tensor x = wave({2, 8, 4, 4});
    const at::Tensor one = at::ones({8});
    const at::Tensor last = x.contiguous(at::MemoryFormat::ChannelsLast);
    CHECK(norm_relu_pool(x, 2, one, one).equal(norm_relu_pool(last, 2, one, one)));
}

TEST_CASE("norm_relu_pool: a large mean does not swallow the variance") {
    // x around 100 with deviation 1: plain sums of squares in float32 would lose 4 digits.
    const at::Tensor x = wave({2, 4, 8, 8}) + 100.0;
    const at::Tensor one = at::ones({4});
    const Outcome expected = reference(2, x, one, one);
    const Outcome actual = ours(2, x, one, one);
    CHECK((actual.y - expected.y).abs().max().item<double>() < 1e-4);
}

// Expectation: the gradient of equal values goes to the first pixel of a window, as in LibTorch;
// constant images normalize to zero, so y is the bias.
TEST_CASE("norm_relu_pool: among equal values the first receives the gradient") {
    const at::Tensor x = at::round(wave({2, 4, 8, 8}));
    check_agreement(2, x);
    const at::Tensor half = at::full({4}, 0.5);
    CHECK(norm_relu_pool(at::ones({1, 4, 4, 4}), 2, half, half).equal(at::full({1, 4, 2, 2}, 0.5)));
}

TEST_CASE("norm_relu_pool: a NaN makes its group NaN and no other") {
    at::Tensor x = wave({2, 4, 4, 4});
    x[0][1][2][3] = NAN;
    const at::Tensor one = at::ones({4});
    const at::Tensor is_nan = norm_relu_pool(x, 2, one, one).isnan();
    CHECK(is_nan[0].slice(0, 0, 2).all().item<bool>());
    CHECK_FALSE(is_nan[0].slice(0, 2, 4).any().item<bool>());
    CHECK_FALSE(is_nan[1].any().item<bool>());
}

}  // namespace
}  // namespace murmur
