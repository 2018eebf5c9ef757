#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/middle_mean.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

namespace murmur {
namespace {

/// The mean of own and received values, place by place, without the least and the greatest of them,
/// a share beta at either end [Yin et al., 2018, Byzantine-Robust Distributed Learning: Towards
/// Optimal Statistical Rates, Definition 2].
///
/// Of n values ceil(beta n) are cut off at either end: rounded down, a tenth of the six values over
/// a 5-regular overlay would be none, and one liar would have its way.  Or a number f of them, of
/// however many values.  As many as leave one or two values at most, which is the median.
class TrimmedMean final : public Aggregator {
  public:
    explicit TrimmedMean(double beta) : beta_(beta) {}
    explicit TrimmedMean(std::size_t f) : f_(f) {}

    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double /*self_weight*/,
                                       std::span<const WeightedView> neighbors) const override {
        // 0.07 * 100 is a little more than 7 in double.
        constexpr double kRounding = 1e-9;
        const double share = beta_ * static_cast<double>(neighbors.size() + 1);
        const std::size_t cut =
            f_.value_or(static_cast<std::size_t>(std::ceil(std::max(0.0, share - kRounding))));
        return middle_mean(own, neighbors, std::min(cut, neighbors.size() / 2));
    }

  private:
    double beta_ = 0;
    std::optional<std::size_t> f_;  ///< instead of the share
};

}  // namespace

void register_trimmed_mean(AggregatorRegistry& registry) {
    registry.add({"trimmed-mean",
                  "the mean of each value, own and received, without outliers; ignores weights",
                  {named("beta", "0.1", "share cut off at either end, rounded up, 0 ... 0.5"),
                   unset("f", "COUNT", "values cut off at either end, instead of a share")}},
                 [](const Options& options) {
                     if (options.has("f")) {
                         if (options.has("beta")) {
                             options.refuse("got beta and f, allowed one of them");
                         }
                         return std::make_unique<TrimmedMean>(count_of(options, "f"));
                     }
                     return std::make_unique<TrimmedMean>(options.number("beta", {0, 0.5}));
                 });
}

}  // namespace murmur
