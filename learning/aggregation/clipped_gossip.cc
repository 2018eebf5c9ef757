#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/clipping.h"

namespace murmur {
namespace {

/// x' = x + sum_j w_j clip(x_j - x, tau), clip(v, t) = v min(1, t / |v|) [He, Karimireddy and
/// Jaggi, 2022, Byzantine-Robust Decentralized Learning via ClippedGossip].
class ClippedGossip final : public Aggregator {
  public:
    enum class Length { kFixed, kSecondLargest, kHe };

    ClippedGossip(Length length, double value) : length_(length), value_(value) {}

    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double self_weight,
                                       std::span<const WeightedView> neighbors) const override {
        const Pulls pulls = pulls_of(*own, self_weight, neighbors);
        return pulled(own, self_weight, neighbors, clipping_factors(pulls.squares, tau_of(pulls)));
    }

  private:
    [[nodiscard]] double tau_of(const Pulls& pulls) const {
        switch (length_) {
            case Length::kSecondLargest:
                return second_largest_distance(pulls);
            case Length::kHe:
                return he_length(pulls, value_);
            case Length::kFixed:
                break;
        }
        return value_;
    }

    Length length_;
    double value_;  ///< tau, or b of the rule of He et al.
};

std::unique_ptr<const Aggregator> make(const Options& options) {
    using Length = ClippedGossip::Length;
    const std::string& tau = options.text("tau");
    if (tau != "he" && options.has("b")) {
        options.refuse("b: allowed with tau=he alone, got tau=" + tau);
    }
    if (tau == "second-largest") {
        return std::make_unique<ClippedGossip>(Length::kSecondLargest, 0);
    }
    if (tau == "he") {
        if (!options.has("b")) {
            options.refuse("b: missing, allowed tau=he,b=WEIGHT");
        }
        return std::make_unique<ClippedGossip>(Length::kHe, tolerated_weight(options));
    }
    return std::make_unique<ClippedGossip>(Length::kFixed, options.number("tau", {0, 1e300}));
}

}  // namespace

void register_clipped_gossip(AggregatorRegistry& registry) {
    OptionForm b = may_be_left_out(tolerated_weight_form());
    b.help += "; with tau=he alone";
    registry.add({"clipped-gossip",
                  "the weighted mean, each difference from a node's own clipped to a length",
                  {required("tau",
                            "LENGTH|second-largest|he",
                            "the longest difference that counts in full; second-largest: that of "
                            "the neighbors; he: by their weights and b"),
                   std::move(b)}},
                 make);
}

}  // namespace murmur
