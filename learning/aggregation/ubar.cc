#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/distances.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// UBAR, also known as MOZI: of the neighbors the share rho that is nearest; of these the ones
/// whose loss on a batch of the node's own is not above its own loss, or else the one with the
/// lowest;
///
///     x' = alpha x + (1 - alpha) mean of those
///
/// [Guo et al., 2022, Byzantine-Resilient Decentralized Stochastic Gradient Descent, algorithm 1].
/// The gradient step is the training before the merge, so that x is what was trained.
class Ubar final : public TestingAggregator {
  public:
    struct Setting {
        double rho;
        double alpha;
        std::int64_t samples;
    };
    explicit Ubar(const Setting& setting) : setting_(setting) {}

    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] std::int64_t test_samples() const override { return setting_.samples; }
    [[nodiscard]] std::size_t tests_of(std::size_t num_neighbors) const override {
        return num_neighbors == 0 ? 0 : near_ones(num_neighbors) + 1;
    }
    [[nodiscard]] Parameters aggregate_tested(AggregatorState& /*state*/,
                                              const Parameters& own,
                                              std::span<const WeightedView> neighbors,
                                              const LossOf& loss_of) const override {
        if (neighbors.empty()) {
            return own;
        }
        const std::vector<std::size_t> near =
            places_of_least(squared_distances(*own, neighbors), near_ones(neighbors.size()));
        // Not a number is no loss that anybody should trust.
        const auto loss = [&](const Parameters& model) {
            const double value = loss_of(model);
            return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
        };
        const double own_loss = loss(own);
        std::vector<Parameters> models;
        std::vector<double> losses;
        std::vector<std::size_t> kept;
        for (const std::size_t place : near) {
            models.push_back(neighbors[place].view.completed(*own));
            losses.push_back(loss(models.back()));
            if (losses.back() <= own_loss) {
                kept.push_back(models.size() - 1);
            }
        }
        if (kept.empty()) {
            kept = places_of_least(losses, 1);
        }
        return combination(std::vector{own, mean_of(models, kept)},
                           std::vector{setting_.alpha, 1 - setting_.alpha});
    }

  private:
    [[nodiscard]] std::size_t near_ones(std::size_t num_neighbors) const {
        constexpr double kRounding = 1e-9;
        const double share = setting_.rho * static_cast<double>(num_neighbors) + kRounding;
        return std::clamp<std::size_t>(static_cast<std::size_t>(share), 1, num_neighbors);
    }

    Setting setting_;
};

}  // namespace

void register_ubar(AggregatorRegistry& registry) {
    registry.add(
        {"ubar",
         "own and the mean of near neighbors whose loss on own samples is low; ignores weights",
         {named(
              "rho", "0.4", "share of the neighbors that is near enough, rounded down, 1 at least"),
          named("alpha", "0.5", "weight of a node's own model, 0 ... 1"),
          named("samples", "8", "own samples that models are tested on, drawn anew each merge")}},
        [](const Options& options) {
            return std::make_unique<Ubar>(
                Ubar::Setting{.rho = options.fraction("rho"),
                              .alpha = options.number("alpha", {0, 1}),
                              .samples = options.integer("samples", {1, 1'000'000})});
        });
}

}  // namespace murmur
