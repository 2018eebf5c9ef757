// The models against torch::nn modules that are built from their published descriptions.
#include "learning/cpu_learner.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace murmur {
namespace {

namespace nn = torch::nn;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t pad) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).padding(pad));
}

nn::Conv2d strided(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    return nn::Conv2d(
        nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

nn::Sequential cifar_cnn() {
    return nn::Sequential(convolution(3, 6, 5, 0),
                          nn::ReLU(),
                          nn::MaxPool2d(2),
                          convolution(6, 16, 5, 0),
                          nn::ReLU(),
                          nn::MaxPool2d(2),
                          nn::Flatten(),
                          nn::Linear(400, 120),
                          nn::ReLU(),
                          nn::Linear(120, 84),
                          nn::ReLU(),
                          nn::Linear(84, 10));
}

nn::Sequential femnist_cnn() {
    return nn::Sequential(convolution(1, 32, 5, 2),
                          nn::ReLU(),
                          nn::MaxPool2d(2),
                          convolution(32, 64, 5, 2),
                          nn::ReLU(),
                          nn::MaxPool2d(2),
                          nn::Flatten(),
                          nn::Linear(3136, 512),
                          nn::ReLU(),
                          nn::Linear(512, 62));
}

nn::Sequential celeba_cnn() {
    nn::Sequential net;
    for (const std::int64_t in : {3, 32, 32, 32}) {
        net->push_back(convolution(in, 32, 3, 1));
        net->push_back(nn::MaxPool2d(2));
        net->push_back(nn::ReLU());
    }
    net->push_back(nn::Flatten());
    net->push_back(nn::Linear(800, 2));
    return net;
}

struct BlockImpl : nn::Module {
    BlockImpl(std::int64_t in, std::int64_t out, std::int64_t stride) {
        conv1 = register_module("conv1", strided(in, out, 3, stride));
        bn1 = register_module("bn1", nn::BatchNorm2d(out));
        conv2 = register_module("conv2", strided(out, out, 3, 1));
        bn2 = register_module("bn2", nn::BatchNorm2d(out));
        if (stride != 1 || in != out) {
            shortcut->push_back(strided(in, out, 1, stride));
            shortcut->push_back(nn::BatchNorm2d(out));
        }
        register_module("shortcut", shortcut);
    }
    torch::Tensor forward(torch::Tensor x) {
        const torch::Tensor y = bn2(conv2(torch::relu(bn1(conv1(x)))));
        return torch::relu(y + (shortcut->is_empty() ? x : shortcut->forward(x)));
    }
    nn::Conv2d conv1{nullptr}, conv2{nullptr};
    nn::BatchNorm2d bn1{nullptr}, bn2{nullptr};
    nn::Sequential shortcut;
};
TORCH_MODULE(Block);

nn::Sequential resnet_8() {
    return nn::Sequential(strided(3, 128, 3, 1),
                          nn::BatchNorm2d(128),
                          nn::ReLU(),
                          Block(128, 128, 1),
                          Block(128, 256, 2),
                          Block(256, 512, 2),
                          nn::AvgPool2d(4),
                          nn::Flatten(),
                          nn::Linear(2048, 10));
}

nn::Sequential resnet_18() {
    nn::Sequential net(strided(1, 32, 7, 2),
                       nn::BatchNorm2d(32),
                       nn::ReLU(),
                       nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(2).padding(1)));
    std::int64_t in = 32;
    for (const std::int64_t out : {32, 64, 128, 256}) {
        net->push_back(Block(in, out, out == 32 ? 1 : 2));
        net->push_back(Block(out, out, 1));
        in = out;
    }
    net->push_back(nn::AdaptiveAvgPool2d(1));
    net->push_back(nn::Flatten());
    net->push_back(nn::Linear(256, 62));
    return net;
}

struct LstmImpl : nn::Module {
    LstmImpl(std::int64_t embedding, bool takes_all) : takes_all(takes_all) {
        lstm = register_module(
            "lstm", nn::LSTM(nn::LSTMOptions(embedding, 256).num_layers(2).batch_first(true)));
    }
    torch::Tensor forward(torch::Tensor x) {
        const auto [outputs, states] = lstm->forward(x);
        return takes_all ? torch::relu(outputs.reshape({x.size(0), -1})) : std::get<0>(states)[1];
    }
    bool takes_all;
    nn::LSTM lstm{nullptr};
};
TORCH_MODULE(Lstm);

nn::Sequential stacked_lstm() {
    return nn::Sequential(nn::Embedding(92, 8), Lstm(8, true), nn::Linear(80 * 256, 92));
}

nn::Sequential reddit_rnn(std::int64_t words) {
    return nn::Sequential(nn::Embedding(nn::EmbeddingOptions(words, 200).padding_idx(0)),
                          Lstm(200, false),
                          nn::Linear(256, 128),
                          nn::ReLU(),
                          nn::Linear(128, words));
}

struct FactorsImpl : nn::Module {
    FactorsImpl(std::int64_t users, std::int64_t items) {
        user = register_module("user", nn::Embedding(users, 20));
        item = register_module("item", nn::Embedding(items, 20));
    }
    torch::Tensor forward(torch::Tensor x) {
        const auto columns = x.unbind(1);
        return torch::bmm(user(columns[0]).unsqueeze(1), item(columns[1]).unsqueeze(2)).squeeze(2);
    }
    nn::Embedding user{nullptr}, item{nullptr};
};
TORCH_MODULE(Factors);

/// Floating tensors in the order of Python's state_dict: parameters, buffers, children.
void collect(const nn::Module& module, std::vector<torch::Tensor>& tensors) {
    for (const auto& tensor : module.parameters(false)) {
        tensors.push_back(tensor);
    }
    for (const auto& tensor : module.buffers(false)) {
        if (tensor.dim() > 0) {  // all but the counts of batches
            tensors.push_back(tensor);
        }
    }
    for (const auto& child : module.children()) {
        collect(*child, tensors);
    }
}

torch::Tensor flat_state(const nn::Sequential& net) {
    std::vector<torch::Tensor> tensors;
    collect(*net, tensors);
    for (torch::Tensor& tensor : tensors) {
        tensor = tensor.detach().reshape(-1).to(torch::kDouble);
    }
    return torch::cat(tensors);
}

void load(const nn::Sequential& net, std::span<const float> values) {
    std::vector<torch::Tensor> tensors;
    collect(*net, tensors);
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& tensor : tensors) {
        const auto part = values.first(static_cast<std::size_t>(tensor.numel()));
        tensor.copy_(torch::tensor(std::vector<float>(part.begin(), part.end())).view_as(tensor));
        values = values.subspan(part.size());
    }
    REQUIRE(values.empty());
}

