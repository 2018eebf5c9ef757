#include "learning/optimizer.h"
#include "tests/support/doctest.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Three trained tensors, and a frozen one between them.
const ParameterLayout kLayout{
    {"a", {4, 5}}, {"frozen", {3}, false, false}, {"b", {7}}, {"c", {2, 3, 2}}};
constexpr std::size_t kBlocks[] = {0, 2, 3};
constexpr std::size_t kOffsets[] = {0, 23, 30};
constexpr std::size_t kSizes[] = {20, 7, 12};
constexpr std::size_t kTotal = 42;
constexpr int kSteps = 50;

using Tensors = std::vector<torch::Tensor>;

Tensors start() {
    auto rng = at::make_generator<at::CPUGeneratorImpl>(11);
    Tensors tensors;
    for (const std::size_t size : kSizes) {
        tensors.push_back(1 + torch::rand({static_cast<std::int64_t>(size)}, rng));
    }
    return tensors;
}

/// Gradients of step t, whose sizes differ by orders of magnitude; the same for both sides, so that
/// rounding does not feed back through them.  The third tensor has none in each third step.
Tensors gradients_of(int step) {
    auto rng = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(100 + step));
    Tensors gradients;
    double scale = 1e-2;
    for (const std::size_t size : kSizes) {
        gradients.push_back(scale * torch::randn({static_cast<std::int64_t>(size)}, rng));
        scale *= 20;
    }
    if (step % 3 == 2) {
        gradients.back() = torch::Tensor();
    }
    return gradients;
}

/// Steps of one of ours, from values and gradients of LibTorch's tensors.
std::vector<float> ours(const TrainingOptions& options) {
    const auto optimizer = make_optimizer(options);
    auto state = optimizer->initial_state(kLayout);
    std::vector<float> x(kTotal, 7.0F);
    const Tensors first = start();
    for (std::size_t k = 0; k < first.size(); ++k) {
        std::copy_n(first[k].data_ptr<float>(), kSizes[k], x.data() + kOffsets[k]);
    }
    const std::vector<float> round_start = x;
    for (int step = 0; step < kSteps; ++step) {
        Tensors gradients = gradients_of(step);
        std::vector<TrainedTensor> tensors;
        for (std::size_t k = 0; k < gradients.size(); ++k) {
            if (gradients[k].defined()) {
                tensors.push_back({.block = kBlocks[k],
                                   .offset = kOffsets[k],
                                   .values = std::span(x).subspan(kOffsets[k], kSizes[k]),
                                   .gradient = {gradients[k].data_ptr<float>(), kSizes[k]}});
            }
        }
        optimizer->step(tensors,
                        *state,
                        {.step = static_cast<std::uint64_t>(step),
                         .lr = options.lr,
                         .round_start = round_start});
    }
    return x;
}

using Make = std::function<std::unique_ptr<torch::optim::Optimizer>(const Tensors& parameters)>;

/// The same steps of LibTorch's.
std::vector<float> theirs(const Make& make,
                          const std::function<void(const Tensors&)>& before_step = {}) {
    Tensors parameters = start();
    for (torch::Tensor& parameter : parameters) {
        parameter.set_requires_grad(true);
    }
    const auto optimizer = make(parameters);
    for (int step = 0; step < kSteps; ++step) {
        const Tensors gradients = gradients_of(step);
        for (std::size_t k = 0; k < parameters.size(); ++k) {
            parameters[k].mutable_grad() = gradients[k];
        }
        if (before_step) {
            before_step(parameters);
        }
        optimizer->step();
    }
    std::vector<float> x(kTotal, 7.0F);
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        std::copy_n(parameters[k].data_ptr<float>(), kSizes[k], x.data() + kOffsets[k]);
    }
    return x;
}

/// Returns the largest distance of two vectors' values, relative to the second's.
double distance(const std::vector<float>& x, const std::vector<float>& reference) {
    double largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double value = reference[i];
        largest = std::max(largest, std::abs(x[i] - value) / std::abs(value));
    }
    return largest;
}

template <class Optimizer, class Settings>
Make torch_optimizer(const Settings& settings) {
    return [settings](const Tensors& parameters) {
        return std::make_unique<Optimizer>(parameters, settings);
    };
}

constexpr double kRoundOff = 1e-6;

}  // namespace

TEST_CASE("adam: fifty steps are torch::optim::Adam's") {
    using torch::optim::Adam;
    using torch::optim::AdamOptions;
    const auto expect = [](const std::string& spec, double lr, const AdamOptions& settings) {
        CAPTURE(spec);
        CHECK(distance(ours({.optimizer = spec, .lr = lr}),
                       theirs(torch_optimizer<Adam>(settings))) < kRoundOff);
    };
    expect("adam", 0.002, AdamOptions(0.002));
    expect("adam:weight-decay=0.1", 0.002, AdamOptions(0.002).weight_decay(0.1));
    expect(
        "adam:beta1=0.8,beta2=0.95,eps=1e-3", 0.01, AdamOptions(0.01).betas({0.8, 0.95}).eps(1e-3));
    expect("adam:beta1=0,beta2=0", 0.002, AdamOptions(0.002).betas({0, 0}));
}

