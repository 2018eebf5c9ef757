// The transformer against one of torch::nn's own layers, in float64.
#include "learning/cpu_learner.h"
#include "learning/models/flop_count.h"
#include "learning/models/model.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_dataset.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace murmur {
namespace {

namespace nn = torch::nn;

/// A text of pseudorandom characters, some 12 different ones.
DatasetPair random_text(std::int64_t context) {
    const test::TemporaryFolder folder;
    std::string text;
    std::uint32_t state = 7;
    for (int i = 0; i < 300; ++i) {
        state = 1664525 * state + 1013904223;
        text += static_cast<char>('a' + (state >> 20) % 12);
    }
    return load_dataset(
        "tokens:" + folder.write("text", text) + ",context=" + std::to_string(context), 1);
}

/// A block of torch::nn's modules: attention is nn::MultiheadAttention, whose one matrix holds
/// queries, keys and values as ours does.
struct OracleBlockImpl : nn::Module {
    OracleBlockImpl(std::int64_t width, std::int64_t heads) {
        ln_1 = register_module("ln_1", nn::LayerNorm(nn::LayerNormOptions({width})));
        attention = register_module("attn", nn::MultiheadAttention(width, heads));
        ln_2 = register_module("ln_2", nn::LayerNorm(nn::LayerNormOptions({width})));
        hidden = register_module("c_fc", nn::Linear(width, 4 * width));
        out = register_module("c_proj", nn::Linear(4 * width, width));
    }
    /// @param x  [steps, batch, width]
    torch::Tensor forward(const torch::Tensor& x) {
        const torch::Tensor mask =
            torch::full(
                {x.size(0), x.size(0)}, -std::numeric_limits<double>::infinity(), x.options())
                .triu(1);
        const torch::Tensor normed = ln_1(x);
        const torch::Tensor mixed =
            std::get<0>(attention->forward(normed, normed, normed, {}, true, mask));
        const torch::Tensor y = x + mixed;
        return y + out(torch::gelu(hidden(ln_2(y))));
    }
    nn::LayerNorm ln_1{nullptr}, ln_2{nullptr};
    nn::MultiheadAttention attention{nullptr};
    nn::Linear hidden{nullptr}, out{nullptr};
};
TORCH_MODULE(OracleBlock);

struct OracleImpl : nn::Module {
    OracleImpl(std::int64_t vocabulary,
               std::int64_t context,
               std::int64_t layers,
               std::int64_t heads,
               std::int64_t width) {
        tokens = register_module("wte", nn::Embedding(vocabulary, width));
        positions = register_module("wpe", nn::Embedding(context, width));
        for (std::int64_t layer = 0; layer < layers; ++layer) {
            blocks.push_back(
                register_module("h" + std::to_string(layer), OracleBlock(width, heads)));
        }
        norm = register_module("ln_f", nn::LayerNorm(nn::LayerNormOptions({width})));
    }
    torch::Tensor forward(const torch::Tensor& x) {
        torch::Tensor h =
            (tokens(x) + positions(torch::arange(x.size(1), torch::kLong))).transpose(0, 1);
        for (OracleBlock& block : blocks) {
            h = block(h);
        }
        return torch::matmul(norm(h), tokens->weight.t()).transpose(0, 1);
    }
    nn::Embedding tokens{nullptr}, positions{nullptr};
    std::vector<OracleBlock> blocks;
    nn::LayerNorm norm{nullptr};
};
TORCH_MODULE(Oracle);

/// Returns the tensors in the order in which they were registered, parents before children.
void collect(const nn::Module& module, std::vector<torch::Tensor>& tensors) {
    for (const torch::Tensor& tensor : module.parameters(false)) {
        tensors.push_back(tensor);
    }
    for (const auto& child : module.children()) {
        collect(*child, tensors);
    }
}

Batch whole(const Dataset& data) {
    const std::vector<std::int64_t> all = test::first_samples(data.size());
    return data.batch(all);
}

// Expectation: after a step of SGD from the same parameters, each of them is where the module takes
// it in float64, but for float32's rounding; the loss of a test as well.
TEST_CASE("gpt: forward pass and gradient are those of torch::nn's layers in float64") {
    constexpr double kLr = 2;
    const DatasetPair pair = random_text(9);
    const DatasetPair data{pair.train, pair.train};
    CpuLearner learner("gpt:layers=2,heads=3,width=24,context=11",
                       data,
                       {.batch_size = 0, .local_steps = 1, .lr = kLr});
    // Larger than at the start, so that attention is not nearly uniform.
    auto start = std::make_shared<ParameterVector>(learner.num_parameters());
    std::ranges::transform(learner.initial_parameters(3)->values(),
                           start->values().begin(),
                           [](float value) { return std::abs(value) < 0.5F ? 12 * value : value; });

    Oracle oracle(data.train->num_classes(), 11, 2, 3, 24);
    oracle->to(torch::kDouble);
    std::vector<torch::Tensor> tensors;
    collect(*oracle, tensors);
    {
        const torch::NoGradGuard no_grad;
        std::span<const float> rest = start->values();
        for (torch::Tensor& tensor : tensors) {
            const auto part = rest.first(static_cast<std::size_t>(tensor.numel()));
            tensor.copy_(
                torch::tensor(std::vector<float>(part.begin(), part.end())).view_as(tensor));
            rest = rest.subspan(part.size());
        }
        REQUIRE(rest.empty());
    }
    const Batch batch = whole(*data.train);
    const torch::Tensor loss = nn::functional::cross_entropy(
        oracle(batch.inputs).reshape({-1, data.train->num_classes()}), batch.targets.flatten());
    loss.backward();

    CHECK(learner.evaluate(*start, 0).loss == doctest::Approx(loss.item<double>()).epsilon(2e-6));
    CHECK(learner.evaluate(*start, 0).accuracy ==
          doctest::Approx(std::exp(loss.item<double>())).epsilon(1e-5));
    const std::vector<std::int64_t> all = test::first_samples(data.train->size());
    TrainingState state;
    const TrainingResult result = learner.train(*start, all, state, {});
    CHECK(result.mean_loss == doctest::Approx(loss.item<double>()).epsilon(2e-6));
    double error = 0;
    double length = 0;
    std::size_t at = 0;
    for (const torch::Tensor& tensor : tensors) {
        const torch::Tensor step = -kLr * tensor.grad().flatten();
        for (std::int64_t i = 0; i < step.numel(); ++i, ++at) {
            const double exact = step[i].item<double>();
            const double taken = static_cast<double>(result.parameters->values()[at]) -
                                 static_cast<double>(start->values()[at]);
            error += (taken - exact) * (taken - exact);
            length += exact * exact;
        }
    }
    CHECK(std::sqrt(length) > 0.1);
    CHECK(std::sqrt(error / length) < 2e-5);
}

// Expectation: a position's logits do not change with what comes behind it.
TEST_CASE("gpt: no position sees those behind it") {
    const DatasetPair data = random_text(8);
    const auto model = make_model("gpt:layers=1,heads=2,width=8", *data.train);
    const Parameters start = draw_parameters(*model, 1);
    std::vector<at::Tensor> tensors;
    float* values = const_cast<float*>(start->values().data());
    for (const ParameterTensor& tensor : model->parameter_tensors()) {
        tensors.push_back(at::from_blob(values, tensor.shape, at::kFloat));
        values += tensor.size();
    }
    at::Tensor inputs = whole(*data.train).inputs.narrow(0, 0, 1).clone();
    const at::Tensor before = model->forward(tensors, inputs, {});
    inputs[0][5] = (inputs[0][5].item<std::int64_t>() + 1) % data.train->num_classes();
    const at::Tensor after = model->forward(tensors, inputs, {});
    CHECK(at::equal(before.narrow(1, 0, 5), after.narrow(1, 0, 5)));
    CHECK_FALSE(at::equal(before.narrow(1, 5, 1), after.narrow(1, 5, 1)));
}

// Expectation: nanoGPT's small model of characters (6 layers, 6 heads, width 384, context 256, 65
// characters) has V C + T C + L (12 C^2 + 13 C) + 2 C parameters.  Operations are those that
// LibTorch records of a forward pass.
TEST_CASE("gpt: parameters, their names and start, and the operations of a window") {
    const DatasetPair data = random_text(16);
    const std::int64_t tokens = data.train->num_classes();
    const auto model = make_model("gpt:layers=6,heads=6,width=384,context=256", *data.train);
    CHECK(model->num_parameters() ==
          tokens * 384 + 256 * 384 + 6 * (12 * 384 * 384 + 13 * 384) + 2 * 384);
    const ParameterLayout layout = model->layout();
    CHECK(layout.size() == 2 + 6 * 12 + 2);
    CHECK(layout[0].name == "wte.weight");
    CHECK(layout[1].name == "wpe.weight");
    CHECK(layout[4].name == "h.0.attn.c_attn.weight");
    CHECK(layout[4].shape == std::vector<std::int64_t>{3 * 384, 384});
    CHECK(layout[73].name == "h.5.mlp.c_proj.bias");
    CHECK(layout.back().name == "ln_f.bias");

    const Parameters start = draw_parameters(*model, 1);
    std::size_t offset = 0;
    for (const ParameterBlock& block : layout) {
        const auto values = start->values().subspan(offset, block.size());
        offset += block.size();
        double squares = 0;
        for (const float value : values) {
            squares += static_cast<double>(value) * value;
        }
        const double deviation = std::sqrt(squares / static_cast<double>(values.size()));
        CAPTURE(block.name);
        const bool is_norm = block.name.find("ln_") != std::string::npos;
        const double expected = block.name.ends_with(".bias")           ? 0
                                : is_norm                               ? 1
                                : block.name.ends_with("c_proj.weight") ? 0.02 / std::sqrt(12.0)
                                                                        : 0.02;
        CHECK(deviation == doctest::Approx(expected).epsilon(0.03));
    }

    const auto small = make_model("gpt:layers=2,heads=2,width=32", *data.train);
    std::vector<at::Tensor> tensors;
    for (const ParameterTensor& tensor : small->parameter_tensors()) {
        tensors.push_back(at::zeros(tensor.shape));
    }
    const at::Tensor inputs = whole(*data.train).inputs.narrow(0, 0, 3);
    CHECK(count_flops([&] { (void)small->forward(tensors, inputs, {}); }) ==
          3 * small->forward_flops());
    CHECK(small->activation_values() > 0);
}

TEST_CASE("gpt: dropout draws from the node's stream alone, and tests drop nothing") {
    const DatasetPair data = random_text(8);
    const TrainingOptions options{.batch_size = 4, .local_steps = 2, .lr = 0.5};
    CpuLearner plain("gpt:layers=1,heads=2,width=16", data, options);
    CpuLearner dropping("gpt:layers=1,heads=2,width=16,dropout=0.3", data, options);
    const Parameters start = plain.initial_parameters(1);
    const std::vector<std::int64_t> all = test::first_samples(data.train->size());
    const auto trained = [&](CpuLearner& learner, std::uint32_t node) {
        TrainingState state;
        const auto result = learner.train(*start, all, state, {.seed = 5, .node = node});
        return std::vector<float>(result.parameters->values().begin(),
                                  result.parameters->values().end());
    };
    CHECK(trained(dropping, 1) == trained(dropping, 1));
    CHECK(trained(dropping, 1) != trained(plain, 1));
    CHECK(trained(plain, 1) != trained(plain, 2));  // another order
    CHECK(plain.evaluate(*start, 0).loss == dropping.evaluate(*start, 0).loss);
}

// Expectation: a text in which each character follows from the one before is learnt.
TEST_CASE("gpt: learns what follows what") {
    const test::TemporaryFolder folder;
    std::string text;
    for (int i = 0; i < 800; ++i) {
        text += static_cast<char>('a' + i * i % 16);
    }
    const DatasetPair data = load_dataset("tokens:" + folder.write("text", text) + ",context=8", 1);
    CpuLearner learner("gpt:layers=2,heads=2,width=16",
                       data,
                       {.batch_size = 8, .local_steps = 150, .optimizer = "adamw", .lr = 0.01});
    const std::vector<std::int64_t> all = test::first_samples(data.train->size());
    TrainingState state;
    const Parameters start = learner.initial_parameters(1);
    const double tokens = static_cast<double>(data.train->num_classes());
    CHECK(learner.evaluate(*start, 0).accuracy == doctest::Approx(tokens).epsilon(0.1));
    CHECK(learner.evaluate(*learner.train(*start, all, state, {}).parameters, 0).accuracy < 1.3);
}

TEST_CASE("gpt: data and sizes that do not fit are refused in one line") {
    const DatasetPair data = random_text(8);
    const auto refused = [&](const std::string& spec, const std::string& message) {
        CHECK_THROWS_WITH_AS(static_cast<void>(make_model(spec, *data.train)),
                             doctest::Contains(message.c_str()),
                             std::invalid_argument);
    };
    refused("gpt:heads=3", "model gpt: width is not divisible by heads, got 128 and 3");
    refused("gpt:context=7", "model gpt: context is shorter than the samples, got 7, allowed 8");
    refused("gpt:layers=0", "layers");
    refused("stacked-lstm", "needs data for classification, got data for next-token prediction");
    refused("mlp:8", "needs numbers as inputs");
    const DatasetPair images = load_dataset("synthetic:train=20,test=10", 1);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(make_model("gpt", *images.train)),
        "model gpt: needs data for next-token prediction, got data for classification",
        std::invalid_argument);
}

}  // namespace
}  // namespace murmur
