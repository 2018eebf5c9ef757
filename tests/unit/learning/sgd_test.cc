#include "learning/sgd.h"

#include "tests/support/doctest.h"

#include <cmath>
#include <vector>

namespace murmur {
namespace {

/// Runs both recursions on f(x) = sum (x_i - i)^2 / 2 for 30 steps; returns the largest difference.
double difference_from_double_recursion(const TrainingOptions& options) {
    constexpr std::size_t kSize = 37;
    std::vector<float> x(kSize, 0.5F);
    std::vector<float> momentum(options.momentum > 0 ? kSize : 0, 0.0F);
    std::vector<double> y(kSize, 0.5);
    std::vector<double> m(kSize, 0.0);
    for (int step = 0; step < 30; ++step) {
        std::vector<float> gradient;
        for (std::size_t i = 0; i < kSize; ++i) {
            gradient.push_back(x[i] - static_cast<float>(i));
            const double g = (y[i] - static_cast<double>(i)) + options.weight_decay * y[i];
            m[i] = options.momentum * m[i] + g;
            y[i] -= options.lr * (options.nesterov ? g + options.momentum * m[i] : m[i]);
        }
        sgd_step(x, gradient, momentum, options);
    }
    double largest = 0.0;
    for (std::size_t i = 0; i < kSize; ++i) {
        largest = std::max(largest, std::abs(x[i] - y[i]) / (1.0 + std::abs(y[i])));
    }
    return largest;
}

// Expectation: float32 keeps 24 bits, and 30 steps lose a few of them.
TEST_CASE("sgd: follows the recursion of torch.optim.SGD, computed in double") {
    constexpr double kRoundOff = 2e-6;
    CHECK(difference_from_double_recursion({.lr = 0.1}) < kRoundOff);
    CHECK(difference_from_double_recursion({.lr = 0.1, .weight_decay = 0.01}) < kRoundOff);
    CHECK(difference_from_double_recursion({.lr = 0.1, .momentum = 0.9}) < kRoundOff);
    CHECK(difference_from_double_recursion(
              {.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}) < kRoundOff);
}

}  // namespace
}  // namespace murmur
