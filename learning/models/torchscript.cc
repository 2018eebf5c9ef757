#include "learning/bounded_process.h"
#include "learning/models/flop_count.h"
#include "learning/models/model.h"
#include "learning/models/script/archive.h"
#include "learning/models/script/operators.h"
#include "learning/runtime.h"
#include "learning/zip_file.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>

namespace murmur {
namespace {

/// A message shows this much of what a file or LibTorch says.
constexpr std::size_t kMaxReason = 300;

/// Says in one line what LibTorch says in many: a failure inside the script ends with its cause,
/// any other begins with it.
std::string reason_of(const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    std::string text =
        torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
    text.erase(text.find_last_not_of(" \n") + 1);
    constexpr std::string_view kInScript = "The following operation failed";
    text = text.starts_with(kInScript) ? text.substr(text.rfind('\n') + 1)
                                       : text.substr(0, text.find('\n'));
    return text.size() > kMaxReason ? text.substr(0, kMaxReason) + " ..." : text;
}

/// A module that Python saved.  Its tensors are bound to those of each forward pass, so that it
/// keeps nothing itself: integer buffers, such as the batch counts of batch normalization, are put
/// back before each pass, and the interpreter runs the graph as written, since an optimizer that
/// first watches some runs would make results depend on what ran before.
class TorchScriptModel final : public Model {
  public:
    TorchScriptModel(torch::jit::Module module, std::string path)
        : module_(std::move(module)), path_(std::move(path)), facts_(check_forward(module_)) {
        collect(module_, "");
        if (num_parameters() == 0) {
            throw std::invalid_argument("has no parameters, as after torch.jit.freeze");
        }
        const LayoutCounts counts = count_values(layout());
        if (counts.trained == 0) {
            throw std::invalid_argument(
                fmt::format("has nothing to train: its {} parameters were saved with "
                            "requires_grad=False; save it with requires_grad_(True)",
                            counts.frozen));
        }
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext& context) const override {
        bind(parameters, context.pass);
        const torch::jit::GraphOptimizerEnabledGuard as_written(false);
        // A script may turn gradients off; not for whoever comes next on this thread.
        const at::AutoGradMode same_after(at::GradMode::is_enabled());
        const at::Tensor outputs = module_.forward({inputs}).toTensor();
        if (context.pass == Pass::kTraining) {
            take_back_buffers(parameters);
        }
        // A regression may give its predictions as [batch].
        return outputs.dim() == 1 ? outputs.unsqueeze(1) : outputs;
    }

    std::unique_ptr<const Model> twin() const override;
    void check_batches(const BatchSizes& sizes, const DatasetPair& data) const override;

    std::string notes() const override {
        return facts_.counts.empty()
                   ? std::string()
                   : fmt::format("{} integer buffer{} that count{} passes and that nothing reads "
                                 "(such as {}) stay{} as saved",
                                 facts_.counts.size(),
                                 facts_.counts.size() == 1 ? "" : "s",
                                 facts_.counts.size() == 1 ? "s" : "",
                                 facts_.counts.front(),
                                 facts_.counts.size() == 1 ? "s" : "");
    }

    [[nodiscard]] bool normalizes_batches() const { return facts_.normalizes_batches; }

    /// What trials of a model found out.
    struct Findings {
        double flops = 0;  ///< of one sample's forward pass
        std::int64_t min_training_batch = 1;
    };
    void set_findings(const Findings& findings) {
        findings_ = findings;
        add_flops(findings.flops);
        set_min_training_batch(findings.min_training_batch);
    }

  private:
    /// An attribute of a module, and the tensor of the flat vector that stands in it.
    struct Slot {
        torch::jit::Module owner;
        std::string name;
        std::size_t tensor;
    };
    /// What the script may count in; it never travels.
    struct IntegerBuffer {
        torch::jit::Module owner;
        std::string name;
        at::Tensor value;
    };

