#include "learning/kernels/dropout.h"
#include "learning/models/model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>

namespace murmur {
namespace {

/// What a transformer is made of.
struct GptForm {
    std::int64_t vocabulary;
    std::int64_t context;  ///< positions that have an embedding
    std::int64_t steps;    ///< positions that samples have
    std::int64_t layers;
    std::int64_t heads;
    std::int64_t width;
    double dropout;
};

constexpr double kNormEpsilon = 1e-5;

/// The tensors of one block, in their order.
enum BlockTensor : std::size_t {
    kNorm1Weight,
    kNorm1Bias,
    kAttentionWeight,
    kAttentionBias,
    kAttentionOutWeight,
    kAttentionOutBias,
    kNorm2Weight,
    kNorm2Bias,
    kHiddenWeight,
    kHiddenBias,
    kHiddenOutWeight,
    kHiddenOutBias,
    kBlockTensors
};

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    return at::layer_norm(x, {x.size(-1)}, weight, bias, kNormEpsilon);
}

/// The decoder-only transformer of GPT-2 [Radford et al., 2019, Language models are unsupervised
/// multitask learners]: token and learned position embeddings, pre-norm blocks of causal
/// self-attention and a layer of 4 x width with GELU (the exact one, by the error function), a last
/// norm, and logits by the token embedding itself.
///
/// Tensors lie as in nanoGPT's `state_dict()`, weights of linear layers [out, in].  They start as
/// GPT-2's: weights and both embeddings N(0, 0.02), those of layers that end in the residual stream
/// N(0, 0.02 / sqrt(2 layers)), biases 0, norms 1 and 0.
class GptModel final : public Model {
  public:
    explicit GptModel(const GptForm& form) : form_(form), mask_(causal_mask(form.steps)) {
        constexpr double kDeviation = 0.02;
        const std::int64_t width = form.width;
        const double residual = kDeviation / std::sqrt(2.0 * static_cast<double>(form.layers));
        add_normal("wte.weight", {form.vocabulary, width}, kDeviation);
        add_normal("wpe.weight", {form.context, width}, kDeviation);
        for (std::int64_t layer = 0; layer < form.layers; ++layer) {
            const std::string block = fmt::format("h.{}.", layer);
            add_norm(block + "ln_1");
            add_layer(block + "attn.c_attn", width, 3 * width, kDeviation);
            add_layer(block + "attn.c_proj", width, width, residual);
            add_norm(block + "ln_2");
            add_layer(block + "mlp.c_fc", width, 4 * width, kDeviation);
            add_layer(block + "mlp.c_proj", 4 * width, width, residual);
        }
        add_norm("ln_f");
        count_work();
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext& context) const override {
        const std::int64_t samples = inputs.size(0);
        const at::Tensor positions = parameters[1].narrow(0, 0, form_.steps);
        at::Tensor x =
            dropout(at::embedding(parameters[0], inputs) + positions, form_.dropout, context);
        x = x.view({samples * form_.steps, form_.width});
        for (std::int64_t layer = 0; layer < form_.layers; ++layer) {
            const auto block = parameters.subspan(
                2 + static_cast<std::size_t>(layer) * kBlockTensors, kBlockTensors);
            x = x +
                attention(
                    layer_norm(x, block[kNorm1Weight], block[kNorm1Bias]), block, samples, context);
            x = x + hidden(layer_norm(x, block[kNorm2Weight], block[kNorm2Bias]), block, context);
        }
        x = layer_norm(x, *(parameters.end() - 2), *(parameters.end() - 1));
        return at::linear(x, parameters[0]).view({samples, form_.steps, form_.vocabulary});
    }

  private:
    /// Zero where a position may look, minus infinity behind it: [steps, steps].
    static at::Tensor causal_mask(std::int64_t steps) {
        return at::full({steps, steps}, -std::numeric_limits<float>::infinity(), at::kFloat)
            .triu(1);
    }

    void add_normal(std::string name, std::vector<std::int64_t> shape, double deviation) {
        add_tensor({std::move(shape), Normal{deviation}, false, false, std::move(name)});
    }
    void add_constant(std::string name, std::int64_t size, double value) {
        add_tensor({{size}, Constant{value}, false, false, std::move(name)});
    }
    void add_norm(const std::string& name) {
        add_constant(name + ".weight", form_.width, 1);
        add_constant(name + ".bias", form_.width, 0);
    }
    void add_layer(const std::string& name, std::int64_t in, std::int64_t out, double deviation) {
        add_normal(name + ".weight", {out, in}, deviation);
        add_constant(name + ".bias", out, 0);
    }

