#include "tests/support/plain_training.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace murmur::test {
namespace {

namespace nn = torch::nn;

nn::Sequential make_softmax(const Dataset& data) {
    const std::int64_t features = c10::multiply_integers(data.sample_shape());
    return nn::Sequential(nn::Flatten(), nn::Linear(features, data.num_classes()));
}

nn::Sequential make_mlp_128_64(const Dataset& data) {
    const std::int64_t features = c10::multiply_integers(data.sample_shape());
    return nn::Sequential(nn::Flatten(),
                          nn::Linear(features, 128),
                          nn::ReLU(),
                          nn::Linear(128, 64),
                          nn::ReLU(),
                          nn::Linear(64, data.num_classes()));
}

nn::Sequential make_gn_lenet(const Dataset& data) {
    const std::vector<std::int64_t> shape = data.sample_shape();
    nn::Sequential net;
    std::int64_t in = shape[0];
    for (const std::int64_t out : {32, 32, 64}) {
        net->push_back(nn::Conv2d(nn::Conv2dOptions(in, out, 5).padding(2)));
        net->push_back(nn::GroupNorm(2, out));
        net->push_back(nn::ReLU());
        net->push_back(nn::MaxPool2d(2));
        in = out;
    }
    net->push_back(nn::Flatten());
    net->push_back(nn::Linear(in * (shape[1] / 8) * (shape[2] / 8), data.num_classes()));
    return net;
}

nn::Sequential make_module(std::string_view spec, const Dataset& data) {
    if (spec == "softmax") {
        return make_softmax(data);
    }
    if (spec == "mlp:128-64") {
        return make_mlp_128_64(data);
    }
    if (spec == "gn-lenet") {
        return make_gn_lenet(data);
    }
    throw std::invalid_argument("PlainTraining: unknown model");
}

void load(nn::Sequential& net, std::span<const float> start) {
    const torch::NoGradGuard no_grad;
    std::size_t offset = 0;
    for (torch::Tensor& parameter : net->parameters()) {
        std::copy_n(start.begin() + static_cast<std::ptrdiff_t>(offset),
                    parameter.numel(),
                    parameter.data_ptr<float>());
        offset += static_cast<std::size_t>(parameter.numel());
    }
    if (offset != start.size()) {
        throw std::invalid_argument("PlainTraining: the start has another number of parameters");
    }
}

}  // namespace

struct PlainTraining::Impl {
    nn::Sequential net;
    torch::optim::SGD optimizer;
    at::ScalarType type;
};

PlainTraining::PlainTraining(std::string_view model_spec,
                             const Dataset& data,
                             const TrainingOptions& options,
                             std::span<const float> start,
                             at::ScalarType type) {
    nn::Sequential net = make_module(model_spec, data);
    load(net, start);
    net->to(type);
    torch::optim::SGD optimizer(net->parameters(),
                                torch::optim::SGDOptions(options.lr)
                                    .momentum(options.momentum)
                                    .weight_decay(options.weight_decay.value_or(0))
                                    .nesterov(options.nesterov));
    impl_ = std::make_unique<Impl>(Impl{std::move(net), std::move(optimizer), type});
}

PlainTraining::~PlainTraining() = default;

double PlainTraining::step(const Batch& batch) {
    impl_->optimizer.zero_grad();
    const torch::Tensor loss = nn::functional::cross_entropy(
        impl_->net->forward(batch.inputs.to(impl_->type)), batch.targets);
    loss.backward();
    impl_->optimizer.step();
    return loss.item<double>();
}

std::vector<double> PlainTraining::parameters() const {
    std::vector<double> flat;
    for (const torch::Tensor& parameter : impl_->net->parameters()) {
        const torch::Tensor values = parameter.detach().to(at::kDouble);
        flat.insert(
            flat.end(), values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
    }
    return flat;
}

double PlainTraining::least_pooling_margin(const Batch& batch) const {
    const torch::NoGradGuard no_grad;
    double least = std::numeric_limits<double>::infinity();
    torch::Tensor x = batch.inputs.to(impl_->type);
    for (nn::AnyModule& module : *impl_->net) {
        if (module.ptr()->as<nn::ReLU>() != nullptr) {
            const torch::Tensor windows = x.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4);
            const torch::Tensor zero = at::zeros_like(windows.narrow(4, 0, 1));
            const torch::Tensor largest = std::get<0>(at::cat({windows, zero}, 4).topk(2, 4));
            const torch::Tensor margin = largest.select(4, 0) - largest.select(4, 1);
            least = std::min(least, margin.min().item<double>());
        }
        x = module.forward(x);
    }
    return least;
}

}  // namespace murmur::test