    /// Finds parameters, buffers, then children, as `state_dict()` of Python orders them.
    void collect(const torch::jit::Module& module, const std::string& path) {
        for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
            add_slot(module, path, parameter.name, parameter.value, false);
        }
        for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
            if (buffer.value.is_floating_point()) {
                add_slot(module, path, buffer.name, buffer.value, true);
            } else {
                integer_buffers_.push_back({module, buffer.name, buffer.value.clone()});
            }
        }
        for (const auto& child : module.named_children()) {
            collect(child.value, path + child.name + '.');
        }
    }

    void add_slot(const torch::jit::Module& owner,
                  const std::string& path,
                  const std::string& name,
                  const at::Tensor& value,
                  bool is_buffer) {
        if (value.scalar_type() != at::kFloat) {
            throw std::invalid_argument(fmt::format(
                "holds {}{} as {}, allowed float32", path, name, c10::toString(value.scalar_type())));
        }
        // Two layers may share one tensor; it is sent and trained once.
        const auto twin = std::ranges::find_if(seen_, [&](const at::Tensor& tensor) {
            return tensor.data_ptr() == value.data_ptr() && tensor.sizes() == value.sizes() &&
                   value.numel() > 0;
        });
        slots_.push_back({owner, name, static_cast<std::size_t>(twin - seen_.begin())});
        if (twin == seen_.end()) {
            seen_.push_back(value);
            const at::Tensor start = value.detach().contiguous().clone();
            const bool is_frozen = !is_buffer && !value.requires_grad();
            add_tensor({value.sizes().vec(), Given{start}, is_buffer, is_frozen, path + name});
        }
    }

    void bind(std::span<const at::Tensor> parameters, Pass pass) const {
        const bool trains = pass == Pass::kTraining;
        if (module_.is_training() != trains) {
            module_.train(trains);
        }
        for (Slot& slot : slots_) {
            // A test may not write into a node's parameters, whatever the script does.
            const at::Tensor& tensor = parameters[slot.tensor];
            const bool copies = !trains && parameter_tensors()[slot.tensor].is_buffer;
            slot.owner.setattr(slot.name, copies ? tensor.clone() : tensor);
        }
        for (IntegerBuffer& buffer : integer_buffers_) {
            buffer.owner.setattr(buffer.name, buffer.value.clone());
        }
    }

    /// Keeps what a training pass has assigned to a buffer, instead of writing into it.
    void take_back_buffers(std::span<const at::Tensor> parameters) const {
        const at::NoGradGuard no_grad;
        for (const Slot& slot : slots_) {
            if (!parameter_tensors()[slot.tensor].is_buffer) {
                continue;
            }
            const at::Tensor& bound = parameters[slot.tensor];
            const at::Tensor now = slot.owner.attr(slot.name).toTensor();
            if (!now.is_same(bound)) {
                if (now.sizes() != bound.sizes()) {
                    throw std::invalid_argument(
                        fmt::format("gives its buffer {} another shape", slot.name));
                }
                bound.copy_(now);
            }
        }
    }

    mutable torch::jit::Module module_;
    std::string path_;
    ForwardFacts facts_;
    Findings findings_;
    mutable std::vector<Slot> slots_;
    mutable std::vector<IntegerBuffer> integer_buffers_;
    std::vector<at::Tensor> seen_;
};

torch::jit::Module load_module(const std::string& path) {
    try {
        return torch::jit::load(path, at::kCPU);
    } catch (const std::exception& error) {
        throw std::invalid_argument(
            fmt::format("not a file of torch.jit.script(...).save(...): {}", reason_of(error)));
    }
}

/// Runs the model on a batch.
at::Tensor try_forward(const TorchScriptModel& model,
                       std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       Pass pass) {
    try {
        return model.forward(parameters, inputs, {.pass = pass});
    } catch (const std::exception& error) {
        throw std::invalid_argument(fmt::format("cannot take samples of shape {} ({}): {}",
                                                fmt::join(inputs.sizes().slice(1), "x"),
                                                c10::toString(inputs.scalar_type()),
                                                reason_of(error)));
    }
}

