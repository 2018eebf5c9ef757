// Measures one step of a transformer (AdamW) in `CpuLearner` against the same model, loss and
// optimizer in plain LibTorch: thread CPU time, in child processes of their own that alternate.
// Fails where the losses or the trained parameters disagree.
//
//   bench-gpt-step [LAYERS HEADS WIDTH CONTEXT BATCH]

#include "learning/batch_sequence.h"
#include "learning/cpu_learner.h"
#include "learning/dataset.h"
#include "learning/runtime.h"
#include "tests/bench/measured_steps.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_dataset.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace murmur;
using namespace murmur::bench;

namespace nn = torch::nn;

struct PlainGptOptions {
    std::int64_t vocabulary;
    std::int64_t context;
    std::int64_t layers;
    std::int64_t heads;
    std::int64_t width;
};

/// A block as a LibTorch user would write it; parameters in GPT-2's order.
struct PlainGptBlockImpl : nn::Module {
    explicit PlainGptBlockImpl(const PlainGptOptions& options);
    torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& mask);

    std::int64_t heads;
    nn::LayerNorm ln_1{nullptr}, ln_2{nullptr};
    nn::Linear c_attn{nullptr}, c_proj{nullptr}, c_fc{nullptr}, c_out{nullptr};
};
TORCH_MODULE(PlainGptBlock);

/// The transformer of `--model=gpt` in plain LibTorch, after nanoGPT's model.py: shares no code
/// with ours; what its speed is compared with.  Parameters in the same order.
struct PlainGptImpl : nn::Module {
    explicit PlainGptImpl(const PlainGptOptions& options);
    /// @param tokens  [batch, context] int64
    /// @return        [batch, context, vocabulary] logits
    torch::Tensor forward(const torch::Tensor& tokens);

    nn::Embedding wte{nullptr}, wpe{nullptr};
    nn::ModuleList blocks;
    nn::LayerNorm ln_f{nullptr};
    torch::Tensor mask, positions;
};
TORCH_MODULE(PlainGpt);

PlainGptBlockImpl::PlainGptBlockImpl(const PlainGptOptions& options) : heads(options.heads) {
    const std::int64_t width = options.width;
    ln_1 = register_module("ln_1", nn::LayerNorm(nn::LayerNormOptions({width})));
    c_attn = register_module("c_attn", nn::Linear(width, 3 * width));
    c_proj = register_module("c_proj", nn::Linear(width, width));
    ln_2 = register_module("ln_2", nn::LayerNorm(nn::LayerNormOptions({width})));
    c_fc = register_module("c_fc", nn::Linear(width, 4 * width));
    c_out = register_module("c_out", nn::Linear(4 * width, width));
}

torch::Tensor PlainGptBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& mask) {
    const std::int64_t batch = x.size(0);
    const std::int64_t steps = x.size(1);
    const std::int64_t width = x.size(2);
    const std::vector<torch::Tensor> parts = c_attn(ln_1(x)).split(width, 2);
    const auto by_head = [&](const torch::Tensor& part) {
        return part.view({batch, steps, heads, width / heads}).transpose(1, 2);
    };
    const torch::Tensor q = by_head(parts[0]);
    const torch::Tensor k = by_head(parts[1]);
    const torch::Tensor v = by_head(parts[2]);
    torch::Tensor scores = torch::matmul(q, k.transpose(-2, -1)) *
                           (1.0 / std::sqrt(static_cast<double>(width / heads)));
    scores = scores.masked_fill(mask, -std::numeric_limits<float>::infinity());
    const torch::Tensor mixed = torch::matmul(torch::softmax(scores, -1), v)
                                    .transpose(1, 2)
                                    .contiguous()
                                    .view({batch, steps, width});
    const torch::Tensor y = x + c_proj(mixed);
    return y + c_out(torch::gelu(c_fc(ln_2(y))));
}

PlainGptImpl::PlainGptImpl(const PlainGptOptions& options) {
    wte = register_module("wte", nn::Embedding(options.vocabulary, options.width));
    wpe = register_module("wpe", nn::Embedding(options.context, options.width));
    for (std::int64_t layer = 0; layer < options.layers; ++layer) {
        blocks->push_back(PlainGptBlock(options));
    }
    register_module("h", blocks);
    ln_f = register_module("ln_f", nn::LayerNorm(nn::LayerNormOptions({options.width})));
    mask = torch::ones({options.context, options.context}, torch::kBool).triu(1);
    positions = torch::arange(options.context, torch::kLong);
}