torch::Tensor loss_of(const torch::Tensor& outputs, const Batch& batch) {
    return batch.targets.scalar_type() == torch::kLong
               ? nn::functional::cross_entropy(outputs, batch.targets)
               : (outputs.squeeze(1) - batch.targets).square().mean() / 2;
}

torch::Tensor to_tensor(const Parameters& parameters) {
    const std::vector<double> values(parameters->values().begin(), parameters->values().end());
    return torch::tensor(values, torch::kDouble);
}

constexpr double kLr = 8;  // so long that the rounding of parameters does not hide gradients

Batch whole_batch(const Dataset& data, torch::Dtype type) {
    const std::vector<std::int64_t> all = test::first_samples(data.size());
    Batch batch = data.batch(all);
    if (batch.inputs.is_floating_point()) {
        batch.inputs = batch.inputs.to(type);
    }
    return batch;
}

/// One step of the plain module on all samples.
struct PlainStep {
    double loss;
    torch::Tensor end;
};

PlainStep plain_step(nn::Sequential net,
                     const Parameters& start,
                     const Dataset& data,
                     torch::Dtype type) {
    net->to(type);
    load(net, start->values());
    const Batch batch = whole_batch(data, type);
    torch::optim::SGD sgd(net->parameters(), torch::optim::SGDOptions(kLr));
    sgd.zero_grad();
    const torch::Tensor loss = loss_of(net->forward(batch.inputs), batch);
    loss.backward();
    sgd.step();
    return {loss.item<double>(), flat_state(net)};
}

/// Takes one step by `Learner`, and by the plain module in float32 and in float64; the learner must
/// be as near to the exact step as LibTorch is, and test alike.
void check_step(const std::string& model, nn::Sequential net, const DatasetPair& data) {
    CAPTURE(model);
    CpuLearner learner(model, data, {.batch_size = 0, .local_steps = 1, .lr = kLr});
    const std::vector<std::int64_t> all = test::first_samples(data.train->size());
    const Parameters start = learner.initial_parameters(7);
    TrainingState state;
    const TrainingResult result = learner.train(*start, all, state, {.seed = 0});

    const PlainStep rounded = plain_step(net, start, *data.train, torch::kFloat);
    const PlainStep exact = plain_step(net, start, *data.train, torch::kDouble);
    const double length = (exact.end - to_tensor(start)).norm().item<double>();
    const double error = (to_tensor(result.parameters) - exact.end).norm().item<double>();
    const double rounding = (rounded.end - exact.end).norm().item<double>();
    CHECK(result.mean_loss == doctest::Approx(exact.loss).epsilon(1e-5));
    CHECK(length > 0);
    CHECK(rounding < 1e-2 * length);
    CHECK(error < 3 * rounding + 1e-6 * length);

    load(net, start->values());
    net->eval();
    const Batch batch = whole_batch(*data.train, torch::kDouble);
    const double tested = loss_of(net->forward(batch.inputs), batch).item<double>();
    CHECK(learner.evaluate(*start, 0).loss == doctest::Approx(tested).epsilon(1e-5));
}

// Expectation: rounding of float32 alone, some 1e-6 of a step.  Where two values of a pooling
// window, or a value and ReLU's zero, are equal within it, a gradient may go to either, in LibTorch
// as well; a few such places cost up to 2e-3.
TEST_CASE("models train and test as the published modules do") {
    const DatasetPair cifar = test::random_classification(4, {3, 32, 32}, 10, 5);
    const DatasetPair femnist = test::random_classification(4, {1, 28, 28}, 62, 6);
    check_step("cifar-cnn", cifar_cnn(), cifar);
    check_step("femnist-cnn", femnist_cnn(), femnist);
    check_step("celeba-cnn", celeba_cnn(), test::random_classification(3, {3, 84, 84}, 2, 7));
    check_step("resnet-8", resnet_8(), cifar);
    // With 4 samples to normalize over, one such place cost up to 3e-2 of a step of LibTorch's own.
    check_step("resnet-18", resnet_18(), test::random_classification(16, {1, 28, 28}, 62, 6));
    check_step("stacked-lstm", stacked_lstm(), test::random_sequences(4, 80, 92, 8));
    check_step("reddit-rnn", reddit_rnn(50), test::random_sequences(4, 10, 50, 9));
    check_step(
        "matrix-factorization", nn::Sequential(Factors(7, 9)), test::random_ratings(20, 7, 9, 10));
}

}  // namespace
}  // namespace murmur
