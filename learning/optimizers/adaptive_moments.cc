#include "learning/optimizers/adaptive_moments.h"

#include <cmath>
#include <limits>
#include <utility>

namespace murmur {
namespace {

struct MomentsState final : OptimizerState {
    void write(ByteSink& sink) const override {
        for (const std::uint64_t count : steps) {
            sink.u64(count);
        }
        sink.floats(mean);
        sink.floats(square);
    }

    std::vector<std::uint64_t> steps;  ///< [blocks of the layout], with a gradient
    std::vector<float> mean;           ///< [num_params], m
    std::vector<float> square;         ///< [num_params], v
};

class AdaptiveMoments final : public LocalOptimizer {
  public:
    AdaptiveMoments(const Options& options, WeightDecay decay)
        : beta1_(options.below_one("beta1")),
          beta2_(options.below_one("beta2")),
          eps_(options.number("eps", {0, std::numeric_limits<double>::max()})),
          weight_decay_(options.number("weight-decay", {0, std::numeric_limits<double>::max()})),
          decay_(decay) {}

    int state_vectors() const override { return 2; }
    std::unique_ptr<OptimizerState> initial_state(const ParameterLayout& layout) const override {
        auto state = std::make_unique<MomentsState>();
        state->steps.resize(layout.size());
        state->mean.resize(count_values(layout).total());
        state->square.resize(state->mean.size());
        return state;
    }
    std::unique_ptr<OptimizerState> read_state(ByteSource& source,
                                               const ParameterLayout& layout) const override {
        auto state = std::make_unique<MomentsState>();
        for (std::size_t block = 0; block < layout.size(); ++block) {
            state->steps.push_back(source.u64());
        }
        state->mean = read_state_vector(source, layout, true);
        state->square = read_state_vector(source, layout, true);
        return state;
    }

    void step(std::span<const TrainedTensor> tensors,
              OptimizerState& base,
              const StepContext& context) const override {
        auto& state = static_cast<MomentsState&>(base);
        for (const TrainedTensor& tensor : tensors) {
            const std::size_t size = tensor.values.size();
            step_of(tensor,
                    std::span(state.mean).subspan(tensor.offset, size),
                    std::span(state.square).subspan(tensor.offset, size),
                    ++state.steps[tensor.block],
                    context.lr);
        }
    }

  private:
    void step_of(const TrainedTensor& tensor,
                 std::span<float> mean,
                 std::span<float> square,
                 std::uint64_t count,
                 double lr) const {
        const auto t = static_cast<double>(count);
        const bool is_decoupled = decay_ == WeightDecay::kDecoupled;
        // Factors in double, values in float32, as LibTorch has them.
        const auto keep = static_cast<float>(is_decoupled ? 1 - lr * weight_decay_ : 1.0);
        const auto penalty = static_cast<float>(is_decoupled ? 0.0 : weight_decay_);
        const auto beta1 = static_cast<float>(beta1_);
        const auto beta2 = static_cast<float>(beta2_);
        const auto rest1 = static_cast<float>(1 - beta1_);
        const auto rest2 = static_cast<float>(1 - beta2_);
        const auto unbias = static_cast<float>(std::sqrt(1 - std::pow(beta2_, t)));
        const auto eps = static_cast<float>(eps_);
        const auto rate = static_cast<float>(-lr / (1 - std::pow(beta1_, t)));
        float* const x = tensor.values.data();
        const float* const gradient = tensor.gradient.data();
        float* const m = mean.data();
        float* const v = square.data();
        const std::size_t size = tensor.values.size();
        for (std::size_t i = 0; i < size; ++i) {
            const float g = gradient[i] + penalty * x[i];
            m[i] = m[i] * beta1 + rest1 * g;
            v[i] = v[i] * beta2 + rest2 * g * g;
            x[i] = x[i] * keep + rate * m[i] / (std::sqrt(v[i]) / unbias + eps);
        }
    }

    double beta1_;
    double beta2_;
    double eps_;
    double weight_decay_;
    WeightDecay decay_;
};

}  // namespace

std::unique_ptr<const LocalOptimizer> make_adaptive_moments(const Options& options,
                                                            WeightDecay decay) {
    return std::make_unique<AdaptiveMoments>(options, decay);
}

std::vector<OptionForm> adaptive_moments_options(std::string weight_decay, std::string help) {
    return {named("beta1", "0.9", "what remains of the first moment, 0 to below 1"),
            named("beta2", "0.999", "of the second"),
            named("eps", "1e-8", "added to the root of the second moment"),
            named("weight-decay", std::move(weight_decay), std::move(help))};
}

}  // namespace murmur
