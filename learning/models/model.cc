#include "learning/models/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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
};

std::int64_t product(std::span<const std::int64_t> values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace

std::int64_t Model::num_parameters() const {
    std::int64_t count = 0;
    for (const ParameterTensor& tensor : tensors_) {
        count += product(tensor.shape);
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
    tensors_.push_back({{channels}, 1.0, 1.0});
    tensors_.push_back({{channels}, 0.0, 0.0});
}

void Model::add_weight_and_bias(std::vector<std::int64_t> weight_shape, std::int64_t positions) {
    const std::int64_t outputs = weight_shape.front();
    const std::int64_t weights = product(weight_shape);
    const double bound = 1.0 / std::sqrt(static_cast<double>(weights / outputs));
    tensors_.push_back({std::move(weight_shape), -bound, bound});
    tensors_.push_back({{outputs}, -bound, bound});
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

}  // namespace murmur