torch::Tensor PlainGptImpl::forward(const torch::Tensor& tokens) {
    torch::Tensor x = wte(tokens) + wpe(positions);
    for (const auto& block : *blocks) {
        x = block->as<PlainGptBlock>()->forward(x, mask);
    }
    return torch::matmul(ln_f(x), wte->weight.t());
}

constexpr int kRepetitions = 5;
constexpr StepCounts kCounts{.warm_up_calls = 3, .calls = 15};
constexpr std::int64_t kVocabulary = 65;  // of tinyshakespeare's characters

struct Case {
    std::int64_t layers = 4;
    std::int64_t heads = 4;
    std::int64_t width = 128;
    std::int64_t context = 64;
    std::int64_t batch = 12;
    std::int64_t steps = 1;  ///< of a call, which takes a model and gives another one

    [[nodiscard]] std::string model() const {
        return fmt::format("gpt:layers={},heads={},width={}", layers, heads, width);
    }
    [[nodiscard]] TrainingOptions training() const {
        return {.batch_size = batch, .local_steps = steps, .optimizer = "adamw", .lr = 1e-3};
    }
};

/// A text of as many different characters as tinyshakespeare has.
DatasetPair text_of(const Case& chosen) {
    const test::TemporaryFolder folder;
    std::string text;
    std::uint32_t state = 1;
    for (std::int64_t i = 0; i < 400 * chosen.context; ++i) {
        state = 1664525 * state + 1013904223;
        text += static_cast<char>(' ' + (i < kVocabulary ? i : (state >> 16) % kVocabulary));
    }
    return load_dataset(
        fmt::format("tokens:{},context={}", folder.write("text", text), chosen.context), 1);
}

MeasuredSteps measure_learner(const Case& chosen) {
    tune_process_for_learning();
    const DatasetPair data = text_of(chosen);
    CpuLearner learner(chosen.model(), data, chosen.training());
    const std::vector<std::int64_t> partition = test::first_samples(data.train->size());
    TrainingState state;
    Parameters parameters = learner.initial_parameters(1);
    std::vector<float> after_warm_up;
    const double ms = time_steps(kCounts, [&](std::uint64_t step) {
        parameters = learner.train(*parameters, partition, state, {.seed = step}).parameters;
        if (step + 1 == kCounts.warm_up_calls) {
            after_warm_up.assign(parameters->values().begin(), parameters->values().end());
        }
    });
    return {ms, after_warm_up};
}

std::vector<float> flat(const PlainGpt& net) {
    std::vector<float> values;
    for (const torch::Tensor& parameter : net->parameters()) {
        const float* const begin = parameter.data_ptr<float>();
        values.insert(values.end(), begin, begin + parameter.numel());
    }
    return values;
}

void load(const PlainGpt& net, std::span<const float> values) {
    const torch::NoGradGuard no_grad;
    for (const torch::Tensor& parameter : net->parameters()) {
        const auto size = static_cast<std::size_t>(parameter.numel());
        std::copy_n(values.begin(), size, parameter.data_ptr<float>());
        values = values.subspan(size);
    }
    if (!values.empty()) {
        throw std::runtime_error("the plain model has another number of parameters");
    }
}

/// @param is_tuned  with the process's memory settings that the learner has, too
MeasuredSteps measure_plain(const Case& chosen, bool is_tuned) {
    if (is_tuned) {
        tune_process_for_learning();
    }
    use_single_threaded_kernels();
    const DatasetPair data = text_of(chosen);
    const std::vector<std::int64_t> partition = test::first_samples(data.train->size());
    const PlainGptOptions form{.vocabulary = kVocabulary,
                               .context = chosen.context,
                               .layers = chosen.layers,
                               .heads = chosen.heads,
                               .width = chosen.width};
    PlainGpt net(form);
    load(net, CpuLearner(chosen.model(), data, chosen.training()).initial_parameters(1)->values());
    torch::optim::AdamW optimizer(net->parameters(),
                                  torch::optim::AdamWOptions(chosen.training().lr));
    std::vector<float> after_warm_up;
    const double ms = time_steps(kCounts, [&](std::uint64_t step) {
        BatchSequence batches(
            partition, chosen.batch, TrainingContext{.seed = step}.stream_seed("shuffle"));
        for (std::int64_t i = 0; i < chosen.steps; ++i) {
            const Batch batch = data.train->batch(batches.next());
            optimizer.zero_grad();
            const torch::Tensor loss = torch::nn::functional::cross_entropy(
                net->forward(batch.inputs).view({-1, kVocabulary}), batch.targets.view({-1}));
            loss.backward();
            optimizer.step();
        }
        if (step + 1 == kCounts.warm_up_calls) {
            after_warm_up = flat(net);
        }
    });
    return {ms, after_warm_up};
}

