#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/distances.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// Nearest-neighbor mixing: each vector becomes the mean of the n-f that are nearest to it, itself
/// included, and another aggregator merges what that gives [Allouah et al., 2023, Fixing by Mixing,
/// algorithm 2].
class NearestNeighborMixing final : public Aggregator {
  public:
    NearestNeighborMixing(std::size_t f, std::unique_ptr<const Aggregator> then)
        : f_(f), then_(std::move(then)) {}

    [[nodiscard]] bool uses_weights() const override { return then_->uses_weights(); }
    [[nodiscard]] std::unique_ptr<AggregatorState> initial_state(
        const Parameters& start) const override {
        return then_->initial_state(start);
    }
    [[nodiscard]] std::unique_ptr<AggregatorState> read_state(ByteSource& source) const override {
        return then_->read_state(source);
    }
    [[nodiscard]] Parameters aggregate(AggregatorState& state,
                                       const Parameters& own,
                                       double self_weight,
                                       std::span<const WeightedView> neighbors) const override {
        const std::vector<Parameters> vectors = own_first(own, neighbors);
        const std::vector<std::vector<double>> squares = pairwise_squares(vectors);
        const std::size_t nearest = all_but(f_, vectors.size());
        // Most leave out the same ones: a mean is computed once.
        std::map<std::vector<std::size_t>, Parameters> means;
        const auto mixed = [&](std::size_t place) {
            const auto [mean, is_new] =
                means.try_emplace(places_of_least(squares[place], nearest));
            if (is_new) {
                mean->second = mean_of(vectors, mean->first);
            }
            return mean->second;
        };
        std::vector<WeightedView> views;
        for (std::size_t j = 0; j < neighbors.size(); ++j) {
            views.push_back({neighbors[j].from, neighbors[j].weight, ModelView(mixed(j + 1))});
        }
        return then_->aggregate(state, mixed(0), self_weight, views);
    }

  private:
    std::size_t f_;
    std::unique_ptr<const Aggregator> then_;
};

}  // namespace

void register_nnm(AggregatorRegistry& registry) {
    registry.add({"nnm",
                  "each vector first becomes the mean of the n-f nearest to it",
                  {required("f", "COUNT", "vectors that may be lies"),
                   named("then",
                         "mean",
                         "the aggregator that merges these; its options apart by +, as in "
                         "krum:f=1+score=nf1")}},
                 [](const Options& options) {
                     // A comma ends an option of ours.
                     std::string spec = options.text("then");
                     std::ranges::replace(spec, '+', ',');
                     auto then = make_aggregator(spec);
                     if (dynamic_cast<const TestingAggregator*>(then.get()) != nullptr) {
                         options.refuse("then: got '" + options.text("then") +
                                        "', allowed an aggregator that does not test models");
                     }
                     return std::make_unique<NearestNeighborMixing>(count_of(options, "f"),
                                                                    std::move(then));
                 });
}

}  // namespace murmur