    /// Work of one window: the linear layers at each position, the logits, and of attention the two
    /// products over all pairs of positions, masked ones too, since they are computed.
    void count_work() {
        const auto steps = static_cast<double>(form_.steps);
        const auto width = static_cast<double>(form_.width);
        const auto layers = static_cast<double>(form_.layers);
        const auto logits = static_cast<double>(form_.vocabulary);
        add_flops(2 * steps * (layers * (12 * width * width + 2 * steps * width) + logits * width));
        // What the backward pass needs of a block: 20 values of its width at each position and the
        // scores of every head; logits, their logarithms and their gradient.
        const double scores = steps * static_cast<double>(form_.heads);
        add_activations(steps * (layers * (20 * width + scores) + 3 * logits + 4 * width));
    }

    /// @param x  [samples x steps, width]
    [[nodiscard]] at::Tensor attention(const at::Tensor& x,
                                       std::span<const at::Tensor> block,
                                       std::int64_t samples,
                                       const ForwardContext& context) const {
        const std::int64_t heads = form_.heads;
        const std::int64_t depth = form_.width / heads;
        const std::int64_t steps = form_.steps;
        // Queries, keys and values, each [samples x heads, steps, depth].
        const std::vector<at::Tensor> parts =
            at::linear(x, block[kAttentionWeight], block[kAttentionBias])
                .view({samples, steps, 3, heads, depth})
                .permute({2, 0, 3, 1, 4})
                .reshape({3, samples * heads, steps, depth})
                .unbind(0);
        // Mask and scale come with the product: the scores are passed over once less each.
        const at::Tensor scores = at::baddbmm(mask_,
                                              parts[0],
                                              parts[1].transpose(1, 2),
                                              /*beta=*/1,
                                              1 / std::sqrt(static_cast<double>(depth)));
        const at::Tensor weights = dropout(at::softmax(scores, -1), form_.dropout, context);
        const at::Tensor mixed = at::bmm(weights, parts[2])
                                     .view({samples, heads, steps, depth})
                                     .transpose(1, 2)
                                     .reshape({samples * steps, form_.width});
        return dropout(at::linear(mixed, block[kAttentionOutWeight], block[kAttentionOutBias]),
                       form_.dropout,
                       context);
    }

    [[nodiscard]] at::Tensor hidden(const at::Tensor& x,
                                    std::span<const at::Tensor> block,
                                    const ForwardContext& context) const {
        const at::Tensor wide = at::gelu(at::linear(x, block[kHiddenWeight], block[kHiddenBias]));
        return dropout(at::linear(wide, block[kHiddenOutWeight], block[kHiddenOutBias]),
                       form_.dropout,
                       context);
    }

    GptForm form_;
    at::Tensor mask_;
};

std::unique_ptr<const Model> make_gpt_model(const Options& options, const Dataset& data) {
    require_goal(options, data, next_token());
    const std::vector<std::int64_t> shape = data.sample_shape();
    if (data.input_ranges().size() != 1 || shape.size() != 1) {
        options.refuse(
            fmt::format("needs sequences of tokens, got samples of {}", fmt::join(shape, "x")));
    }
    constexpr std::int64_t kMostLayers = 96;
    constexpr std::int64_t kMostWidth = 12'288;
    constexpr std::int64_t kMostContext = 1 << 16;
    constexpr double kHighestRate = 0.99;
    const GptForm form{.vocabulary = data.num_classes(),
                       .context = options.has("context")
                                      ? options.integer("context", {1, kMostContext})
                                      : shape.front(),
                       .steps = shape.front(),
                       .layers = options.integer("layers", {1, kMostLayers}),
                       .heads = options.integer("heads", {1, kMostWidth}),
                       .width = options.integer("width", {1, kMostWidth}),
                       .dropout = options.number("dropout", {0, kHighestRate})};
    if (form.width % form.heads != 0) {
        options.refuse(
            fmt::format("width is not divisible by heads, got {} and {}, allowed a "
                        "multiple of {}",
                        form.width,
                        form.heads,
                        form.heads));
    }
    if (form.context < form.steps) {
        options.refuse(
            fmt::format("context is shorter than the samples, got {}, allowed {} or "
                        "more, or a shorter context= of the dataset",
                        form.context,
                        form.steps));
    }
    return std::make_unique<GptModel>(form);
}

}  // namespace

void register_gpt(ModelRegistry& registry) {
    registry.add({"gpt",
                  "decoder-only transformer (GPT-2) over tokens",
                  {named("layers", "4", "blocks"),
                   named("heads", "4", "of attention in each; the width is a multiple of them"),
                   named("width", "128", "of embeddings"),
                   unset("context", "N", "positions that have an embedding; those of the samples"),
                   named("dropout", "0", "share of values that a training step drops")}},
                 make_gpt_model);
}

}  // namespace murmur
