// An aggregator of one's own: the farther a neighbor is, the less it counts.
//
//     x_i <- x_i + sum_j w_ij exp(-|x_j - x_i| / scale) (x_j - x_i)
//
// A neighbor that lies moves a node by w_ij scale / e at most: d exp(-d / scale) is largest at
// d = scale.

#include "learning/aggregation/aggregators.h"
#include "parts.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

namespace {

class Trusting : public murmur::Aggregator {
  public:
    explicit Trusting(double scale) : scale_(scale) {}

    murmur::Parameters aggregate(murmur::AggregatorState& /*nothing to remember*/,
                                 const murmur::Parameters& own,
                                 double /*self_weight*/,
                                 std::span<const murmur::WeightedView> neighbors) const override {
        const std::span<const float> x = own->values();
        auto merged = std::make_shared<murmur::ParameterVector>(x.size());
        const std::span<float> sum = merged->values();
        std::copy(x.begin(), x.end(), sum.begin());
        for (const auto& [from, weight, view] : neighbors) {
            // What was not sent counts as the node's own: a difference of zero.
            const murmur::Parameters other = view.completed(*own);
            double square = 0;
            for (std::size_t i = 0; i < x.size(); ++i) {
                square += std::pow(other->values()[i] - x[i], 2);
            }
            const double factor = weight * std::exp(-std::sqrt(square) / scale_);
            for (std::size_t i = 0; i < x.size(); ++i) {
                sum[i] += static_cast<float>(factor) * (other->values()[i] - x[i]);
            }
        }
        return merged;
    }

  private:
    double scale_;
};

}  // namespace

void register_trusting() {
    murmur::aggregators().add({"trusting",
                               "the weighted mean, the farther the less",
                               {murmur::named("scale", "1", "the distance that pulls most")}},
                              [](const murmur::Options& options) {
                                  return std::make_unique<Trusting>(
                                      options.number("scale", {1e-9, 1e9}));
                              });
}
