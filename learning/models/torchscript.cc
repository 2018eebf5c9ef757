#include "learning/models/flop_count.h"
#include "learning/models/model.h"
#include "learning/zip_file.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace murmur {
namespace {

/// Says in one line what LibTorch says in many: a failure inside the script ends with its cause,
/// any other begins with it.
std::string reason_of(const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    std::string text =
        torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
    text.erase(text.find_last_not_of(" \n") + 1);
    constexpr std::string_view kInScript = "The following operation failed";
    return text.starts_with(kInScript) ? text.substr(text.rfind('\n') + 1)
                                       : text.substr(0, text.find('\n'));
}

/// A module that Python saved.  Its tensors are bound to those of each forward pass, so that it
/// keeps nothing itself: integer buffers, such as the batch counts of batch normalization, are put
/// back before each pass, and the interpreter runs the graph as written, since an optimizer that
/// first watches some runs would make results depend on what ran before.
class TorchScriptModel final : public Model {
  public:
    explicit TorchScriptModel(torch::jit::Module module) : module_(std::move(module)) {
        collect(module_);
    }

    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       Pass pass) const override {
        bind(parameters, pass);
        const torch::jit::GraphOptimizerEnabledGuard as_written(false);
        const at::Tensor outputs = module_.forward({inputs}).toTensor();
        // A regression may give its predictions as [batch].
        return outputs.dim() == 1 ? outputs.unsqueeze(1) : outputs;
    }

    /// Counts the work of one sample on this batch.
    void measure_flops(std::span<const at::Tensor> parameters, const at::Tensor& inputs) {
        add_flops(count_flops([&] { (void)forward(parameters, inputs, Pass::kTesting); }) /
                  static_cast<double>(inputs.size(0)));
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
    void collect(const torch::jit::Module& module) {
        for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
            add_slot(module, parameter.name, parameter.value, false);
        }
        for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
            if (buffer.value.is_floating_point()) {
                add_slot(module, buffer.name, buffer.value, true);
            } else {
                integer_buffers_.push_back({module, buffer.name, buffer.value.clone()});
            }
        }
        for (const auto& child : module.named_children()) {
            collect(child.value);
        }
    }

    void add_slot(const torch::jit::Module& owner,
                  const std::string& name,
                  const at::Tensor& value,
                  bool is_buffer) {
        if (value.scalar_type() != at::kFloat) {
            throw std::invalid_argument(fmt::format(
                "holds {} as {}, allowed float32", name, c10::toString(value.scalar_type())));
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
            add_tensor({value.sizes().vec(), Given{start}, is_buffer});
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

    mutable torch::jit::Module module_;
    mutable std::vector<Slot> slots_;
    mutable std::vector<IntegerBuffer> integer_buffers_;
    std::vector<at::Tensor> seen_;
};

torch::jit::Module load_module(const std::string& path) {
    if (!std::filesystem::is_regular_file(path)) {
        throw std::invalid_argument("no such file");
    }
    try {
        // LibTorch compares no checksums: damaged weights would pass for right ones, and a damaged
        // pickle can make its unpickler read past its own stack.
        require_intact_zip(path);
        return torch::jit::load(path, at::kCPU);
    } catch (const std::exception& error) {
        throw std::invalid_argument(
            fmt::format("not a file of torch.jit.script(...).save(...): {}", reason_of(error)));
    }
}

/// Runs the model on a batch; `what` the pass is for shows in the message.
at::Tensor try_forward(const TorchScriptModel& model,
                       std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       Pass pass) {
    try {
        return model.forward(parameters, inputs, pass);
    } catch (const std::exception& error) {
        throw std::invalid_argument(fmt::format("cannot take samples of shape {} ({}): {}",
                                                fmt::join(inputs.sizes().slice(1), "x"),
                                                c10::toString(inputs.scalar_type()),
                                                reason_of(error)));
    }
}

void require_outputs(const at::Tensor& outputs, const Dataset& data, std::int64_t batch) {
    const std::vector<std::int64_t> expected{batch, data.num_classes()};
    if (outputs.sizes() != expected || outputs.scalar_type() != at::kFloat) {
        throw std::invalid_argument(fmt::format(
            "gives outputs of shape {} ({}) for {} samples, allowed {} (Float), one for "
            "each {}",
            fmt::join(outputs.sizes(), "x"),
            c10::toString(outputs.scalar_type()),
            batch,
            fmt::join(expected, "x"),
            data.goal() == LearningGoal::kRegression ? "prediction" : "class"));
    }
}

/// Sees that the model takes samples of `data` and that its outputs can be trained on.
void require_fit(TorchScriptModel& model, const Dataset& data) {
    // Two samples: batch normalization trains on no less.
    const std::vector<std::int64_t> indices{0, std::min<std::int64_t>(1, data.size() - 1)};
    const Batch batch = data.batch(indices);
    std::vector<at::Tensor> parameters;
    for (const ParameterTensor& tensor : model.parameter_tensors()) {
        parameters.push_back(
            std::get<Given>(tensor.start).values.clone().set_requires_grad(!tensor.is_buffer));
    }
    at::Generator generator = at::detail::getDefaultCPUGenerator();
    const at::Tensor state = generator.get_state();
    const at::Tensor outputs = try_forward(model, parameters, batch.inputs, Pass::kTraining);
    if (!generator.get_state().equal(state)) {
        generator.set_state(state);
        throw std::invalid_argument(
            "draws random numbers, such as dropout does; they would come from a generator that "
            "all nodes share, and runs would differ");
    }
    require_outputs(outputs, data, 2);
    if (!outputs.requires_grad()) {
        throw std::invalid_argument("gives outputs that depend on no parameter");
    }
    const at::NoGradGuard no_grad;
    require_outputs(try_forward(model, parameters, batch.inputs, Pass::kTesting), data, 2);
    model.measure_flops(parameters, batch.inputs);
}

std::unique_ptr<const Model> make_torchscript_model(const Options& options, const Dataset& data) {
    const std::string& path = options.text("file");
    try {
        auto model = std::make_unique<TorchScriptModel>(load_module(path));
        if (model->num_parameters() == 0) {
            throw std::invalid_argument("has no parameters, as after torch.jit.freeze");
        }
        require_fit(*model, data);
        return model;
    } catch (const std::invalid_argument& error) {
        options.refuse(fmt::format("{}: {}", path, error.what()));
    }
}

}  // namespace

void register_torchscript(ModelRegistry& registry) {
    registry.add({"torchscript",
                  "a module that torch.jit.script(...).save(FILE) wrote in Python",
                  {rest("file", "FILE", "the archive")}},
                 make_torchscript_model);
}

}  // namespace murmur
