#include "learning/cpu_learner.h"

#include "learning/batch_sequence.h"
#include "learning/models/model.h"
#include "learning/optimizer.h"
#include "learning/privacy/dp_sgd.h"
#include "learning/random_stream.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

/// Returns how many samples are tested at once: fewer where their outputs are large, as the logits
/// of a long text with a large vocabulary are.
std::int64_t evaluation_batch(const Dataset& data) {
    constexpr std::int64_t kMost = 32;
    constexpr std::int64_t kMostOutputs = std::int64_t{1} << 24;  // 64 MiB of float32
    std::int64_t outputs = 1;
    for (const std::int64_t size : data.goal().output_shape(data)) {
        outputs *= size;
    }
    return std::clamp<std::int64_t>(kMostOutputs / std::max<std::int64_t>(outputs, 1), 1, kMost);
}

/// Wraps consecutive parts of a flat vector as the model's tensors; copies nothing.
std::vector<at::Tensor> tensors_over(float* values, const Model& model) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(model.parameter_tensors().size());
    for (const ParameterTensor& parameter : model.parameter_tensors()) {
        tensors.push_back(at::from_blob(values, parameter.shape, at::kFloat));
        values += tensors.back().numel();
    }
    return tensors;
}

bool trains(const TrainingOptions& options) {
    return options.local_epochs > 0 || options.local_steps > 0;
}

/// Returns a gradient in memory that no other gradient has, so that a step may change it: two
/// parameters that are added up have the same one.
/// @param others  gradients of this step
at::Tensor of_its_own(const at::Tensor& gradient, std::span<const at::Tensor> others) {
    if (!gradient.is_contiguous()) {
        return gradient.contiguous();
    }
    const bool is_shared = std::ranges::any_of(others, [&](const at::Tensor& other) {
        return other.defined() && other.is_alias_of(gradient);
    });
    return is_shared ? gradient.clone() : gradient;
}

void add(const ParameterVector& correction, const TrainedTensor& tensor) {
    const auto added = correction.values().subspan(tensor.offset, tensor.gradient.size());
    for (std::size_t i = 0; i < added.size(); ++i) {
        tensor.gradient[i] += added[i];
    }
}

/// Turns classes around: C - 1 - c of C.
Batch with_flipped_labels(Batch batch, std::int64_t num_classes) {
    batch.targets = (num_classes - 1) - batch.targets;
    return batch;
}

/// Returns the seed of what a call draws for a purpose: parts of a round draw their own.
std::uint64_t part_seed(const TrainingContext& context, std::string_view purpose) {
    const std::uint64_t seed = context.stream_seed(purpose);
    return context.steps.first == 0
               ? seed
               : stream_seed(seed, "part", 0, static_cast<std::uint64_t>(context.steps.first));
}

/// Where the steps of a call are.
struct Steps {
    std::span<float> values;  ///< of the flat vector that is trained
    OptimizerState& state;
    const ParameterVector* correction;
    RandomStream forward;  ///< that training passes draw from
    StepContext context;
    bool flips_labels = false;  ///< as `TrainingContext` has it
};

}  // namespace

struct CpuLearner::Impl {
    std::unique_ptr<const Model> model;
    std::shared_ptr<const LocalOptimizer> optimizer;
    DatasetPair data;
    TrainingOptions options;
    ParameterLayout layout;
    std::string model_spec;
    std::optional<DpSgd> privacy;

    [[nodiscard]] std::int64_t batches_per_pass(std::int64_t partition_size) const {
        return murmur::batches_per_pass(
            partition_size, options.batch_size, model->min_training_batch());
    }
    [[nodiscard]] Batch batch_of(std::span<const std::int64_t> samples, bool flips_labels) const {
        Batch batch = data.train->batch(samples);
        return flips_labels ? with_flipped_labels(std::move(batch), data.train->num_classes())
                            : batch;
    }
    double step(Steps& steps, const Batch& batch) const;
    double private_step(Steps& steps, std::span<const std::int64_t> samples, double expected) const;
    std::pair<std::int64_t, double> private_steps(Steps& steps,
                                                  TrainingState& state,
                                                  std::span<const std::int64_t> partition,
                                                  StepRange range,
                                                  std::uint64_t seed) const;
    void finish_step(Steps& steps, std::span<const TrainedTensor> tensors) const;
};

