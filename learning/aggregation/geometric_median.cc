#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/distances.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace murmur {
namespace {

/// The geometric median of own and received vectors, by a few steps of the smoothed Weiszfeld
/// algorithm from 0, as byzfl and epfml have it:
///
///     z <- sum_k x_k / max(nu, |x_k - z|)  /  sum_k 1 / max(nu, |x_k - z|)
///
/// [Pillutla, Kakade and Harchaoui, 2022, Robust Aggregation for Federated Learning, algorithm 2].
class GeometricMedian final : public Aggregator {
  public:
    GeometricMedian(double nu, std::int64_t iterations) : nu_(nu), iterations_(iterations) {}

    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double /*self_weight*/,
                                       std::span<const WeightedView> neighbors) const override {
        const std::vector<Parameters> vectors = own_first(own, neighbors);
        Parameters center = combination(std::vector{own}, std::vector{0.0});
        for (std::int64_t step = 0; step < iterations_; ++step) {
            std::vector<double> weights;
            double sum = 0;
            for (const Parameters& vector : vectors) {
                const double square = squared_distance(vector->values(), center->values());
                weights.push_back(1 / std::max(nu_, std::sqrt(square)));
                sum += weights.back();
            }
            for (double& weight : weights) {
                weight /= sum;
            }
            center = combination(vectors, weights);
        }
        return center;
    }

  private:
    double nu_;
    std::int64_t iterations_;
};

}  // namespace

void register_geometric_median(AggregatorRegistry& registry) {
    registry.add({"geometric-median",
                  "the vector with the least sum of distances to own and received; ignores weights",
                  {named("nu", "0.1", "distances below it count as it, above 0"),
                   named("iterations", "3", "steps of the smoothed Weiszfeld algorithm")}},
                 [](const Options& options) {
                     return std::make_unique<GeometricMedian>(
                         options.number("nu", {1e-12, 1e12}),
                         options.integer("iterations", {1, 1000}));
                 });
}

}  // namespace murmur
