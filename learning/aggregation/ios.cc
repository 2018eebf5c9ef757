#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/distances.h"
#include "learning/aggregation/weighted_sum.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace murmur {
namespace {

/// Iterative outlier scissor: f times, the neighbor that is farthest from the weighted mean of
/// those who are left goes, never the node itself; the result is the weighted mean of the rest [Wu,
/// Chen and Ling, 2023, Byzantine-Resilient Decentralized Stochastic Optimization with Robust
/// Aggregation Rules, algorithm 2].
class Ios final : public Aggregator {
  public:
    explicit Ios(std::size_t f) : f_(f) {}

    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double self_weight,
                                       std::span<const WeightedView> neighbors) const override {
        const std::vector<Parameters> vectors = own_first(own, neighbors);
        std::vector<double> weights{self_weight};
        for (const WeightedView& neighbor : neighbors) {
            weights.push_back(neighbor.weight);
        }
        double total = 1;
        std::vector<bool> is_trusted(vectors.size(), true);
        for (std::size_t gone = 0; gone < f_ && gone < neighbors.size(); ++gone) {
            const std::size_t farthest = farthest_of(vectors, weights, is_trusted);
            is_trusted[farthest] = false;
            weights[farthest] = 0;
            total = 0;
            for (const double weight : weights) {
                total += weight;
            }
        }
        if (total <= 0) {
            return own;
        }
        return weighted_sum(
            *own, weights[0] / total, trusted(neighbors, vectors), [&](const WeightedView& view) {
                return weights[view.from] / total;
            });
    }

  private:
    /// Returns views of the vectors, each with its place for a sender.
    static std::vector<WeightedView> trusted(std::span<const WeightedView> neighbors,
                                             const std::vector<Parameters>& vectors) {
        std::vector<WeightedView> views;
        for (std::size_t place = 1; place < vectors.size(); ++place) {
            views.push_back({static_cast<std::uint32_t>(place),
                             neighbors[place - 1].weight,
                             ModelView(vectors[place])});
        }
        return views;
    }
    /// Returns the trusted neighbor that is farthest from the weighted mean of all trusted.
    static std::size_t farthest_of(const std::vector<Parameters>& vectors,
                                   std::span<const double> weights,
                                   const std::vector<bool>& is_trusted) {
        double total = 0;
        for (const double weight : weights) {
            total += weight;
        }
        std::vector<double> shares;
        for (const double weight : weights) {
            shares.push_back(total > 0 ? weight / total : 0);
        }
        const Parameters mean = combination(vectors, shares);
        std::size_t farthest = 0;
        double most = -1;
        for (std::size_t place = 1; place < vectors.size(); ++place) {
            const double square =
                is_trusted[place] ? squared_distance(vectors[place]->values(), mean->values()) : -1;
            if (square > most) {
                most = square;
                farthest = place;
            }
        }
        return farthest;
    }

    std::size_t f_;
};

}  // namespace

void register_ios(AggregatorRegistry& registry) {
    registry.add(
        {"ios",
         "the weighted mean without the f that are farthest from it, one after the other",
         {required("f", "COUNT", "neighbors that may lie")}},
        [](const Options& options) { return std::make_unique<Ios>(count_of(options, "f")); });
}

}  // namespace murmur