namespace {

/// The model's tensors over a flat vector, and those of them that a step trains.
struct StepTensors {
    std::vector<at::Tensor> all;
    std::vector<at::Tensor> trained;
    std::vector<TrainedTensor> places;  ///< [trained], without gradients
};

StepTensors tensors_to_train(std::span<float> values, const Model& model) {
    StepTensors tensors;
    tensors.all = tensors_over(values.data(), model);
    tensors.trained.reserve(tensors.all.size());
    tensors.places.reserve(tensors.all.size());
    std::size_t offset = 0;
    for (std::size_t i = 0; i < tensors.all.size(); ++i) {
        const auto size = static_cast<std::size_t>(tensors.all[i].numel());
        if (model.parameter_tensors()[i].is_trained()) {
            tensors.trained.push_back(tensors.all[i].set_requires_grad(true));
            tensors.places.push_back({.block = i,
                                      .offset = offset,
                                      .values = values.subspan(offset, size),
                                      .gradient = {}});
        }
        offset += size;
    }
    return tensors;
}

struct LossGradients {
    double loss;
    std::vector<at::Tensor> gradients;  ///< [trained]; undefined where outputs do not depend on it
};

LossGradients gradients_of(const StepTensors& tensors,
                           const Model& model,
                           const Goal& goal,
                           const Batch& batch,
                           RandomStream& stream) {
    const at::Tensor outputs = model.forward(tensors.all, batch.inputs, {Pass::kTraining, &stream});
    const at::Tensor loss = goal.loss(outputs, batch.targets);
    auto gradients = torch::autograd::grad({loss}, tensors.trained, {}, {}, false, true);
    return {loss.item<double>(), std::move(gradients)};
}

}  // namespace

void CpuLearner::Impl::finish_step(Steps& steps, std::span<const TrainedTensor> tensors) const {
    if (steps.correction != nullptr) {
        for (const TrainedTensor& tensor : tensors) {
            add(*steps.correction, tensor);
        }
    }
    optimizer->step(tensors, steps.state, steps.context);
}

/// Takes one step of the optimizer in place; returns the loss before it.
double CpuLearner::Impl::step(Steps& steps, const Batch& batch) const {
    const StepTensors tensors = tensors_to_train(steps.values, *model);
    auto [loss, gradients] =
        gradients_of(tensors, *model, data.train->goal(), batch, steps.forward);
    // All of them before the first is changed.
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        if (gradients[i].defined()) {
            gradients[i] = of_its_own(gradients[i], std::span(gradients).first(i));
        }
    }
    // A parameter that the outputs do not depend on has no gradient, and stays.
    std::vector<TrainedTensor> with_gradient;
    with_gradient.reserve(gradients.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        if (gradients[i].defined()) {
            with_gradient.push_back(tensors.places[i]);
            with_gradient.back().gradient = {gradients[i].data_ptr<float>(),
                                             tensors.places[i].values.size()};
        }
    }
    finish_step(steps, with_gradient);
    return loss;
}

