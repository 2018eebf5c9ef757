#include "learning/goal.h"

#include "learning/dataset.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace murmur {
namespace {

class Classification final : public Goal {
  public:
    std::string_view name() const override { return "classification"; }
    std::string describe(const Dataset& data) const override {
        return fmt::format("{} classes", data.num_classes());
    }
    at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const override {
        return at::cross_entropy_loss(outputs, targets);
    }
    std::string_view metric() const override { return "accuracy"; }
    double metric_sum(const at::Tensor& outputs, const at::Tensor& targets) const override {
        return static_cast<double>(outputs.argmax(1).eq(targets).sum().item<std::int64_t>());
    }
};

class Regression final : public Goal {
  public:
    std::string_view name() const override { return "regression"; }
    std::string describe(const Dataset& /*data*/) const override { return "one value to predict"; }
    at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const override {
        return 0.5 * at::mse_loss(outputs.squeeze(1), targets);
    }
};

class NextToken final : public Goal {
  public:
    std::string_view name() const override { return "next-token prediction"; }
    std::string describe(const Dataset& data) const override {
        return fmt::format("{} different tokens", data.num_classes());
    }
    std::vector<std::int64_t> output_shape(const Dataset& data) const override {
        return {tokens_per_sample(data), data.num_classes()};
    }
    std::int64_t tokens_per_sample(const Dataset& data) const override {
        return data.sample_shape().front();
    }
    at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const override {
        return at::cross_entropy_loss(outputs.flatten(0, 1), targets.flatten());
    }
    std::string_view metric() const override { return "perplexity"; }
    // All samples have as many positions: the mean over samples is that over tokens.
    double metric_of(double /*sum*/, std::int64_t /*samples*/, double mean_loss) const override {
        return std::exp(mean_loss);
    }
};

}  // namespace

std::int64_t Goal::tokens_per_sample(const Dataset& /*data*/) const {
    return 0;
}

std::vector<std::int64_t> Goal::output_shape(const Dataset& data) const {
    return {data.num_classes()};
}

double Goal::metric_sum(const at::Tensor& /*outputs*/, const at::Tensor& /*targets*/) const {
    return 0;
}

double Goal::metric_of(double sum, std::int64_t samples, double /*mean_loss*/) const {
    return metric().empty() ? std::numeric_limits<double>::quiet_NaN()
                            : sum / static_cast<double>(samples);
}

const Goal& classification() {
    static const Classification goal;
    return goal;
}

const Goal& regression() {
    static const Regression goal;
    return goal;
}

const Goal& next_token() {
    static const NextToken goal;
    return goal;
}

}  // namespace murmur
