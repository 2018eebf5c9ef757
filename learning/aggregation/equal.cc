#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/weighted_sum.h"

namespace murmur {
namespace {

/// x_i <- (x_i + sum_j x_j) / (d_i + 1), whatever the weights of the merge are.
class Equal final : public Aggregator {
  public:
    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double /*self_weight*/,
                                       std::span<const WeightedView> neighbors) const override {
        const double weight = 1.0 / static_cast<double>(neighbors.size() + 1);
        return weighted_sum(*own, weight, neighbors, [&](const WeightedView&) { return weight; });
    }
};

}  // namespace

void register_equal(AggregatorRegistry& registry) {
    registry.add({"equal", "the mean with equal weights"},
                 [](const Options&) { return std::make_unique<Equal>(); });
}

}  // namespace murmur
