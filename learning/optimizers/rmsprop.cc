#include "learning/optimizer.h"

#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace murmur {
namespace {

struct RmsPropState final : OptimizerState {
    void write(ByteSink& sink) const override {
        sink.floats(square);
        sink.floats(mean);
        sink.floats(momentum);
    }

    std::vector<float> square;    ///< [num_params], v
    std::vector<float> mean;      ///< [num_params], m; empty unless centered
    std::vector<float> momentum;  ///< [num_params], b; empty where the momentum is 0
};

/// Divides the gradient by a running root of its square, as torch.optim.RMSprop does:
///
///     g = gradient + weight_decay x;  v = alpha v + (1 - alpha) g^2
///     d = g / (sqrt(v) + eps);  x = x - lr d
///
/// centered, m = alpha m + (1 - alpha) g and the root is that of v - m^2; with momentum,
/// b = momentum b + d is the step [Graves, 2013, eq. 38 to 45, in torch's order].  All start at 0.
/// - [Graves, 2013] A. Graves. Generating sequences with recurrent neural networks.
/// arXiv:1308.0850.
class RmsProp final : public LocalOptimizer {
  public:
    explicit RmsProp(const Options& options)
        : alpha_(options.number("alpha", {0, 1})),
          eps_(options.number("eps", {0, std::numeric_limits<double>::max()})),
          momentum_(options.below_one("momentum")),
          weight_decay_(options.number("weight-decay", {0, std::numeric_limits<double>::max()})),
          centered_(options.choice<bool>("centered", {{"false", false}, {"true", true}})) {}

    int state_vectors() const override { return 1 + (centered_ ? 1 : 0) + (momentum_ > 0 ? 1 : 0); }
    std::unique_ptr<OptimizerState> initial_state(const ParameterLayout& layout) const override {
        const std::size_t size = count_values(layout).total();
        auto state = std::make_unique<RmsPropState>();
        state->square.resize(size);
        state->mean.resize(centered_ ? size : 0);
        state->momentum.resize(momentum_ > 0 ? size : 0);
        return state;
    }
    std::unique_ptr<OptimizerState> read_state(ByteSource& source,
                                               const ParameterLayout& layout) const override {
        auto state = std::make_unique<RmsPropState>();
        state->square = read_state_vector(source, layout, true);
        state->mean = read_state_vector(source, layout, centered_);
        state->momentum = read_state_vector(source, layout, momentum_ > 0);
        return state;
    }

    void step(std::span<const TrainedTensor> tensors,
              OptimizerState& base,
              const StepContext& context) const override {
        auto& state = static_cast<RmsPropState&>(base);
        for (const TrainedTensor& tensor : tensors) {
            float* const v = state.square.data() + tensor.offset;
            divide(tensor, v, centered_ ? state.mean.data() + tensor.offset : nullptr);
            move(tensor,
                 momentum_ > 0 ? state.momentum.data() + tensor.offset : nullptr,
                 static_cast<float>(context.lr));
        }
    }

  private:
    /// Puts d in the gradient's place.
    void divide(const TrainedTensor& tensor, float* v, float* m) const {
        const auto alpha = static_cast<float>(alpha_);
        const auto rest = static_cast<float>(1 - alpha_);
        const auto eps = static_cast<float>(eps_);
        const auto decay = static_cast<float>(weight_decay_);
        const float* const x = tensor.values.data();
        float* const gradient = tensor.gradient.data();
        const std::size_t size = tensor.values.size();
        for (std::size_t i = 0; i < size; ++i) {
            const float g = gradient[i] + decay * x[i];
            v[i] = alpha * v[i] + rest * g * g;
            float square = v[i];
            if (m != nullptr) {
                m[i] = alpha * m[i] + rest * g;
                square -= m[i] * m[i];
            }
            gradient[i] = g / (std::sqrt(square) + eps);
        }
    }

    void move(const TrainedTensor& tensor, float* momentum, float lr) const {
        const auto mu = static_cast<float>(momentum_);
        const std::size_t size = tensor.values.size();
        for (std::size_t i = 0; i < size; ++i) {
            float d = tensor.gradient[i];
            if (momentum != nullptr) {
                d = momentum[i] = mu * momentum[i] + d;
            }
            tensor.values[i] -= lr * d;
        }
    }

    double alpha_;
    double eps_;
    double momentum_;
    double weight_decay_;
    bool centered_;
};

}  // namespace

void register_rmsprop(OptimizerRegistry& registry) {
    registry.add({"rmsprop",
                  "gradients over a running root of their square, as torch.optim.RMSprop",
                  {named("alpha", "0.99", "what remains of the running square, 0 to 1"),
                   named("eps", "1e-8", "added to the root"),
                   named("momentum", "0", "factor of the steps before, 0 to below 1; --momentum"),
                   named("weight-decay", "0", "L2 penalty; --weight-decay"),
                   word("centered", {"false", "true"}, "the root of the variance instead")}},
                 [](const Options& options) { return std::make_unique<RmsProp>(options); });
}

}  // namespace murmur
