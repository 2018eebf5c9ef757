// An optimizer of one's own: each step goes as far in every coordinate.
//
//     x = x - lr sign(gradient + weight_decay x)    [Bernstein et al., 2018, signSGD]

#include "learning/optimizer.h"
#include "parts.h"

#include <memory>

namespace {

class SignDescent final : public murmur::LocalOptimizer {
  public:
    explicit SignDescent(double weight_decay) : decay_(static_cast<float>(weight_decay)) {}

    void step(std::span<const murmur::TrainedTensor> tensors,
              murmur::OptimizerState& /*none*/,
              const murmur::StepContext& context) const override {
        const auto lr = static_cast<float>(context.lr);
        for (const murmur::TrainedTensor& tensor : tensors) {
            for (std::size_t i = 0; i < tensor.values.size(); ++i) {
                const float g = tensor.gradient[i] + decay_ * tensor.values[i];
                tensor.values[i] -= lr * static_cast<float>((g > 0) - (g < 0));
            }
        }
    }

  private:
    float decay_;
};

}  // namespace

void register_sign_descent() {
    // An option of this name is what --weight-decay stands for.
    murmur::optimizers().add(
        {"sign-descent",
         "steps by the sign of the gradient",
         {murmur::named("weight-decay", "0", "L2 penalty")}},
        [](const murmur::Options& options) {
            return std::make_unique<SignDescent>(options.number("weight-decay", {0, 1}));
        });
}
