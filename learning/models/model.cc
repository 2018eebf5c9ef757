#include "learning/models/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace murmur {
namespace {

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

ParameterLayout Model::layout() const {
    ParameterLayout layout;
    for (const ParameterTensor& tensor : tensors_) {
        layout.push_back({.name = tensor.name.empty() ? fmt::format("{}", layout.size())
                                                      : tensor.name,
                          .shape = tensor.shape,
                          .is_buffer = tensor.is_buffer,
                          .is_trained = tensor.is_trained()});
    }
    return layout;
}

std::string Model::in_layer(std::string_view kind, std::string_view tensor) const {
    return fmt::format("{}{}.{}", kind, num_layers_, tensor);
}

void Model::add_linear(std::int64_t in, std::int64_t out) {
    add_weight_and_bias("linear", {out, in}, 1);
}

void Model::add_convolution(std::int64_t in,
                            std::int64_t out,
                            std::int64_t kernel,
                            std::int64_t positions) {
    add_weight_and_bias("conv", {out, in, kernel, kernel}, positions);
}

void Model::add_group_norm(std::int64_t channels) {
    ++num_layers_;
    add_tensor({{channels}, Constant{1.0}, false, false, in_layer("norm", "weight")});
    add_tensor({{channels}, Constant{0.0}, false, false, in_layer("norm", "bias")});
}

void Model::add_batch_norm(std::int64_t channels, std::int64_t positions) {
    if (positions == 1) {
        set_min_training_batch(2);
    }
    add_group_norm(channels);
    add_tensor({{channels}, Constant{0.0}, true, false, in_layer("norm", "running_mean")});
    add_tensor({{channels}, Constant{1.0}, true, false, in_layer("norm", "running_var")});
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

void Model::add_weight_and_bias(std::string_view kind,
                                std::vector<std::int64_t> weight_shape,
                                std::int64_t positions) {
    ++num_layers_;
    const std::int64_t outputs = weight_shape.front();
    const std::int64_t weights = product(weight_shape);
    const double bound = 1.0 / std::sqrt(static_cast<double>(weights / outputs));
    add_tensor({std::move(weight_shape),
                Uniform{-bound, bound},
                false,
                false,
                in_layer(kind, "weight")});
    add_tensor({{outputs}, Uniform{-bound, bound}, false, false, in_layer(kind, "bias")});
    forward_flops_ += 2.0 * static_cast<double>(weights) * static_cast<double>(positions);
}

Parameters draw_parameters(const Model& model, std::uint64_t seed) {
    // LibTorch's own initialization draws from the process-wide generator, which no stream names.
    RandomStream stream(stream_seed(seed, "initial-parameters"));
    auto parameters =
        std::make_shared<ParameterVector>(static_cast<std::size_t>(model.num_parameters()));
    std::span<float> rest = parameters->values();
    for (const ParameterTensor& tensor : model.parameter_tensors()) {
        const auto size = static_cast<std::size_t>(tensor.size());
        fill_start(tensor, stream, rest.first(size));
        rest = rest.subspan(size);
    }
    return parameters;
}

ModelRegistry& models() {
    static ModelRegistry registry("model", register_all);
    return registry;
}

std::unique_ptr<const Model> make_model(std::string_view spec, const Dataset& data) {
    const auto chosen = models().select(spec);
    return chosen.make(chosen.options, data);
}

std::int64_t num_features(const Dataset& data) {
    return product(data.sample_shape());
}

void require_goal(const Options& options, const Dataset& data, const Goal& goal) {
    if (data.goal() != goal) {
        options.refuse(
            fmt::format("needs data for {}, got data for {}", goal.name(), data.goal().name()));
    }
}

void require_numbers(const Options& options, const Dataset& data) {
    if (!data.input_ranges().empty()) {
        options.refuse(
            "needs numbers as inputs, got indices, such as the characters of a text or the users "
            "and items of ratings");
    }
}

}  // namespace murmur
