#include "learning/models/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace murmur {
namespace {

struct Entry {
    std::string_view name;
    std::string_view help;
    ModelFactory* make;
};

constexpr std::array kModels{
    Entry{"linear", "linear: linear regression, weights and bias", make_linear_model},
    Entry{"softmax", "softmax: softmax regression, one linear layer", make_softmax_model},
    Entry{"mlp", "mlp:WIDTH[-WIDTH...]: fully connected layers with ReLU", make_mlp_model},
    Entry{"gn-lenet",
          "gn-lenet: three convolutions with group normalization, for images",
          make_gn_lenet_model},
    Entry{"cifar-cnn",
          "cifar-cnn: two convolutions and three linear layers, for CIFAR-10",
          make_cifar_cnn_model},
    Entry{"femnist-cnn",
          "femnist-cnn: two convolutions and two linear layers, for FEMNIST",
          make_femnist_cnn_model},
    Entry{"celeba-cnn",
          "celeba-cnn: four convolutions and a linear layer, for CelebA",
          make_celeba_cnn_model},
    Entry{"resnet-8",
          "resnet-8: three residual blocks of 128, 256, 512 channels, for CIFAR-10",
          make_resnet_8_model},
    Entry{"resnet-18",
          "resnet-18: eight residual blocks of 32 to 256 channels, for FEMNIST",
          make_resnet_18_model},
    Entry{"stacked-lstm",
          "stacked-lstm: two LSTM layers over all positions of a text, for Shakespeare",
          make_stacked_lstm_model},
    Entry{"reddit-rnn",
          "reddit-rnn: two LSTM layers, the last state predicts the next word, for Reddit",
          make_reddit_rnn_model},
    Entry{"matrix-factorization",
          "matrix-factorization: 20 factors per user and item, for MovieLens",
          make_matrix_factorization_model},
    Entry{"torchscript",
          "torchscript:FILE: a module that torch.jit.script(...).save(FILE) wrote in Python",
          make_torchscript_model},
};

std::int64_t product(std::span<const std::int64_t> values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{1}, std::multiplies<>());
}

/// Writes start values, by the way in which they are found.
struct StartWriter {
    RandomStream& stream;
    std::span<float> values;

    void operator()(const Constant& start) const {
        std::ranges::fill(values, static_cast<float>(start.value));
    }
    void operator()(const Uniform& start) const {
        std::ranges::generate(
            values, [&] { return static_cast<float>(stream.uniform(start.low, start.high)); });
    }
    void operator()(const Normal& start) const {
        const auto zeros = static_cast<std::size_t>(start.leading_zeros);
        std::ranges::fill(values.first(zeros), 0.0F);
        std::ranges::generate(values.subspan(zeros), [&] {
            return static_cast<float>(start.deviation * stream.normal());
        });
    }
    void operator()(const Given& start) const {
        std::copy_n(start.values.data_ptr<float>(), values.size(), values.begin());
    }
};

}  // namespace

std::int64_t ParameterTensor::size() const {
    return product(shape);
}

void fill_start(const ParameterTensor& tensor, RandomStream& stream, std::span<float> values) {
    std::visit(StartWriter{stream, values}, tensor.start);
}

std::int64_t Model::num_parameters() const {
    std::int64_t count = 0;
    for (const ParameterTensor& tensor : tensors_) {
        count += tensor.size();
    }
    return count;
}

void Model::add_linear(std::int64_t in, std::int64_t out) {
    add_weight_and_bias({out, in}, 1);
}

void Model::add_convolution(std::int64_t in,
                            std::int64_t out,
                            std::int64_t kernel,
                            std::int64_t positions) {
    add_weight_and_bias({out, in, kernel, kernel}, positions);
}

void Model::add_group_norm(std::int64_t channels) {
    add_tensor({{channels}, Constant{1.0}});
    add_tensor({{channels}, Constant{0.0}});
}

void Model::add_batch_norm(std::int64_t channels) {
    add_group_norm(channels);
    add_tensor({{channels}, Constant{0.0}, true});
    add_tensor({{channels}, Constant{1.0}, true});
}

void Model::add_lstm(std::int64_t in,
                     std::int64_t hidden,
                     std::int64_t layers,
                     std::int64_t steps) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(hidden));
    for (std::int64_t layer = 0; layer < layers; ++layer, in = hidden) {
        add_tensor({{4 * hidden, in}, Uniform{-bound, bound}});
        add_tensor({{4 * hidden, hidden}, Uniform{-bound, bound}});
        add_tensor({{4 * hidden}, Uniform{-bound, bound}});
        add_tensor({{4 * hidden}, Uniform{-bound, bound}});
        add_flops(2.0 * static_cast<double>(4 * hidden * (in + hidden) * steps));
    }
}

void Model::add_weight_and_bias(std::vector<std::int64_t> weight_shape, std::int64_t positions) {
    const std::int64_t outputs = weight_shape.front();
    const std::int64_t weights = product(weight_shape);
    const double bound = 1.0 / std::sqrt(static_cast<double>(weights / outputs));
    add_tensor({std::move(weight_shape), Uniform{-bound, bound}});
    add_tensor({{outputs}, Uniform{-bound, bound}});
    forward_flops_ += 2.0 * static_cast<double>(weights) * static_cast<double>(positions);
}

std::unique_ptr<const Model> make_model(std::string_view spec, const Dataset& data) {
    const Spec parsed = parse_spec(spec);
    std::vector<std::string_view> names;
    for (const Entry& entry : kModels) {
        if (parsed.name == entry.name) {
            return entry.make(parsed, data);
        }
        names.push_back(entry.name);
    }
    throw std::invalid_argument(
        fmt::format("model: unknown, got '{}', allowed {}", spec, fmt::join(names, ", ")));
}

std::string model_help() {
    std::string help;
    for (const Entry& entry : kModels) {
        help += fmt::format("{}\n", entry.help);
    }
    return help;
}

std::int64_t num_features(const Dataset& data) {
    return product(data.sample_shape());
}

void require_no_argument(const Spec& spec) {
    if (spec.has_argument) {
        throw std::invalid_argument(
            fmt::format("model {}: takes no argument, got '{}'", spec.name, spec.argument));
    }
}

void require_goal(const Spec& spec, const Dataset& data, LearningGoal goal) {
    if (data.goal() != goal) {
        const bool regression = goal == LearningGoal::kRegression;
        throw std::invalid_argument(fmt::format("model {}: needs data for {}, got data for {}",
                                                spec.name,
                                                regression ? "regression" : "classification",
                                                regression ? "classification" : "regression"));
    }
}

void require_numbers(const Spec& spec, const Dataset& data) {
    if (!data.input_ranges().empty()) {
        throw std::invalid_argument(
            fmt::format("model {}: needs numbers as inputs, got indices, such as the characters of "
                        "a text or the users and items of ratings",
                        spec.name));
    }
}

}  // namespace murmur
