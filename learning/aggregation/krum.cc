#include "learning/aggregation/krum.h"

#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/distances.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace murmur {
namespace {

/// The mean of the vectors with the lowest scores: of one of them Krum [Blanchard et al., 2017,
/// Machine Learning with Adversaries], of several Multi-Krum.
class Krum final : public Aggregator {
  public:
    /// @param chosen  how many; nothing: n - f of n
    Krum(std::size_t f, KrumScore score, std::optional<std::size_t> chosen)
        : f_(f), score_(score), chosen_(chosen) {}

    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] Parameters aggregate(AggregatorState& /*state*/,
                                       const Parameters& own,
                                       double /*self_weight*/,
                                       std::span<const WeightedView> neighbors) const override {
        const std::vector<Parameters> vectors = own_first(own, neighbors);
        const std::vector<double> scores = krum_scores(pairwise_squares(vectors), f_, score_);
        const std::size_t chosen = chosen_.value_or(all_but(f_, vectors.size()));
        return mean_of(vectors, places_of_least(scores, chosen));
    }

  private:
    std::size_t f_;
    KrumScore score_;
    std::optional<std::size_t> chosen_;
};

KrumScore score_of(const Options& options) {
    return options.choice<KrumScore>(
        "score",
        {{"nf2", KrumScore::kNf2}, {"nf1", KrumScore::kNf1}, {"epfml", KrumScore::kEpfml}});
}

OptionForm f_form() {
    return required("f", "COUNT", "vectors that may be lies");
}

}  // namespace

std::vector<double> krum_scores(std::span<const std::vector<double>> squares,
                                std::size_t f,
                                KrumScore score) {
    const std::size_t others = squares.size() - 1;
    const std::size_t left_out = score == KrumScore::kNf1 ? f : f + 1;
    const std::size_t count = std::min(others, all_but(left_out, others));
    std::vector<double> scores;
    for (std::size_t i = 0; i < squares.size(); ++i) {
        std::vector<double> nearest;
        for (std::size_t j = 0; j < squares.size(); ++j) {
            if (j != i) {
                const double square = squares[i][j];
                nearest.push_back(score == KrumScore::kEpfml ? square * square : square);
            }
        }
        std::ranges::sort(nearest);
        const double sum = std::accumulate(
            nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(count), 0.0);
        scores.push_back(score == KrumScore::kNf1 && count > 0 ? sum / static_cast<double>(count)
                                                               : sum);
    }
    return scores;
}

void register_krum(AggregatorRegistry& registry) {
    registry.add(
        {"krum",
         "the one vector, own or received, whose nearest others are nearest; ignores weights",
         {f_form(),
          word("score",
               {"nf2", "nf1", "epfml"},
               "over the n-f-2 nearest others (the paper), the n-f-1 nearest (byzfl), or "
               "the n-f-2 with squares squared again (epfml)")}},
        [](const Options& options) {
            return std::make_unique<Krum>(
                count_of(options, "f"), score_of(options), std::size_t{1});
        });
    registry.add({"multi-krum",
                  "the mean of the vectors that Krum scores best; ignores weights",
                  {f_form(),
                   word("score", {"nf1", "nf2", "epfml"}, "as those of krum"),
                   unset("m", "COUNT", "how many are chosen; n-f where it is left out")}},
                 [](const Options& options) {
                     return std::make_unique<Krum>(count_of(options, "f"),
                                                   score_of(options),
                                                   options.has("m")
                                                       ? std::optional(count_of(options, "m", 1))
                                                       : std::nullopt);
                 });
}

}  // namespace murmur
