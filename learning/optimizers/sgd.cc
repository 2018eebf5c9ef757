#include "learning/optimizers/sgd.h"

#include <limits>
#include <utility>

namespace murmur {
namespace {

struct SgdState final : OptimizerState {
    explicit SgdState(std::vector<float> m) : momentum(std::move(m)) {}
    void write(ByteSink& sink) const override { sink.floats(momentum); }

    std::vector<float> momentum;  ///< [num_params]; empty where the momentum is 0
};

class Sgd final : public LocalOptimizer {
  public:
    explicit Sgd(const Options& options)
        : momentum_(options.below_one("momentum")),
          weight_decay_(options.number("weight-decay", {0, std::numeric_limits<double>::max()})),
          nesterov_(options.choice<bool>("nesterov", {{"false", false}, {"true", true}})) {
        if (nesterov_ && momentum_ == 0) {
            options.refuse("momentum: got 0, allowed above 0 where nesterov is on");
        }
    }

    int state_vectors() const override { return momentum_ > 0 ? 1 : 0; }
    bool is_plain_sgd() const override { return momentum_ == 0; }
    std::unique_ptr<OptimizerState> initial_state(const ParameterLayout& layout) const override {
        return std::make_unique<SgdState>(
            std::vector<float>(momentum_ > 0 ? count_values(layout).total() : 0));
    }
    std::unique_ptr<OptimizerState> read_state(ByteSource& source,
                                               const ParameterLayout& layout) const override {
        return std::make_unique<SgdState>(read_state_vector(source, layout, momentum_ > 0));
    }

    void step(std::span<const TrainedTensor> tensors,
              OptimizerState& state,
              const StepContext& context) const override {
        const std::span<float> momentum = static_cast<SgdState&>(state).momentum;
        for (const TrainedTensor& tensor : tensors) {
            step_of(
                tensor,
                momentum.empty() ? momentum : momentum.subspan(tensor.offset, tensor.values.size()),
                context.lr);
        }
    }

  private:
    void step_of(const TrainedTensor& tensor, std::span<float> momentum, double rate) const {
        const std::span<float> values = tensor.values;
        const std::span<const float> gradient = tensor.gradient;
        const auto lr = static_cast<float>(rate);
        const auto mu = static_cast<float>(momentum_);
        const auto decay = static_cast<float>(weight_decay_);
        const std::size_t size = values.size();
        if (momentum_ == 0.0) {
            for (std::size_t i = 0; i < size; ++i) {
                values[i] -= lr * (gradient[i] + decay * values[i]);
            }
        } else if (nesterov_) {
            for (std::size_t i = 0; i < size; ++i) {
                const float g = gradient[i] + decay * values[i];
                momentum[i] = mu * momentum[i] + g;
                values[i] -= lr * (g + mu * momentum[i]);
            }
        } else {
            for (std::size_t i = 0; i < size; ++i) {
                momentum[i] = mu * momentum[i] + (gradient[i] + decay * values[i]);
                values[i] -= lr * momentum[i];
            }
        }
    }

    double momentum_;
    double weight_decay_;
    bool nesterov_;
};

}  // namespace

std::vector<OptionForm> sgd_options() {
    return {named("momentum", "0", "factor of the steps before, 0 to below 1; --momentum"),
            named("weight-decay", "0", "L2 penalty; --weight-decay"),
            word("nesterov", {"false", "true"}, "Nesterov's momentum; --nesterov")};
}

std::unique_ptr<const LocalOptimizer> make_sgd(const Options& options) {
    return std::make_unique<Sgd>(options);
}

void register_sgd(OptimizerRegistry& registry) {
    registry.add({"sgd", "stochastic gradient descent, as torch.optim.SGD", sgd_options()},
                 make_sgd);
}

}  // namespace murmur
