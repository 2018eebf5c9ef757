#include "tests/support/adam.h"

#include "learning/optimizer.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace murmur::test {
namespace {

struct AdamState final : OptimizerState {
    void write(ByteSink& sink) const override {
        sink.u64(steps);
        sink.floats(mean);
        sink.floats(square);
    }

    std::uint64_t steps = 0;
    std::vector<float> mean;
    std::vector<float> square;
};

class Adam final : public LocalOptimizer {
  public:
    explicit Adam(double decay) : decay_(decay) {}

    int state_vectors() const override { return 2; }
    std::unique_ptr<OptimizerState> initial_state(const ParameterLayout& layout) const override {
        auto state = std::make_unique<AdamState>();
        state->mean.resize(count_values(layout).total());
        state->square.resize(state->mean.size());
        return state;
    }
    std::unique_ptr<OptimizerState> read_state(ByteSource& source,
                                               const ParameterLayout& layout) const override {
        auto state = std::make_unique<AdamState>();
        state->steps = source.u64();
        state->mean = read_state_vector(source, layout);
        state->square = read_state_vector(source, layout);
        return state;
    }
    void step(std::span<const TrainedTensor> tensors,
              OptimizerState& base,
              const StepContext& context) const override {
        auto& state = static_cast<AdamState&>(base);
        ++state.steps;
        const auto t = static_cast<double>(state.steps);
        for (const TrainedTensor& tensor : tensors) {
            for (std::size_t i = 0; i < tensor.values.size(); ++i) {
                const float g = tensor.gradient[i] + static_cast<float>(decay_) * tensor.values[i];
                float& m = state.mean[tensor.offset + i];
                float& v = state.square[tensor.offset + i];
                m = 0.9F * m + 0.1F * g;
                v = 0.999F * v + 0.001F * g * g;
                const double mean = m / (1 - std::pow(0.9, t));
                const double square = v / (1 - std::pow(0.999, t));
                tensor.values[i] -=
                    static_cast<float>(context.lr * mean / (std::sqrt(square) + 1e-8));
            }
        }
    }

  private:
    double decay_;
};

}  // namespace

void register_adam() {
    const std::vector<std::string> known = optimizers().names();
    if (std::find(known.begin(), known.end(), "adam") == known.end()) {
        optimizers().add({"adam", "of a test", {named("weight-decay", "0", "L2 penalty")}},
                         [](const Options& options) {
                             return std::make_unique<Adam>(options.number("weight-decay", {0, 1}));
                         });
    }
}

}  // namespace murmur::test
