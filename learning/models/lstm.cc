#include "learning/models/model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <tuple>

namespace murmur {
namespace {

constexpr std::int64_t kHidden = 256;
constexpr std::int64_t kLayers = 2;

/// What an LSTM gives: its outputs [batch, steps, hidden] and last states [layers, batch, hidden].
struct LstmResult {
    at::Tensor outputs;
    at::Tensor states;
};

LstmResult run_lstm(const at::Tensor& x, std::span<const at::Tensor> weights) {
    const at::Tensor zeros = at::zeros({kLayers, x.size(0), kHidden}, x.options());
    const auto [outputs, states, cells] = at::lstm(x,
                                                   {zeros, zeros},
                                                   at::TensorList(weights.data(), weights.size()),
                                                   /*has_biases=*/true,
                                                   kLayers,
                                                   /*dropout=*/0.0,
                                                   /*train=*/false,  // matters to dropout alone
                                                   /*bidirectional=*/false,
                                                   /*batch_first=*/true);
    return {outputs, states};
}

constexpr std::size_t kLstmTensors = 4 * kLayers;

/// Embedding of 8, two LSTM layers, and a linear layer over the outputs at all positions:
/// 2,683,708 parameters with 80 characters out of 92 [after Caldas et al., 2018, LEAF].
class StackedLstmModel final : public Model {
  public:
    StackedLstmModel(std::int64_t vocabulary, std::int64_t steps, std::int64_t classes) {
        constexpr std::int64_t kEmbedding = 8;
        add_tensor({{vocabulary, kEmbedding}, Normal{1.0}});
        add_lstm(kEmbedding, kHidden, kLayers, steps);
        add_linear(kHidden * steps, classes);
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext&) const override {
        const at::Tensor x = at::embedding(parameters[0], inputs);
        const LstmResult result = run_lstm(x, parameters.subspan(1, kLstmTensors));
        const at::Tensor all = at::relu(result.outputs.flatten(1));
        return at::linear(all, parameters[kLstmTensors + 1], parameters[kLstmTensors + 2]);
    }
};

/// Embedding of 200 (word 0 is padding and stays zero), two LSTM layers, and two linear layers over
/// the last state: 4,317,895 parameters with 9,999 words [after Caldas et al., 2018, LEAF].
class RedditRnnModel final : public Model {
  public:
    RedditRnnModel(std::int64_t vocabulary, std::int64_t steps, std::int64_t classes) {
        constexpr std::int64_t kEmbedding = 200;
        constexpr std::int64_t kNarrow = 128;
        add_tensor({{vocabulary, kEmbedding}, Normal{1.0, kEmbedding}});
        add_lstm(kEmbedding, kHidden, kLayers, steps);
        add_linear(kHidden, kNarrow);
        add_linear(kNarrow, classes);
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext&) const override {
        constexpr std::int64_t kPadding = 0;
        const at::Tensor x = at::embedding(parameters[0], inputs, kPadding);
        const at::Tensor last =
            run_lstm(x, parameters.subspan(1, kLstmTensors)).states.select(0, kLayers - 1);
        const auto linear = parameters.subspan(kLstmTensors + 1);
        return at::linear(at::relu(at::linear(last, linear[0], linear[1])), linear[2], linear[3]);
    }
};

template <class SequenceModel>
std::unique_ptr<const Model> make_sequence_model(const Options& options, const Dataset& data) {
    require_goal(options, data, classification());
    const std::vector<std::int64_t> shape = data.sample_shape();
    if (data.input_ranges().size() != 1 || shape.size() != 1) {
        options.refuse(fmt::format("needs sequences of tokens, such as text, got {} of shape {}",
                                   data.input_ranges().empty() ? "numbers" : "other indices",
                                   fmt::join(shape, "x")));
    }
    return std::make_unique<SequenceModel>(
        data.input_ranges().front(), shape.front(), data.num_classes());
}

std::unique_ptr<const Model> make_stacked_lstm_model(const Options& options, const Dataset& data) {
    return make_sequence_model<StackedLstmModel>(options, data);
}

std::unique_ptr<const Model> make_reddit_rnn_model(const Options& options, const Dataset& data) {
    return make_sequence_model<RedditRnnModel>(options, data);
}

}  // namespace

void register_lstm(ModelRegistry& registry) {
    registry.add({"stacked-lstm", "two LSTM layers over all positions of a text, for Shakespeare"},
                 make_stacked_lstm_model);
    registry.add(
        {"reddit-rnn", "two LSTM layers, the last state predicts the next word, for Reddit"},
        make_reddit_rnn_model);
}

}  // namespace murmur
