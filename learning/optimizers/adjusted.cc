#include "learning/optimizers/adjusted.h"

#include "learning/gradient_norm.h"

#include <utility>

namespace murmur {
namespace {

class Adjusted final : public LocalOptimizer {
  public:
    Adjusted(std::unique_ptr<const LocalOptimizer> optimizer, double max_norm, LearningRate rate)
        : optimizer_(std::move(optimizer)), max_norm_(max_norm), rate_(std::move(rate)) {}

    int state_vectors() const override { return optimizer_->state_vectors(); }
    bool is_plain_sgd() const override { return max_norm_ == 0 && optimizer_->is_plain_sgd(); }
    std::unique_ptr<OptimizerState> initial_state(const ParameterLayout& layout) const override {
        return optimizer_->initial_state(layout);
    }
    std::unique_ptr<OptimizerState> read_state(ByteSource& source,
                                               const ParameterLayout& layout) const override {
        return optimizer_->read_state(source, layout);
    }

    void step(std::span<const TrainedTensor> tensors,
              OptimizerState& state,
              const StepContext& context) const override {
        if (max_norm_ > 0) {
            clip_gradients(tensors, max_norm_);
        }
        StepContext scheduled = context;
        scheduled.lr *= rate_.share(context.round, context.step);
        optimizer_->step(tensors, state, scheduled);
    }

  private:
    std::unique_ptr<const LocalOptimizer> optimizer_;
    double max_norm_;
    LearningRate rate_;
};

}  // namespace

void clip_gradients(std::span<const TrainedTensor> tensors, double max_norm) {
    double squares = 0;
    for (const TrainedTensor& tensor : tensors) {
        squares += sum_of_squares(tensor.gradient);
    }
    const double factor = clip_factor(squares, max_norm);
    if (factor >= 1) {
        return;
    }
    // Of a norm that is NaN, all is NaN, as torch has it.
    const auto scale = static_cast<float>(factor);
    for (const TrainedTensor& tensor : tensors) {
        for (float& g : tensor.gradient) {
            g *= scale;
        }
    }
}

std::unique_ptr<const LocalOptimizer> make_adjusted(std::unique_ptr<const LocalOptimizer> optimizer,
                                                    double max_norm,
                                                    const LearningRate& rate) {
    if (max_norm == 0 && rate.is_constant()) {
        return optimizer;
    }
    return std::make_unique<Adjusted>(std::move(optimizer), max_norm, rate);
}

}  // namespace murmur
