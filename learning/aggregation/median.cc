#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/middle_mean.h"

namespace murmur {
namespace {

/// The median of own and received values, place by place; of an even number of them the mean of the
/// two in the middle [Yin et al., 2018, Byzantine-Robust Distributed Learning: Towards Optimal
/// Statistical Rates, Definition 1].
class Median final : public Aggregator {
  public:
    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double /*self_weight*/,
                                       std::span<const WeightedView> neighbors) const override {
        return middle_mean(own, neighbors, neighbors.size() / 2);
    }
};

}  // namespace

void register_median(AggregatorRegistry& registry) {
    registry.add({"median", "the median of each value, own and received; ignores weights"},
                 [](const Options&) { return std::make_unique<Median>(); });
}

}  // namespace murmur
