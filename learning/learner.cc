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
#include <numeric>
#include <set>
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

bool trains(const TrainingOptions& options) {
    return options.local_epochs > 0 || options.local_steps > 0;
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
    ParameterLayout layout;
    std::string model_spec;

    [[nodiscard]] std::int64_t batches_per_pass(std::int64_t partition_size) const {
        return murmur::batches_per_pass(
            partition_size, options.batch_size, model->min_training_batch());
    }
    double step(std::span<float> values,
                const Batch& batch,
                std::span<float> momentum,
                RandomStream& random) const;
};

/// Takes one step of SGD in place; returns the loss before it.
double Learner::Impl::step(std::span<float> values,
                           const Batch& batch,
                           std::span<float> momentum,
                           RandomStream& random) const {
    std::vector<at::Tensor> parameters = tensors_over(values.data(), *model);
    std::vector<at::Tensor> trained;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (model->parameter_tensors()[i].is_trained()) {
            trained.push_back(parameters[i].set_requires_grad(true));
        }
    }
    const at::Tensor outputs = model->forward(parameters, batch.inputs, {Pass::kTraining, &random});
    const at::Tensor loss = data.train->goal().loss(outputs, batch.targets);
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
    auto model = make_model(model_spec, *data.train);
    ParameterLayout layout = model->layout();
    *impl_ = {
        std::move(model), std::move(data), options, std::move(layout), std::string(model_spec)};
}

Learner::Learner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<Learner> Learner::twin() const {
    auto twin = std::make_unique<Impl>();
    auto model = impl_->model->twin();
    if (!model) {
        model = make_model(impl_->model_spec, *impl_->data.train);
    }
    *twin = {std::move(model), impl_->data, impl_->options, impl_->layout, impl_->model_spec};
    return std::unique_ptr<Learner>(new Learner(std::move(twin)));
}

Learner::~Learner() = default;

std::size_t Learner::num_parameters() const {
    return static_cast<std::size_t>(impl_->model->num_parameters());
}

const ParameterLayout& Learner::layout() const {
    return impl_->layout;
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
    const std::int64_t per_pass = impl_->batches_per_pass(partition_size);
    if (per_pass == 0) {
        return 0;
    }
    return impl_->options.local_epochs > 0 ? impl_->options.local_epochs * per_pass
                                           : impl_->options.local_steps;
}

std::int64_t Learner::samples_per_call(std::int64_t partition_size) const {
    return samples_in_batches(partition_size,
                              impl_->options.batch_size,
                              steps_per_call(partition_size),
                              impl_->model->min_training_batch());
}

void Learner::check_partitions(std::span<const std::int64_t> sizes) const {
    const std::int64_t least = impl_->model->min_training_batch();
    const std::int64_t batch_size = impl_->options.batch_size;
    std::set<std::int64_t> training;
    for (std::size_t node = 0; node < sizes.size() && trains(impl_->options); ++node) {
        if (sizes[node] > 0 && impl_->batches_per_pass(sizes[node]) == 0) {
            throw std::invalid_argument(fmt::format(
                "batch normalization needs {} samples in a batch, and this model leaves it one "
                "value of each; node {} has {} and batches of {}",
                least,
                node,
                sizes[node],
                batch_size == 0 ? sizes[node] : batch_size));
        }
        const auto of_node = sizes_of_batches(sizes[node], batch_size, least);
        training.insert(of_node.begin(), of_node.end());
    }
    BatchSizes batches{{training.begin(), training.end()}, {}};
    batches.testing = sizes_of_batches(impl_->data.test->size(), kEvaluationBatch);
    impl_->model->check_batches(batches, impl_->data);
}

std::string Learner::notes() const {
    return impl_->model->notes();
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
    BatchSequence batches(partition,
                          impl_->options.batch_size,
                          shuffle_seed,
                          impl_->model->min_training_batch());
    // What the model draws is another matter than the order of the samples.
    RandomStream random(stream_seed(shuffle_seed, "forward"));
    std::int64_t samples = 0;
    double total_loss = 0.0;
    for (std::int64_t step = 0; step < steps; ++step) {
        const std::span<const std::int64_t> indices = batches.next();
        total_loss +=
            static_cast<double>(indices.size()) *
            impl_->step(
                trained->values(), impl_->data.train->batch(indices), optimizer.momentum, random);
        samples += std::ssize(indices);
    }
    const double mean_loss = total_loss / static_cast<double>(samples);  // NaN without samples
    return {std::move(trained), mean_loss, samples, steps};
}

EvaluationResult Learner::evaluate(const ParameterVector& parameters, std::int64_t max_samples) {
    const std::int64_t size = impl_->data.test->size();
    std::vector<std::int64_t> first(
        static_cast<std::size_t>(max_samples == 0 ? size : std::min(max_samples, size)));
    std::iota(first.begin(), first.end(), 0);
    return evaluate(parameters, DataPart::kTest, first);
}

EvaluationResult Learner::evaluate(const ParameterVector& parameters,
                                   DataPart part,
                                   std::span<const std::int64_t> samples) {
    use_single_threaded_kernels_here();
    const at::NoGradGuard no_grad;
    const Dataset& data = part == DataPart::kTest ? *impl_->data.test : *impl_->data.train;
    // `forward` reads the tensors only; LibTorch has no tensor over const memory.
    const std::vector<at::Tensor> tensors =
        tensors_over(const_cast<float*>(parameters.values().data()), *impl_->model);
    double total_loss = 0.0;
    double metric_sum = 0.0;
    for (std::size_t begin = 0; begin < samples.size(); begin += kEvaluationBatch) {
        const std::size_t count = std::min<std::size_t>(kEvaluationBatch, samples.size() - begin);
        const Batch batch = data.batch(samples.subspan(begin, count));
        const at::Tensor outputs = impl_->model->forward(tensors, batch.inputs, {});
        total_loss +=
            static_cast<double>(count) * data.goal().loss(outputs, batch.targets).item<double>();
        metric_sum += data.goal().metric_sum(outputs, batch.targets);
    }
    const double loss = total_loss / static_cast<double>(samples.size());
    return {
        loss, data.goal().metric_of(metric_sum, std::ssize(samples), loss), std::ssize(samples)};
}

}  // namespace murmur
