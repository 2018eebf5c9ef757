#include "learning/learner.h"

#include "learning/batch_sequence.h"
#include "learning/models/model.h"
#include "learning/random_stream.h"
#include "learning/sgd.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace murmur {
namespace {

/// Samples tested at once.
constexpr std::int64_t kEvaluationBatch = 32;

/// Wraps consecutive parts of a flat vector as the model's tensors; copies nothing.
std::vector<at::Tensor> tensors_over(float* values, const Model& model) {
    std::vector<at::Tensor> tensors;
    for (const ParameterTensor& parameter : model.parameter_tensors()) {
        tensors.push_back(at::from_blob(values, parameter.shape, at::kFloat));
        values += tensors.back().numel();
    }
    return tensors;
}

/// Mean cross entropy, or half the mean squared error.
at::Tensor loss_of(LearningGoal goal, const at::Tensor& outputs, const at::Tensor& targets) {
    if (goal == LearningGoal::kClassification) {
        return at::cross_entropy_loss(outputs, targets);
    }
    return 0.5 * at::mse_loss(outputs.squeeze(1), targets);
}

}  // namespace

void check(const TrainingOptions& options, std::string_view prefix) {
    const auto require =
        [prefix](bool ok, std::string_view field, const auto& got, std::string_view allowed) {
            if (!ok) {
                throw std::invalid_argument(
                    fmt::format("{}{}: got {}, allowed {}", prefix, field, got, allowed));
            }
        };
    require(options.batch_size >= 0, "batch-size", options.batch_size, "0 (all) and above");
    require(options.local_epochs >= 0, "local-epochs", options.local_epochs, "0 and above");
    require(options.local_steps >= 0, "local-steps", options.local_steps, "0 and above");
    require(std::isfinite(options.lr) && options.lr >= 0, "lr", options.lr, "0 and above");
    require(options.momentum >= 0 && options.momentum < 1,
            "momentum",
            options.momentum,
            "0 and above, below 1");
    require(std::isfinite(options.weight_decay) && options.weight_decay >= 0,
            "weight-decay",
            options.weight_decay,
            "0 and above");
    require(!options.nesterov || options.momentum > 0,
            "momentum",
            options.momentum,
            "above 0 where nesterov is on");
}

struct Learner::Impl {
    std::unique_ptr<const Model> model;
    DatasetPair data;
    TrainingOptions options;

    double step(std::span<float> values, const Batch& batch, std::span<float> momentum) const;
};

/// Takes one step of SGD in place; returns the loss before it.
double Learner::Impl::step(std::span<float> values,
                           const Batch& batch,
                           std::span<float> momentum) const {
    std::vector<at::Tensor> parameters = tensors_over(values.data(), *model);
    std::vector<at::Tensor> trained;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (!model->parameter_tensors()[i].is_buffer) {
            trained.push_back(parameters[i].set_requires_grad(true));
        }
    }
    const at::Tensor outputs = model->forward(parameters, batch.inputs, Pass::kTraining);
    const at::Tensor loss = loss_of(data.train->goal(), outputs, batch.targets);
    // A parameter that the outputs do not depend on has no gradient, and stays.
    const std::vector<at::Tensor> gradients =
        torch::autograd::grad({loss}, trained, {}, {}, false, true);
    for (std::size_t i = 0; i < trained.size(); ++i) {
        if (!gradients[i].defined()) {
            continue;
        }
        const at::Tensor gradient = gradients[i].contiguous();
        const auto size = static_cast<std::size_t>(gradient.numel());
        const auto offset = static_cast<std::size_t>(trained[i].data_ptr<float>() - values.data());
        sgd_step(values.subspan(offset, size),
                 {gradient.data_ptr<float>(), size},
                 momentum.empty() ? momentum : momentum.subspan(offset, size),
                 options);
    }
    return loss.item<double>();
}

Learner::Learner(std::string_view model_spec, DatasetPair data, TrainingOptions options)
    : impl_(std::make_unique<Impl>()) {
    check(options, "training: ");
    if (data.train->sample_shape() != data.test->sample_shape() ||
        data.train->num_classes() != data.test->num_classes() ||
        data.train->input_ranges() != data.test->input_ranges()) {
        throw std::invalid_argument(
            "learner: training and test samples differ in shape, classes or input ranges");
    }
    *impl_ = {make_model(model_spec, *data.train), std::move(data), options};
}

