#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/weighted_sum.h"

namespace murmur {
namespace {

/// x_i <- w_ii x_i + sum_j w_ij x_j with the weights of the merge, which are the overlay's mixing
/// weights unless the protocol sets others [Lian et al., 2017, Can Decentralized Algorithms
/// Outperform Centralized Algorithms?, Algorithm 1].
class Mean final : public Aggregator {
  public:
    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double self_weight,
                                       std::span<const WeightedView> neighbors) const override {
        return weighted_sum(*own, self_weight, neighbors, [](const WeightedView& neighbor) {
            return neighbor.weight;
        });
    }
};

}  // namespace

void register_mean(AggregatorRegistry& registry) {
    registry.add({"mean", "the mean with the mixing weights, or those that the protocol sets"},
                 [](const Options&) { return std::make_unique<Mean>(); });
}

}  // namespace murmur
