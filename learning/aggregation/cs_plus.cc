#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/clipping.h"

namespace murmur {
namespace {

/// x' = x + rho sum_j w_j clip(x_j - x, tau), tau the distance at which the cumulative weight of
/// the nearest reaches all but 2b [Gaucher, Dieuleveut and Hendrikx, 2025, CS+-RG].
class CsPlus final : public Aggregator {
  public:
    CsPlus(double b, double rho) : b_(b), rho_(rho) {}

    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double self_weight,
                                       std::span<const WeightedView> neighbors) const override {
        const Pulls pulls = pulls_of(*own, self_weight, neighbors);
        const double tau = cs_plus_length(pulls, b_);
        return pulled(own, self_weight, neighbors, clipping_factors(pulls.squares, tau, rho_));
    }

  private:
    double b_;
    double rho_;
};

}  // namespace

void register_cs_plus(AggregatorRegistry& registry) {
    registry.add({"cs-plus",
                  "the weighted mean, differences clipped so that a weight b of liars is borne",
                  {tolerated_weight_form(), named("rho", "1", "communication step, 0 ... 1")}},
                 [](const Options& options) {
                     return std::make_unique<CsPlus>(tolerated_weight(options),
                                                     options.number("rho", {0, 1}));
                 });
}

}  // namespace murmur
