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
        std::vector<Parameters> vectors = own_first(own, neighbors);
        // The first center, 0, is a vector like others, of which all the weight is.
        vectors.push_back(combination(std::vector{own}, std::vector{0.0}));
        const std::vector<std::vector<double>> squares = pairwise_squares(vectors);
        std::vector<double> weights(vectors.size(), 0.0);
        weights.back() = 1;
        bool is_exact = true;
        for (std::int64_t step = 0; step < iterations_ && is_exact; ++step) {
            const std::vector<double> distances = distances_from(squares, weights, is_exact);
            weights = weights_by(std::span(distances).first(distances.size() - 1));
            weights.push_back(0);  // 0 is no vector of a node
        }
        vectors.pop_back();
        weights.pop_back();
        return is_exact ? combination(vectors, weights) : step_by_step(vectors);
    }

  private:
    /// Returns the squared distances of the vectors from sum_j w_j x_j, by the distances between
    /// any two:  |x_k - z|^2 = sum_j w_j d_kj^2 - 1/2 sum_ij w_i w_j d_ij^2,  without a look at the
    /// vectors, which is what costs.
    /// @param is_exact  set to false where rounding may show: a vector is far from all others
    [[nodiscard]] std::vector<double> distances_from(std::span<const std::vector<double>> squares,
                                                     std::span<const double> weights,
                                                     bool& is_exact) const {
        std::vector<double> sums;
        double spread = 0;
        double largest = 0;
        for (std::size_t k = 0; k < squares.size(); ++k) {
            double sum = 0;
            for (std::size_t j = 0; j < squares.size(); ++j) {
                sum += weights[j] * squares[k][j];
            }
            sums.push_back(sum);
            spread += weights[k] * sum / 2;
            largest = std::max(largest, sum);
        }
        // Rounding is some 1e-16 of the largest term: it must be little beside the least distance
        // that counts.
        constexpr double kRounding = 1e-15;
        constexpr double kTolerance = 1e-7;
        is_exact = is_exact && kRounding * largest <= kTolerance * nu_ * nu_;
        for (double& sum : sums) {
            sum = std::max(0.0, sum - spread);
        }
        return sums;
    }

    /// Returns the weights of the next center by the squared distances from this one.
    [[nodiscard]] std::vector<double> weights_by(std::span<const double> squares) const {
        std::vector<double> weights;
        double sum = 0;
        for (const double square : squares) {
            weights.push_back(1 / std::max(nu_, std::sqrt(square)));
            sum += weights.back();
        }
        for (double& weight : weights) {
            weight /= sum;
        }
        return weights;
    }

    /// The definition itself.
    [[nodiscard]] Parameters step_by_step(std::span<const Parameters> vectors) const {
        Parameters center = combination(vectors, std::vector<double>(vectors.size(), 0.0));
        for (std::int64_t step = 0; step < iterations_; ++step) {
            std::vector<double> squares;
            for (const Parameters& vector : vectors) {
                squares.push_back(squared_distance(vector->values(), center->values()));
            }
            center = combination(vectors, weights_by(squares));
        }
        return center;
    }

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