std::string words(const Case& chosen) {
    return fmt::format("{} {} {} {} {} {}",
                       chosen.layers,
                       chosen.heads,
                       chosen.width,
                       chosen.context,
                       chosen.batch,
                       chosen.steps);
}

/// Distance of two vectors over the length of the first.
double relative_distance(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) {
        throw std::runtime_error("the two trainings have models of different size");
    }
    double distance = 0.0;
    double length = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = static_cast<double>(a[i]) - b[i];
        distance += difference * difference;
        length += static_cast<double>(a[i]) * a[i];
    }
    return std::sqrt(distance / length);
}

int compare(const std::string& program, const Case& chosen) {
    std::vector<double> plain_ms;
    std::vector<double> tuned_ms;
    std::vector<double> learner_ms;
    std::vector<double> ratios;
    std::vector<double> tuned_ratios;
    double difference = 0.0;
    std::size_t parameters = 0;
    for (int repetition = 0; repetition < kRepetitions; ++repetition) {
        const MeasuredSteps plain = run_child(program, words(chosen) + " --plain");
        const MeasuredSteps tuned = run_child(program, words(chosen) + " --tuned");
        const MeasuredSteps learner = run_child(program, words(chosen) + " --learner");
        plain_ms.push_back(plain.step_ms);
        tuned_ms.push_back(tuned.step_ms);
        learner_ms.push_back(learner.step_ms);
        ratios.push_back(learner.step_ms / plain.step_ms);
        tuned_ratios.push_back(learner.step_ms / tuned.step_ms);
        difference = relative_distance(plain.parameters, learner.parameters);
        parameters = learner.parameters.size();
    }
    constexpr double kTolerance = 1e-4;
    fmt::print(
        "training step of {}, context {}, batch {} ({} parameters), AdamW:\n"
        "CPU ms of one thread, median of {} processes\n"
        "  plain LibTorch                     {:8.2f}\n"
        "  plain LibTorch, malloc as ours     {:8.2f}\n"
        "  learner                            {:8.2f}\n"
        "  ratio to plain                     {:8.3f}   (goal: at most 1.15; {:.3f} ... {:.3f})\n"
        "  ratio to plain with our malloc     {:8.3f}   (goal: at most 1.15; {:.3f} ... {:.3f})\n"
        "  relative distance of the parameters after {} steps: {:.1e} (allowed {:.0e})\n",
        chosen.model(),
        chosen.context,
        chosen.batch,
        parameters,
        kRepetitions,
        median(plain_ms),
        median(tuned_ms),
        median(learner_ms),
        median(ratios),
        std::ranges::min(ratios),
        std::ranges::max(ratios),
        median(tuned_ratios),
        std::ranges::min(tuned_ratios),
        std::ranges::max(tuned_ratios),
        kCounts.warm_up_calls,
        difference,
        kTolerance);
    return difference <= kTolerance ? EXIT_SUCCESS : EXIT_FAILURE;
}

Case case_of(int argc, char** argv) {
    Case chosen;
    if (argc > 5) {
        chosen = {std::stoll(argv[1]),
                  std::stoll(argv[2]),
                  std::stoll(argv[3]),
                  std::stoll(argv[4]),
                  std::stoll(argv[5])};
        chosen.steps = argc > 6 && argv[6][0] != '-' ? std::stoll(argv[6]) : 1;
    }
    return chosen;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string mode = argc > 1 ? argv[argc - 1] : "";
        const Case chosen = case_of(argc, argv);
        if (mode == "--learner") {
            write(measure_learner(chosen));
        } else if (mode == "--plain" || mode == "--tuned") {
            write(measure_plain(chosen, mode == "--tuned"));
        } else {
            return compare(std::filesystem::read_symlink("/proc/self/exe"), chosen);
        }
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench-gpt-step: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