/// Takes one private step in place, a pass for each sample; returns the sum of their losses.
double CpuLearner::Impl::private_step(Steps& steps,
                                      std::span<const std::int64_t> samples,
                                      double expected) const {
    const StepTensors tensors = tensors_to_train(steps.values, *model);
    PrivateGradient gradient(*privacy, steps.values.size());
    double total_loss = 0;
    for (const std::int64_t sample : samples) {
        const auto [loss, gradients] = gradients_of(tensors,
                                                    *model,
                                                    data.train->goal(),
                                                    batch_of({&sample, 1}, steps.flips_labels),
                                                    steps.forward);
        std::vector<at::Tensor> contiguous;  // which the parts look into
        std::vector<GradientPart> parts;
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            if (gradients[i].defined()) {
                contiguous.push_back(gradients[i].contiguous());
                parts.push_back(
                    {tensors.places[i].offset,
                     {contiguous.back().data_ptr<float>(), tensors.places[i].values.size()}});
            }
        }
        gradient.add(parts);
        total_loss += loss;
    }
    const std::span<float> whole = gradient.finish(
        expected,
        RandomStream(stream_seed(steps.context.seed, "privacy noise", steps.context.step)));
    // Also of what no sample of this batch had a gradient: whether one had must not be seen.
    std::vector<TrainedTensor> all = tensors.places;
    for (TrainedTensor& tensor : all) {
        tensor.gradient = whole.subspan(tensor.offset, tensor.values.size());
    }
    finish_step(steps, all);
    return total_loss;
}

/// Takes these private steps of a round; returns the number of samples in them and the sum of their
/// losses.
std::pair<std::int64_t, double> CpuLearner::Impl::private_steps(
    Steps& steps,
    TrainingState& state,
    std::span<const std::int64_t> partition,
    StepRange range,
    std::uint64_t seed) const {
    const double probability = sampling_probability(std::ssize(partition), options.batch_size);
    const double expected = probability * static_cast<double>(partition.size());
    PoissonBatches batches(partition, probability, seed);
    for (std::int64_t step = 0; step < range.first; ++step) {
        (void)batches.next();
    }
    std::int64_t samples = 0;
    double total_loss = 0;
    for (std::int64_t step = 0; step < range.count; ++step) {
        const std::span<const std::int64_t> batch = batches.next();
        steps.context.step = state.steps++;
        total_loss += private_step(steps, batch, expected);
        samples += std::ssize(batch);
    }
    return {samples, total_loss};
}

CpuLearner::CpuLearner(const std::string& model_spec,
                       DatasetPair data,
                       const TrainingOptions& options)
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
    auto privacy = make_privacy(options.privacy);
    if (privacy && count_values(layout).buffers > 0) {
        throw std::invalid_argument(
            fmt::format("privacy: dp-sgd needs gradients of single samples, got --model={}, which "
                        "has batch normalization or other buffers, allowed models without, such "
                        "as gn-lenet",
                        model_spec));
    }
    *impl_ = {std::move(model),
              make_optimizer(options),
              std::move(data),
              options,
              std::move(layout),
              model_spec,
              privacy};
}

CpuLearner::CpuLearner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<Learner> CpuLearner::twin() const {
    auto twin = std::make_unique<Impl>();
    auto model = impl_->model->twin();
    if (!model) {
        model = make_model(impl_->model_spec, *impl_->data.train);
    }
    *twin = {std::move(model),
             impl_->optimizer,
             impl_->data,
             impl_->options,
             impl_->layout,
             impl_->model_spec,
             impl_->privacy};
    return std::unique_ptr<Learner>(new CpuLearner(std::move(twin)));
}

CpuLearner::~CpuLearner() = default;

std::size_t CpuLearner::num_parameters() const {
    return static_cast<std::size_t>(impl_->model->num_parameters());
}

const ParameterLayout& CpuLearner::layout() const {
    return impl_->layout;
}

double CpuLearner::flops_per_sample() const {
    return 3.0 * impl_->model->forward_flops();
}

double CpuLearner::activation_bytes() const {
    return sizeof(float) * impl_->model->activation_values();
}

Parameters CpuLearner::initial_parameters(std::uint64_t seed) const {
    return draw_parameters(*impl_->model, seed);
}

