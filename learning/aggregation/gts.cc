#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/clipping.h"

#include <vector>

namespace murmur {
namespace {

/// x' = x + rho sum_j w'_j (x_j - x), where the weight b of the farthest is dropped, of the last
/// one the part that is left [Gaucher, Dieuleveut and Hendrikx, 2025, GTS-RG: NNA with weights].
class Gts final : public Aggregator {
  public:
    Gts(double b, double rho) : b_(b), rho_(rho) {}

    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double self_weight,
                                       std::span<const WeightedView> neighbors) const override {
        std::vector<double> factors = kept_shares(pulls_of(*own, self_weight, neighbors), b_);
        for (double& factor : factors) {
            factor *= rho_;
        }
        return pulled(own, self_weight, neighbors, factors);
    }

  private:
    double b_;
    double rho_;
};

}  // namespace

void register_gts(AggregatorRegistry& registry) {
    registry.add(
        {"gts",
         "the weighted mean without the weight b of the farthest",
         {tolerated_weight_form(), named("rho", "1", "communication step, 0 ... 1")}},
        [](const Options& options) {
            return std::make_unique<Gts>(tolerated_weight(options), options.number("rho", {0, 1}));
        });
}

}  // namespace murmur