Learner::~Learner() = default;

std::size_t Learner::num_parameters() const {
    return static_cast<std::size_t>(impl_->model->num_parameters());
}

double Learner::flops_per_sample() const {
    return 3.0 * impl_->model->forward_flops();
}

Parameters Learner::initial_parameters(std::uint64_t seed) const {
    // LibTorch's own initialization draws from the process-wide generator, which no stream names.
    RandomStream stream(stream_seed(seed, "initial-parameters"));
    auto parameters = std::make_shared<ParameterVector>(num_parameters());
    std::span<float> rest = parameters->values();
    for (const ParameterTensor& tensor : impl_->model->parameter_tensors()) {
        const auto size = static_cast<std::size_t>(tensor.size());
        fill_start(tensor, stream, rest.first(size));
        rest = rest.subspan(size);
    }
    return parameters;
}

std::int64_t Learner::steps_per_call(std::int64_t partition_size) const {
    const std::int64_t per_pass = batches_per_pass(partition_size, impl_->options.batch_size);
    if (per_pass == 0) {
        return 0;
    }
    return impl_->options.local_epochs > 0 ? impl_->options.local_epochs * per_pass
                                           : impl_->options.local_steps;
}

std::int64_t Learner::samples_per_call(std::int64_t partition_size) const {
    return samples_in_batches(
        partition_size, impl_->options.batch_size, steps_per_call(partition_size));
}

TrainingResult Learner::train(const ParameterVector& start,
                              std::span<const std::int64_t> partition,
                              OptimizerState& optimizer,
                              std::uint64_t shuffle_seed) {
    use_single_threaded_kernels_here();
    auto trained = std::make_shared<ParameterVector>(start.size());
    std::ranges::copy(start.values(), trained->values().begin());
    if (impl_->options.reset_optimizer) {
        optimizer.momentum.clear();
    }
    if (impl_->options.momentum > 0) {
        optimizer.momentum.resize(start.size(), 0.0F);
    }
    const std::int64_t steps = steps_per_call(std::ssize(partition));
    BatchSequence batches(partition, impl_->options.batch_size, shuffle_seed);
    std::int64_t samples = 0;
    double total_loss = 0.0;
    for (std::int64_t step = 0; step < steps; ++step) {
        const std::span<const std::int64_t> indices = batches.next();
        total_loss +=
            static_cast<double>(indices.size()) *
            impl_->step(trained->values(), impl_->data.train->batch(indices), optimizer.momentum);
        samples += std::ssize(indices);
    }
    const double mean_loss = total_loss / static_cast<double>(samples);  // NaN without samples
    return {std::move(trained), mean_loss, samples, steps};
}

EvaluationResult Learner::evaluate(const ParameterVector& parameters, std::int64_t max_samples) {
    use_single_threaded_kernels_here();
    const at::NoGradGuard no_grad;
    const Dataset& test = *impl_->data.test;
    // `forward` reads the tensors only; LibTorch has no tensor over const memory.
    const std::vector<at::Tensor> tensors =
        tensors_over(const_cast<float*>(parameters.values().data()), *impl_->model);
    std::vector<std::int64_t> indices(static_cast<std::size_t>(
        max_samples == 0 ? test.size() : std::min(max_samples, test.size())));
    std::iota(indices.begin(), indices.end(), 0);
    double total_loss = 0.0;
    std::int64_t correct = 0;
    for (std::size_t begin = 0; begin < indices.size(); begin += kEvaluationBatch) {
        const std::size_t count = std::min<std::size_t>(kEvaluationBatch, indices.size() - begin);
        const Batch batch = test.batch(std::span(indices).subspan(begin, count));
        const at::Tensor outputs = impl_->model->forward(tensors, batch.inputs, Pass::kTesting);
        total_loss += static_cast<double>(count) *
                      loss_of(test.goal(), outputs, batch.targets).item<double>();
        if (test.goal() == LearningGoal::kClassification) {
            correct += outputs.argmax(1).eq(batch.targets).sum().item<std::int64_t>();
        }
    }
    const auto samples = static_cast<double>(indices.size());
    const double accuracy = test.goal() == LearningGoal::kClassification
                                ? static_cast<double>(correct) / samples
                                : std::numeric_limits<double>::quiet_NaN();
    return {total_loss / samples, accuracy, std::ssize(indices)};
}

}  // namespace murmur