std::int64_t CpuLearner::steps_per_call(std::int64_t partition_size) const {
    const std::int64_t per_pass = impl_->batches_per_pass(partition_size);
    if (per_pass == 0) {
        return 0;
    }
    return impl_->options.local_epochs > 0 ? impl_->options.local_epochs * per_pass
                                           : impl_->options.local_steps;
}

std::int64_t CpuLearner::samples_per_call(std::int64_t partition_size) const {
    return samples_of(partition_size, {});
}

std::int64_t CpuLearner::samples_of(std::int64_t partition_size, StepRange steps) const {
    const std::int64_t all = steps_per_call(partition_size);
    const std::int64_t first = std::min(steps.first, all);
    const std::int64_t end = first + std::min(steps.count, all - first);
    if (impl_->privacy) {
        const std::int64_t batch = impl_->options.batch_size;
        return (end - first) * (batch == 0 ? partition_size : std::min(batch, partition_size));
    }
    const auto samples_before = [&](std::int64_t step) {
        return samples_in_batches(partition_size,
                                  impl_->options.batch_size,
                                  step,
                                  impl_->model->min_training_batch());
    };
    return samples_before(end) - samples_before(first);
}

void CpuLearner::check_partitions(std::span<const std::int64_t> sizes) const {
    const std::int64_t least = impl_->model->min_training_batch();
    // Private steps take the gradient of each sample by itself.
    const std::int64_t batch_size = impl_->privacy ? 1 : impl_->options.batch_size;
    std::set<std::int64_t> training;
    for (std::size_t node = 0; node < sizes.size() && trains(impl_->options); ++node) {
        if (sizes[node] > 0 && batches_per_pass(sizes[node], batch_size, least) == 0) {
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
    batches.testing =
        sizes_of_batches(impl_->data.test->size(), evaluation_batch(*impl_->data.test));
    impl_->model->check_batches(batches, impl_->data);
}

std::string CpuLearner::notes() const {
    return impl_->model->notes();
}

TrainingResult CpuLearner::train(const ParameterVector& start,
                                 std::span<const std::int64_t> partition,
                                 TrainingState& state,
                                 const TrainingContext& context) {
    use_single_threaded_kernels_here();
    if (context.correction != nullptr && context.correction->size() != start.size()) {
        throw std::invalid_argument(
            fmt::format("training: a correction of {} values, allowed {}, the model's",
                        context.correction->size(),
                        start.size()));
    }
    auto trained = copy_of(start);
    const bool begins_round = context.steps.first == 0;
    if (!state.optimizer || (impl_->options.reset_optimizer && begins_round)) {
        state.optimizer = impl_->optimizer->initial_state(impl_->layout);
    }
    Steps steps{.values = trained->values(),
                .state = *state.optimizer,
                .correction = context.correction,
                .forward = RandomStream(part_seed(context, "forward")),
                .context = {.round = context.round,
                            .lr = impl_->options.lr,
                            .round_start = start.values(),
                            .seed = context.stream_seed("optimizer")},
                .flips_labels = context.flips_labels};
    const std::int64_t all = steps_per_call(std::ssize(partition));
    const std::int64_t first = std::min(context.steps.first, all);
    const std::int64_t count = std::min(context.steps.count, all - first);
    if (impl_->privacy) {
        auto [samples, total_loss] = impl_->private_steps(
            steps, state, partition, {first, count}, context.stream_seed("poisson"));
        return {std::move(trained), total_loss / static_cast<double>(samples), samples, count};
    }
    BatchSequence batches(partition,
                          impl_->options.batch_size,
                          context.stream_seed("shuffle"),
                          impl_->model->min_training_batch());
    for (std::int64_t step = 0; step < first; ++step) {
        (void)batches.next();
    }
    std::int64_t samples = 0;
    double total_loss = 0.0;
    for (std::int64_t step = 0; step < count; ++step) {
        const std::span<const std::int64_t> indices = batches.next();
        steps.context.step = state.steps++;
        total_loss += static_cast<double>(indices.size()) *
                      impl_->step(steps, impl_->batch_of(indices, steps.flips_labels));
        samples += std::ssize(indices);
    }
    const double mean_loss = total_loss / static_cast<double>(samples);  // NaN without samples
    return {std::move(trained), mean_loss, samples, count};
}

Parameters CpuLearner::gradient(const ParameterVector& parameters,
                                std::span<const std::int64_t> partition,
                                const TrainingContext& context) {
    use_single_threaded_kernels_here();
    const auto at = copy_of(parameters);  // whose running statistics a pass changes
    const StepTensors tensors = tensors_to_train(at->values(), *impl_->model);
    RandomStream forward(context.stream_seed("gradient forward"));
    BatchSequence batches(partition,
                          impl_->options.batch_size,
                          context.stream_seed("gradient"),
                          impl_->model->min_training_batch());
    std::vector<double> sum(parameters.size());
    double samples = 0;
    const std::int64_t count = impl_->batches_per_pass(std::ssize(partition));
    for (std::int64_t batch = 0; batch < count; ++batch) {
        const std::span<const std::int64_t> indices = batches.next();
        const auto [loss, gradients] = gradients_of(tensors,
                                                    *impl_->model,
                                                    impl_->data.train->goal(),
                                                    impl_->batch_of(indices, context.flips_labels),
                                                    forward);
        const auto weight = static_cast<double>(indices.size());
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            if (gradients[i].defined()) {
                const at::Tensor whole = gradients[i].contiguous();
                const float* const values = whole.data_ptr<float>();
                double* const to = sum.data() + tensors.places[i].offset;
                for (std::size_t k = 0; k < tensors.places[i].values.size(); ++k) {
                    to[k] += weight * values[k];
                }
            }
        }
        samples += weight;
    }
    auto mean = std::make_shared<ParameterVector>(sum.size());
    std::ranges::transform(sum, mean->values().begin(), [samples](double value) {
        return static_cast<float>(samples > 0 ? value / samples : 0);
    });
    return mean;
}

TrainingState CpuLearner::read_state(ByteSource& source) const {
    return read_training_state(source, *impl_->optimizer, impl_->layout);
}

EvaluationResult CpuLearner::evaluate(const ParameterVector& parameters, std::int64_t max_samples) {
    const std::int64_t size = impl_->data.test->size();
    std::vector<std::int64_t> first(
        static_cast<std::size_t>(max_samples == 0 ? size : std::min(max_samples, size)));
    std::iota(first.begin(), first.end(), 0);
    return evaluate(parameters, DataPart::kTest, first);
}

EvaluationResult CpuLearner::evaluate(const ParameterVector& parameters,
                                      DataPart part,
                                      std::span<const std::int64_t> samples) {
    use_single_threaded_kernels_here();
    const at::NoGradGuard no_grad;
    const Dataset& data = part == DataPart::kTest ? *impl_->data.test : *impl_->data.train;
    // `forward` reads the tensors only; LibTorch has no tensor over const memory.
    const std::vector<at::Tensor> tensors =
        tensors_over(const_cast<float*>(parameters.values().data()), *impl_->model);
    const auto at_once = static_cast<std::size_t>(evaluation_batch(data));
    double total_loss = 0.0;
    double metric_sum = 0.0;
    for (std::size_t begin = 0; begin < samples.size(); begin += at_once) {
        const std::size_t count = std::min(at_once, samples.size() - begin);
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

void register_cpu_learner(DeviceRegistry& registry) {
    registry.add({"cpu", "LibTorch on this machine's cores, one thread a task"},
                 [](const Options& /*device*/,
                    const std::string& model_spec,
                    const DatasetPair& data,
                    const TrainingOptions& options) {
                     return std::make_unique<CpuLearner>(model_spec, data, options);
                 });
}

}  // namespace murmur
