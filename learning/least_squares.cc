#include "learning/least_squares.h"

#include "learning/datasets.h"
#include "learning/random_stream.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace murmur {
namespace {

class RegressionDataset final : public Dataset {
  public:
    RegressionDataset(std::int64_t features, std::vector<float> inputs, std::vector<float> targets)
        : features_(features), inputs_(std::move(inputs)), targets_(std::move(targets)) {}

    std::int64_t size() const override { return static_cast<std::int64_t>(targets_.size()); }
    const Goal& goal() const override { return regression(); }
    std::vector<std::int64_t> sample_shape() const override { return {features_}; }
    std::int64_t num_classes() const override { return 1; }
    std::span<const std::int64_t> labels() const override { return {}; }

    Batch batch(std::span<const std::int64_t> indices) const override {
        const auto count = static_cast<std::int64_t>(indices.size());
        Batch result{at::empty({count, features_}, at::kFloat), at::empty({count}, at::kFloat)};
        float* inputs = result.inputs.data_ptr<float>();
        float* targets = result.targets.data_ptr<float>();
        for (const std::int64_t index : indices) {
            assert(index >= 0 && index < size());
            inputs = std::copy_n(inputs_.data() + index * features_, features_, inputs);
            *targets++ = targets_[index];
        }
        return result;
    }

  private:
    std::int64_t features_;
    std::vector<float> inputs_;   // [num_samples, features]
    std::vector<float> targets_;  // [num_samples]
};

/// Returns the standard deviation of a feature: 1 for the first, 1/2 for the last.
double feature_scale(std::int64_t feature, std::int64_t num_features) {
    return num_features == 1
               ? 1.0
               : std::exp2(-static_cast<double>(feature) / static_cast<double>(num_features - 1));
}

std::shared_ptr<const Dataset> draw_samples(std::span<const double> weights,
                                            std::int64_t count,
                                            double noise,
                                            std::uint64_t seed) {
    RandomStream stream(seed);
    const auto num_features = static_cast<std::int64_t>(weights.size());
    std::vector<float> inputs;
    std::vector<float> targets;
    inputs.reserve(count * num_features);
    targets.reserve(count);
    for (std::int64_t i = 0; i < count; ++i) {
        double target = 0;
        for (std::int64_t j = 0; j < num_features; ++j) {
            inputs.push_back(static_cast<float>(stream.normal() * feature_scale(j, num_features)));
            // The stored value, not the drawn one: noiseless data then fit w exactly.
            target += weights[j] * static_cast<double>(inputs.back());
        }
        targets.push_back(static_cast<float>(target + noise * stream.normal()));
    }
    return std::make_shared<RegressionDataset>(num_features, std::move(inputs), std::move(targets));
}

/// Calls `visit(x, y)` for each sample in order; x is [num_features].
template <class Visit>
void for_each_sample(const Dataset& dataset, Visit visit) {
    const std::int64_t num_features = dataset.sample_shape().front();
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const Batch sample = dataset.batch(std::span(&i, 1));
        visit(std::span<const float>(sample.inputs.data_ptr<float>(), num_features),
              sample.targets.data_ptr<float>()[0]);
    }
}

void require_regression(const Dataset& dataset) {
    if (dataset.goal() != regression() || dataset.sample_shape().size() != 1) {
        throw std::invalid_argument(
            "least squares: the dataset has classes, allowed only real targets");
    }
}

/// Solves A x = b in place for a symmetric positive definite A, of which the lower triangle of the
/// row-major [n, n] array is used; `b` becomes x.
void solve_by_cholesky(std::vector<double>& a, std::vector<double>& b) {
    const std::size_t n = b.size();
    for (std::size_t j = 0; j < n; ++j) {
        const double diagonal = a[j * n + j];
        for (std::size_t k = 0; k < j; ++k) {
            a[j * n + j] -= a[j * n + k] * a[j * n + k];
        }
        // What is left of a dependent column is round-off.
        if (!(a[j * n + j] > 1e-12 * diagonal)) {
            throw std::invalid_argument(fmt::format(
                "least squares: no unique optimum, column {} of {} depends on those before it; "
                "use more samples than features",
                j,
                n));
        }
        a[j * n + j] = std::sqrt(a[j * n + j]);
        for (std::size_t i = j + 1; i < n; ++i) {
            for (std::size_t k = 0; k < j; ++k) {
                a[i * n + j] -= a[i * n + k] * a[j * n + k];
            }
            a[i * n + j] /= a[j * n + j];
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            b[i] -= a[i * n + k] * b[k];
        }
        b[i] /= a[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k) {
            b[i] -= a[k * n + i] * b[k];
        }
        b[i] /= a[i * n + i];
    }
}

}  // namespace

DatasetPair make_least_squares(const LeastSquaresOptions& options, std::uint64_t seed) {
    std::vector<double> weights(options.features);
    RandomStream stream(stream_seed(seed, "least squares: weights"));
    std::generate(weights.begin(), weights.end(), [&] { return stream.normal(); });
    const std::int64_t num_test = std::max<std::int64_t>(1, options.samples / 4);
    return {
        draw_samples(
            weights, options.samples, options.noise, stream_seed(seed, "least squares: train")),
        draw_samples(weights, num_test, options.noise, stream_seed(seed, "least squares: test"))};
}

double least_squares_loss(const Dataset& dataset, std::span<const double> weights) {
    require_regression(dataset);
    double sum = 0;
    for_each_sample(dataset, [&](std::span<const float> x, float y) {
        const double residual =
            std::inner_product(x.begin(), x.end(), weights.begin(), weights[x.size()] - y);
        sum += residual * residual;
    });
    return sum / (2 * static_cast<double>(dataset.size()));
}

std::vector<double> least_squares_solution(const Dataset& dataset) {
    require_regression(dataset);
    const auto n = static_cast<std::size_t>(dataset.sample_shape().front() + 1);
    std::vector<double> normal_matrix(n * n, 0.0);
    std::vector<double> right_side(n, 0.0);
    std::vector<double> row(n, 1.0);  // x, then the 1 that the intercept multiplies
    for_each_sample(dataset, [&](std::span<const float> x, float y) {
        std::copy(x.begin(), x.end(), row.begin());
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                normal_matrix[i * n + j] += row[i] * row[j];
            }
            right_side[i] += row[i] * y;
        }
    });
    solve_by_cholesky(normal_matrix, right_side);
    return right_side;
}

void register_least_squares(DatasetRegistry& registry) {
    const LeastSquaresOptions defaults;
    registry.add({"least-squares",
                  "generated convex regression with known optimum",
                  {named("features", fmt::format("{}", defaults.features), "of each sample"),
                   named("samples", fmt::format("{}", defaults.samples), "in all"),
                   named("noise",
                         fmt::format("{}", defaults.noise),
                         "standard deviation of the targets' noise")}},
                 [](const Options& options, std::uint64_t seed) {
                     LeastSquaresOptions problem;
                     problem.features = options.integer("features", {1, 100'000});
                     problem.samples = options.integer("samples", {1, kMaxSamples});
                     problem.noise = options.number("noise", {0, 1e6});
                     require_reasonable_bytes(options, problem.samples, 4 * problem.features);
                     return make_least_squares(problem, seed);
                 });
}

}  // namespace murmur
