#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/distances.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// The mean of the vectors that are nearest to a node's own, which is one of them: n-f of the n at
/// hand (byzfl), or n-2f [Farhadkhani et al., 2023, Robust Collaborative Learning with Linear
/// Gradient Overhead, MoNNA].
class Monna final : public Aggregator {
  public:
    /// @param left_out  how many of the vectors do not count
    explicit Monna(std::size_t left_out) : left_out_(left_out) {}

    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double /*self_weight*/,
                                       std::span<const WeightedView> neighbors) const override {
        std::vector<double> squares{0.0};
        for (const double square : squared_distances(*own, neighbors)) {
            squares.push_back(square);
        }
        const std::size_t kept = all_but(left_out_, squares.size());
        return mean_of(own_first(own, neighbors), places_of_least(squares, kept));
    }

  private:
    std::size_t left_out_;
};

}  // namespace

void register_monna(AggregatorRegistry& registry) {
    registry.add(
        {"monna",
         "the mean of the vectors nearest to a node's own; ignores weights",
         {required("f", "COUNT", "neighbors that may lie"),
          word("keep", {"n-f", "n-2f"}, "how many of n count: as in byzfl, or the paper")}},
        [](const Options& options) {
            const auto f = count_of(options, "f");
            return std::make_unique<Monna>(
                options.choice<std::size_t>("keep", {{"n-f", f}, {"n-2f", 2 * f}}));
        });
}

}  // namespace murmur
