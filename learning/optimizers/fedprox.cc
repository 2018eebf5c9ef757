#include "learning/optimizers/sgd.h"

#include <memory>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// SGD of the loss plus mu / 2 ||x - x0||^2, where x0 is the model that the round began from: local
/// steps on data unlike the others' do not go far [Li, 2020, eq. 2].
/// - [Li, 2020] T. Li et al. Federated optimization in heterogeneous networks. MLSys 2.
class FedProx final : public LocalOptimizer {
  public:
    explicit FedProx(const Options& options)
        : mu_(static_cast<float>(options.number("mu", {0, 1e6}))), sgd_(make_sgd(options)) {}

    int state_vectors() const override { return sgd_->state_vectors(); }
    std::unique_ptr<OptimizerState> initial_state(const ParameterLayout& layout) const override {
        return sgd_->initial_state(layout);
    }
    std::unique_ptr<OptimizerState> read_state(ByteSource& source,
                                               const ParameterLayout& layout) const override {
        return sgd_->read_state(source, layout);
    }

    void step(std::span<const TrainedTensor> tensors,
              OptimizerState& state,
              const StepContext& context) const override {
        for (const TrainedTensor& tensor : tensors) {
            const auto start = context.round_start.subspan(tensor.offset, tensor.values.size());
            for (std::size_t i = 0; i < start.size(); ++i) {
                tensor.gradient[i] += mu_ * (tensor.values[i] - start[i]);
            }
        }
        sgd_->step(tensors, state, context);
    }

  private:
    float mu_;
    std::unique_ptr<const LocalOptimizer> sgd_;
};

}  // namespace

void register_fedprox(OptimizerRegistry& registry) {
    std::vector<OptionForm> options = sgd_options();
    options.insert(options.begin(), named("mu", "0.01", "pull back to the start of the round"));
    registry.add({"fedprox", "SGD with FedProx's proximal term", std::move(options)},
                 [](const Options& given) { return std::make_unique<FedProx>(given); });
}

}  // namespace murmur