TEST_CASE("adamw: fifty steps are torch::optim::AdamW's") {
    using torch::optim::AdamW;
    using torch::optim::AdamWOptions;
    const auto expect = [](const std::string& spec, double lr, const AdamWOptions& settings) {
        CAPTURE(spec);
        CHECK(distance(ours({.optimizer = spec, .lr = lr}),
                       theirs(torch_optimizer<AdamW>(settings))) < kRoundOff);
    };
    expect("adamw", 0.002, AdamWOptions(0.002));
    expect("adamw:weight-decay=0", 0.002, AdamWOptions(0.002).weight_decay(0));
    expect("adamw:beta1=0.9,beta2=0.95,weight-decay=0.5",
           0.004,
           AdamWOptions(0.004).betas({0.9, 0.95}).weight_decay(0.5));
}

TEST_CASE("rmsprop: fifty steps are torch::optim::RMSprop's") {
    using torch::optim::RMSprop;
    using torch::optim::RMSpropOptions;
    const auto expect = [](const std::string& spec, double lr, const RMSpropOptions& settings) {
        CAPTURE(spec);
        CHECK(distance(ours({.optimizer = spec, .lr = lr}),
                       theirs(torch_optimizer<RMSprop>(settings))) < kRoundOff);
    };
    expect("rmsprop", 0.002, RMSpropOptions(0.002));
    expect("rmsprop:alpha=0.9,eps=1e-3", 0.002, RMSpropOptions(0.002).alpha(0.9).eps(1e-3));
    expect("rmsprop:weight-decay=0.1", 0.002, RMSpropOptions(0.002).weight_decay(0.1));
    expect("rmsprop:centered=true", 0.002, RMSpropOptions(0.002).centered(true));
    expect("rmsprop:momentum=0.9", 0.0005, RMSpropOptions(0.0005).momentum(0.9));
    expect("rmsprop:momentum=0.5,centered=true,weight-decay=0.1,alpha=0.95",
           0.001,
           RMSpropOptions(0.001).momentum(0.5).centered(true).weight_decay(0.1).alpha(0.95));
}

TEST_CASE("clip: fifty steps with gradients clipped are those after torch's clip_grad_norm_") {
    const auto clip = [](double max_norm) {
        return [max_norm](const Tensors& parameters) {
            torch::nn::utils::clip_grad_norm_(parameters, max_norm);
        };
    };
    // Norms are 15 or so, and 1 in each third step.
    for (const double max_norm : {0.1, 3.0, 1e4}) {
        CAPTURE(max_norm);
        using torch::optim::SGD;
        using torch::optim::SGDOptions;
        CHECK(
            distance(ours({.lr = 0.01, .clip = max_norm, .momentum = 0.9, .weight_decay = 0.1}),
                     theirs(torch_optimizer<SGD>(SGDOptions(0.01).momentum(0.9).weight_decay(0.1)),
                            clip(max_norm))) < kRoundOff);
        using torch::optim::AdamW;
        using torch::optim::AdamWOptions;
        CHECK(distance(ours({.optimizer = "adamw", .lr = 0.002, .clip = max_norm}),
                       theirs(torch_optimizer<AdamW>(AdamWOptions(0.002)), clip(max_norm))) <
              kRoundOff);
    }
    CHECK(ours({.lr = 0.01, .clip = 1e4}) == ours({.lr = 0.01}));
    CHECK(distance(ours({.lr = 0.01, .clip = 0.1}), ours({.lr = 0.01})) > 1e-2);
}

TEST_CASE("adam, adamw: decay in the gradient and beside it are not the same") {
    CHECK(ours({.optimizer = "adam:weight-decay=0", .lr = 0.01}) ==
          ours({.optimizer = "adamw:weight-decay=0", .lr = 0.01}));
    CHECK(distance(ours({.optimizer = "adam:weight-decay=0.1", .lr = 0.01}),
                   ours({.optimizer = "adamw:weight-decay=0.1", .lr = 0.01})) > 1e-3);
    // A decay of 0 is none, of an optimizer that has one by itself, too.
    CHECK(ours({.optimizer = "adamw", .lr = 0.01, .weight_decay = 0.0}) ==
          ours({.optimizer = "adamw:weight-decay=0", .lr = 0.01}));
    CHECK(ours({.optimizer = "adamw", .lr = 0.01, .weight_decay = 0.0}) !=
          ours({.optimizer = "adamw", .lr = 0.01}));
    CHECK(ours({.optimizer = "adamw", .lr = 0.01, .weight_decay = 0.2}) ==
          ours({.optimizer = "adamw:weight-decay=0.2", .lr = 0.01}));
}

}  // namespace murmur
