#include "learning/models/flop_count.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <memory>
#include <string_view>

namespace murmur {
namespace {

thread_local double t_flops = 0.0;

/// A convolution that has begun: what one value of its output costs.
struct Convolution final : at::ObserverContext {
    explicit Convolution(double flops) : flops_per_output(flops) {}
    double flops_per_output;
};

double matrix_product_flops(const at::Tensor& left, const at::Tensor& right) {
    return 2.0 * static_cast<double>(left.numel()) * static_cast<double>(right.size(-1));
}

// Layers such as linear or lstm come down to these operators; counting the layers as well would
// count twice.
std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& call) {
    const std::string_view name = call.name();
    const auto inputs = call.inputs();
    if (inputs.size() < 2) {  // a product of nothing, or an operator that shows none
        return nullptr;
    }
    if (name == "aten::mm" || name == "aten::bmm") {
        t_flops += matrix_product_flops(inputs[0].toTensor(), inputs[1].toTensor());
    } else if (name == "aten::addmm" || name == "aten::baddbmm") {
        t_flops += matrix_product_flops(inputs[1].toTensor(), inputs[2].toTensor());
    } else if (name == "aten::mkldnn_rnn_layer") {
        // oneDNN's layer, which LibTorch takes from 2.2 on for an lstm: at each of the steps and
        // for each sample, [steps, samples, features], products with the weights of input and
        // state.
        const at::Tensor& input = inputs[0].toTensor();
        t_flops += 2.0 * static_cast<double>(input.size(0) * input.size(1)) *
                   static_cast<double>(inputs[1].toTensor().numel() + inputs[2].toTensor().numel());
    } else if (name == "aten::convolution") {
        const at::Tensor& weight = inputs[1].toTensor();
        const double flops_per_value =
            2.0 * static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
        constexpr std::size_t kTransposed = 6;
        if (!inputs[kTransposed].toBool()) {
            return std::make_unique<Convolution>(flops_per_value);
        }
        t_flops += flops_per_value * static_cast<double>(inputs[0].toTensor().numel());
    }
    return nullptr;
}

void on_end(const at::RecordFunction& call, at::ObserverContext* context) {
    if (const auto* convolution = dynamic_cast<const Convolution*>(context)) {
        const at::Tensor output = call.outputs().front().toTensor();
        t_flops += convolution->flops_per_output * static_cast<double>(output.numel());
    }
}

/// Hears of every operator of this thread while it lives.
class OperatorRecord {
  public:
    OperatorRecord()
        : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(on_start, on_end)
                                                 .needsInputs(true)
                                                 .needsOutputs(true)
                                                 .scopes({at::RecordScope::FUNCTION}))) {}
    ~OperatorRecord() { at::removeCallback(handle_); }
    OperatorRecord(const OperatorRecord&) = delete;
    OperatorRecord& operator=(const OperatorRecord&) = delete;

  private:
    at::CallbackHandle handle_;
};

}  // namespace

double count_flops(const std::function<void()>& work) {
    const OperatorRecord record;
    t_flops = 0.0;
    work();
    return t_flops;
}

}  // namespace murmur