void require_outputs(const at::Tensor& outputs, const Dataset& data, std::int64_t batch) {
    std::vector<std::int64_t> expected = data.goal().output_shape(data);
    expected.insert(expected.begin(), batch);
    if (outputs.sizes() != expected || outputs.scalar_type() != at::kFloat) {
        throw std::invalid_argument(fmt::format(
            "gives outputs of shape {} ({}) for {} samples, allowed {} (Float), one for "
            "each {}",
            fmt::join(outputs.sizes(), "x"),
            c10::toString(outputs.scalar_type()),
            batch,
            fmt::join(expected, "x"),
            data.goal() == regression() ? "prediction" : "class"));
    }
}

std::vector<at::Tensor> start_values(const Model& model) {
    std::vector<at::Tensor> parameters;
    for (const ParameterTensor& tensor : model.parameter_tensors()) {
        parameters.push_back(
            std::get<Given>(tensor.start).values.clone().set_requires_grad(tensor.is_trained()));
    }
    return parameters;
}

/// The first `size` samples, over again where there are fewer.
Batch batch_of(const Dataset& data, std::int64_t size) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < size; ++i) {
        indices.push_back(i % data.size());
    }
    return data.batch(indices);
}

bool has_finite_buffers(const Model& model, std::span<const at::Tensor> parameters) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (model.parameter_tensors()[i].is_buffer && !parameters[i].isfinite().all().item<bool>()) {
            return false;
        }
    }
    return true;
}

/// Trains on a batch, or tests with one.
void try_batch(const TorchScriptModel& model, const Dataset& data, std::int64_t size, Pass pass) {
    const at::AutoGradMode gradients(pass == Pass::kTraining);
    const auto parameters = start_values(model);
    const Batch batch = batch_of(data, size);
    require_outputs(try_forward(model, parameters, batch.inputs, pass), data, size);
    if (!has_finite_buffers(model, parameters)) {
        throw std::invalid_argument("makes its running statistics infinite or NaN");
    }
}

/// Sees that passes on the same batch are the same.
void require_repeatable(const TorchScriptModel& model, const Dataset& data) {
    at::Generator generator = at::detail::getDefaultCPUGenerator();
    const at::Tensor state = generator.get_state();
    const Batch batch = batch_of(data, 2);
    const auto pass = [&] {
        const auto parameters = start_values(model);
        return try_forward(model, parameters, batch.inputs.clone(), Pass::kTraining);
    };
    const at::Tensor first = pass();
    const at::Tensor second = pass();
    if (!generator.get_state().equal(state)) {
        throw std::invalid_argument("draws random numbers, such as dropout does");
    }
    if (first.sizes() != second.sizes() || !first.allclose(second, 0, 0, /*equal_nan=*/true)) {
        throw std::invalid_argument("gives other outputs for the same parameters and inputs");
    }
    require_outputs(first, data, 2);
    if (!first.requires_grad()) {
        throw std::invalid_argument("gives outputs that depend on no parameter that is trained");
    }
}

