// An aggregator of one's own: what a neighbor has otherwise counts up to a length.
//
//     x_i <- x_i + sum_j w_ij clip(x_j - x_i),   clip(v) = v min(1, tau / |v|)
//
// A neighbor that lies, however much, moves a node by w_ij tau at most [He et al., 2022,
// Byzantine-Robust Decentralized Learning via ClippedGossip].

#include "learning/aggregation/aggregators.h"
#include "parts.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

namespace {

class ClippedGossip : public murmur::Aggregator {
  public:
    explicit ClippedGossip(double tau) : tau_(tau) {}

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
            const double factor = square > tau_ * tau_ ? weight * tau_ / std::sqrt(square) : weight;
            for (std::size_t i = 0; i < x.size(); ++i) {
                sum[i] += static_cast<float>(factor) * (other->values()[i] - x[i]);
            }
        }
        return merged;
    }

  private:
    double tau_;
};

}  // namespace

void register_clipped_gossip() {
    murmur::aggregators().add(
        {"clipped-gossip",
         "the weighted mean, differences clipped to a length",
         {murmur::named("tau", "1", "the longest difference that counts in full")}},
        [](const murmur::Options& options) {
            return std::make_unique<ClippedGossip>(options.number("tau", {0, 1e9}));
        });
}
