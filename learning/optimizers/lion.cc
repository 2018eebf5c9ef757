#include "learning/optimizer.h"

#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace murmur {
namespace {

struct LionState final : OptimizerState {
    explicit LionState(std::vector<float> m) : mean(std::move(m)) {}
    void write(ByteSink& sink) const override { sink.floats(mean); }

    std::vector<float> mean;  ///< [num_params], m
};

/// Steps of one length by the sign of an interpolated gradient [Chen, 2023, algorithm 2]:
///
///     x = (1 - lr weight_decay) x - lr sign(beta1 m + (1 - beta1) g);  m = beta2 m + (1 - beta2) g
///
/// where m is 0 before the first step and the sign of 0 is 0.
/// - [Chen, 2023] X. Chen et al. Symbolic discovery of optimization algorithms. NeurIPS 36.
class Lion final : public LocalOptimizer {
  public:
    explicit Lion(const Options& options)
        : beta1_(options.number("beta1", {0, 1})),
          beta2_(options.number("beta2", {0, 1})),
          weight_decay_(options.number("weight-decay", {0, std::numeric_limits<double>::max()})) {}

    int state_vectors() const override { return 1; }
    std::unique_ptr<OptimizerState> initial_state(const ParameterLayout& layout) const override {
        return std::make_unique<LionState>(std::vector<float>(count_values(layout).total()));
    }
    std::unique_ptr<OptimizerState> read_state(ByteSource& source,
                                               const ParameterLayout& layout) const override {
        return std::make_unique<LionState>(read_state_vector(source, layout, true));
    }

    void step(std::span<const TrainedTensor> tensors,
              OptimizerState& base,
              const StepContext& context) const override {
        auto& state = static_cast<LionState&>(base);
        const auto keep = static_cast<float>(1 - context.lr * weight_decay_);
        const auto lr = static_cast<float>(context.lr);
        for (const TrainedTensor& tensor : tensors) {
            step_of(tensor, state.mean.data() + tensor.offset, keep, lr);
        }
    }

  private:
    void step_of(const TrainedTensor& tensor, float* m, float keep, float lr) const {
        const auto beta1 = static_cast<float>(beta1_);
        const auto rest1 = static_cast<float>(1 - beta1_);
        const auto beta2 = static_cast<float>(beta2_);
        const auto rest2 = static_cast<float>(1 - beta2_);
        float* const x = tensor.values.data();
        const float* const g = tensor.gradient.data();
        const std::size_t size = tensor.values.size();
        for (std::size_t i = 0; i < size; ++i) {
            const float direction = beta1 * m[i] + rest1 * g[i];
            const float sign =
                static_cast<float>(direction > 0) - static_cast<float>(direction < 0);
            x[i] = x[i] * keep - lr * sign;
            m[i] = beta2 * m[i] + rest2 * g[i];
        }
    }

    double beta1_;
    double beta2_;
    double weight_decay_;
};

}  // namespace

void register_lion(OptimizerRegistry& registry) {
    registry.add(
        {"lion",
         "the sign of an interpolated gradient; a rate of 1/10 of Adam's",
         {named("beta1", "0.9", "share of the momentum in the direction, 0 to 1"),
          named("beta2", "0.99", "what remains of the momentum, 0 to 1"),
          named("weight-decay", "0", "share of lr by which values shrink; --weight-decay")}},
        [](const Options& options) { return std::make_unique<Lion>(options); });
}

}  // namespace murmur