bool takes_one_sample(const TorchScriptModel& model, const Dataset& data) {
    try {
        try_batch(model, data, 1, Pass::kTraining);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

/// Sees that the model takes samples of `data` and that its outputs can be trained on.
TorchScriptModel::Findings try_model(const TorchScriptModel& model, const Dataset& data) {
    require_repeatable(model, data);
    try_batch(model, data, 2, Pass::kTesting);
    TorchScriptModel::Findings findings;
    if (model.normalizes_batches() && !takes_one_sample(model, data)) {
        findings.min_training_batch = 2;
    }
    const at::NoGradGuard no_grad;
    const auto parameters = start_values(model);
    const Batch batch = batch_of(data, 2);
    findings.flops = count_flops([&] { (void)model.forward(parameters, batch.inputs, {}); }) / 2;
    return findings;
}

TorchScriptModel::Findings parse_findings(const std::string& text) {
    TorchScriptModel::Findings findings;
    const std::size_t blank = text.find(' ');
    findings.flops = std::stod(text.substr(0, blank));
    findings.min_training_batch = std::stoll(text.substr(blank + 1));
    return findings;
}

[[noreturn]] void refuse_file(const std::exception& error) {
    throw std::invalid_argument(
        fmt::format("not a file of torch.jit.script(...).save(...): {}", reason_of(error)));
}

/// Loads and tries a file in a process of its own: LibTorch trusts what it reads, and a loop
/// without end or a tensor of terabytes must not be ours.
TorchScriptModel::Findings try_file(const std::string& path, const Dataset& data) {
    try {
        // LibTorch compares no checksums: damaged weights would pass for right ones.
        require_intact_zip(path);
    } catch (const std::exception& error) {
        refuse_file(error);
    }
    return parse_findings(run_apart({}, [&] {
        use_single_threaded_kernels();
        try {
            check_script_archive(path);
        } catch (const std::exception& error) {
            refuse_file(error);
        }
        const TorchScriptModel model(load_module(path), path);
        const TorchScriptModel::Findings findings = try_model(model, data);
        return fmt::format("{} {}", findings.flops, findings.min_training_batch);
    }));
}

std::unique_ptr<TorchScriptModel> load_tried(const std::string& path,
                                             const TorchScriptModel::Findings& findings) {
    auto model = std::make_unique<TorchScriptModel>(load_module(path), path);
    model->set_findings(findings);
    return model;
}

std::unique_ptr<const Model> TorchScriptModel::twin() const {
    return load_tried(path_, findings_);
}

/// Of very many sizes the smallest and the largest: what a model cannot take is rarely between.
std::vector<std::int64_t> some_of(const std::vector<std::int64_t>& ascending) {
    constexpr std::size_t kEnds = 32;
    if (ascending.size() <= 2 * kEnds) {
        return ascending;
    }
    std::vector<std::int64_t> ends(ascending.begin(), ascending.begin() + kEnds);
    ends.insert(ends.end(), ascending.end() - kEnds, ascending.end());
    return ends;
}

void TorchScriptModel::check_batches(const BatchSizes& sizes, const DatasetPair& data) const {
    (void)run_apart({.cpu = std::chrono::seconds(120)}, [&] {
        use_single_threaded_kernels();
        const auto check = [&](const std::vector<std::int64_t>& batches,
                               const Dataset& of,
                               Pass pass) {
            for (const std::int64_t size : some_of(batches)) {
                try {
                    try_batch(*this, of, size, pass);
                } catch (const std::exception& error) {
                    throw std::invalid_argument(
                        fmt::format("{} on a batch of {}: {}",
                                    pass == Pass::kTraining ? "training" : "testing",
                                    size,
                                    reason_of(error)));
                }
            }
        };
        check(sizes.training, *data.train, Pass::kTraining);
        check(sizes.testing, *data.test, Pass::kTesting);
        return std::string();
    });
}

std::unique_ptr<const Model> make_torchscript_model(const Options& options, const Dataset& data) {
    const std::string& path = options.text("file");
    try {
        if (!std::filesystem::is_regular_file(path)) {
            throw std::invalid_argument("no such file");
        }
        return load_tried(path, try_file(path, data));
    } catch (const std::exception& error) {
        options.refuse(fmt::format("{}: {}", path, reason_of(error)));
    }
}

}  // namespace

void register_torchscript(ModelRegistry& registry) {
    registry.add({"torchscript",
                  "a module that torch.jit.script(...).save(FILE) wrote in Python; it is a program, and is "
                  "looked through before it runs",
                  {rest("file", "FILE", "the archive")}},
                 make_torchscript_model);
}

}  // namespace murmur
