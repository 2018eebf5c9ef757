#include "learning/least_squares.h"
#include "learning/synthetic_images.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

Batch whole(const Dataset& dataset) {
    std::vector<std::int64_t> all(dataset.size());
    std::iota(all.begin(), all.end(), 0);
    return dataset.batch(all);
}

TEST_CASE("the generated regression has the promised form") {
    const DatasetPair data = make_least_squares({.features = 4, .samples = 2000}, 1);
    CHECK(data.train->size() == 2000);
    CHECK(data.test->size() == 500);
    CHECK(data.train->goal() == regression());
    CHECK(data.train->num_classes() == 1);
    CHECK(data.train->labels().empty());
    CHECK(data.train->sample_shape() == std::vector<std::int64_t>{4});
    const Batch batch = whole(*data.train);
    CHECK(batch.inputs.sizes().vec() == std::vector<std::int64_t>{2000, 4});
    CHECK(batch.targets.sizes().vec() == std::vector<std::int64_t>{2000});
    CHECK((batch.inputs.scalar_type() == at::kFloat));
    CHECK((batch.targets.scalar_type() == at::kFloat));
    // Expectation: the variance of the features falls from 1 to 1/4.
    const float* inputs = batch.inputs.data_ptr<float>();
    double first = 0;
    double last = 0;
    for (int i = 0; i < 2000; ++i) {
        first += inputs[4 * i] * inputs[4 * i] / 2000.0;
        last += inputs[4 * i + 3] * inputs[4 * i + 3] / 2000.0;
    }
    CHECK(first == doctest::Approx(1).epsilon(0.1));
    CHECK(last == doctest::Approx(0.25).epsilon(0.1));
}

TEST_CASE("the generated regression is a function of the seed") {
    const auto target = [](std::uint64_t seed) {
        return whole(*make_least_squares({.samples = 4}, seed).train).targets.data_ptr<float>()[3];
    };
    CHECK(target(1) == target(1));
    CHECK(target(1) != target(2));
}

TEST_CASE("without noise the optimum fits all data, also unseen ones") {
    const DatasetPair data = make_least_squares({.features = 5, .samples = 50, .noise = 0}, 7);
    const std::vector<double> optimum = least_squares_solution(*data.train);
    REQUIRE(optimum.size() == 6);
    CHECK(std::abs(optimum.back()) < 1e-6);  // the hidden function has no intercept
    CHECK(least_squares_loss(*data.train, optimum) < 1e-12);
    CHECK(least_squares_loss(*data.test, optimum) < 1e-12);
}

TEST_CASE("at the optimum the gradient of the loss is zero") {
    // Expectation: f is convex, so that a point without gradient is the minimum.
    const DatasetPair data = make_least_squares({.features = 8, .samples = 300, .noise = 0.5}, 3);
    const std::vector<double> optimum = least_squares_solution(*data.train);
    const Batch batch = whole(*data.train);
    const float* x = batch.inputs.data_ptr<float>();
    const float* y = batch.targets.data_ptr<float>();
    std::vector<double> gradient(9, 0.0);
    double loss = 0;
    for (int i = 0; i < 300; ++i, x += 8, ++y) {
        double residual = optimum[8] - *y;
        for (int j = 0; j < 8; ++j) {
            residual += optimum[j] * x[j];
        }
        for (int j = 0; j < 8; ++j) {
            gradient[j] += residual * x[j] / 300;
        }
        gradient[8] += residual / 300;
        loss += residual * residual / 600;
    }
    for (const double part : gradient) {
        CHECK(std::abs(part) < 1e-12);
    }
    CHECK(least_squares_loss(*data.train, optimum) == doctest::Approx(loss).epsilon(1e-12));
    // Expectation: what is left is the noise, 0.5^2 / 2, less what 9 parameters take up.
    CHECK(loss == doctest::Approx(0.125 * (1 - 9.0 / 300)).epsilon(0.2));
}

TEST_CASE("an optimum that is not unique is refused") {
    const DatasetPair data = make_least_squares({.features = 8, .samples = 8}, 3);
    CHECK_THROWS_WITH_AS(static_cast<void>(least_squares_solution(*data.train)),
                         "least squares: no unique optimum, column 8 of 9 depends on those before "
                         "it; use more samples than features",
                         std::invalid_argument);
}

TEST_CASE("classes have no least-squares optimum") {
    const DatasetPair data = make_synthetic_images({.train = 2, .test = 2}, 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(least_squares_solution(*data.train)),
                         "least squares: the dataset has classes, allowed only real targets",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
