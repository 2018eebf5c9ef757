#include "tools/replay/rounds_robust.h"

#include "learning/aggregation/clipping.h"
#include "learning/aggregation/distances.h"
#include "learning/aggregation/krum.h"
#include "learning/aggregator.h"
#include "learning/sharing.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace murmur::replay {
namespace {

/// Returns what follows a prefix; nothing where the key has another.
std::string_view after(std::string_view key, std::string_view prefix) {
    return key.starts_with(prefix) ? key.substr(prefix.size()) : std::string_view();
}

/// The vectors of a section, and what its rules are to bear.
class Problem {
  public:
    explicit Problem(const Field& section) {
        const Field vectors = section.at("vectors_own_first");
        if (vectors.size() == 0) {
            vectors.refuse("got no vectors");
        }
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            const Field vector = vectors.at(i);
            vector.require_size(vectors.at(std::size_t{0}).size());
            std::vector<float> values;
            for (std::size_t c = 0; c < vector.size(); ++c) {
                values.push_back(static_cast<float>(vector.at(c).number()));
            }
            vectors_.push_back(make_parameters(values));
        }
        f_ = static_cast<std::size_t>(section.at("f").natural(vectors_.size() - 1));
        b_ = fmt::format("{}/{}", f_, vectors_.size());
        for (const auto& [key, value] : section.json.items()) {
            if (const auto b = after(key, "tau_he_weight_rule_b="); !b.empty()) {
                b_ = b;
            }
        }
    }

    [[nodiscard]] std::size_t f() const { return f_; }
    [[nodiscard]] const std::string& b() const { return b_; }

    /// Merges the vectors as a run does.
    [[nodiscard]] std::vector<double> merged(const std::string& aggregation) const {
        const auto aggregator = make_aggregator(aggregation);
        const auto state = aggregator->initial_state(vectors_.front());
        const Parameters result =
            aggregator->aggregate(*state, vectors_.front(), weight(), views());
        return {result->values().begin(), result->values().end()};
    }
    [[nodiscard]] std::vector<double> scores(KrumScore score) const {
        return krum_scores(pairwise_squares(vectors_), f_, score);
    }
    [[nodiscard]] Pulls pulls() const { return pulls_of(*vectors_.front(), weight(), views()); }

  private:
    [[nodiscard]] double weight() const { return 1.0 / static_cast<double>(vectors_.size()); }
    [[nodiscard]] std::vector<WeightedView> views() const {
        std::vector<WeightedView> views;
        for (std::size_t i = 1; i < vectors_.size(); ++i) {
            views.push_back({static_cast<std::uint32_t>(i), weight(), ModelView(vectors_[i])});
        }
        return views;
    }

    std::vector<Parameters> vectors_;
    std::size_t f_ = 0;
    std::string b_;  ///< weight of liars, as --aggregation takes it
};

/// Returns the aggregation that a key names; empty where it names none.
std::string aggregation_of(std::string_view key, const Problem& problem) {
    const std::size_t f = problem.f();
    if (key == "mean") {
        return "equal";
    }
    if (const auto count = after(key, "trimmed_mean_f"); !count.empty()) {
        return fmt::format("trimmed-mean:f={}", count);
    }
    if (key == "median_mean_of_middle_two" || key == "median") {
        return "median";
    }
    if (const auto rest = after(key, "nnm_f"); !rest.empty()) {
        const std::size_t then = rest.find("_then_");
        std::string rule =
            then == std::string_view::npos ? "" : aggregation_of(rest.substr(then + 6), problem);
        if (rule.empty()) {
            return "";
        }
        std::ranges::replace(rule, ',', '+');
        return fmt::format("nnm:f={},then={}", rest.substr(0, then), rule);
    }
    if (key == "krum_original_nf2" || key == "krum_byzfl_nf1") {
        return fmt::format("krum:f={},score={}", f, key.substr(key.size() - 3));
    }
    if (key == "multikrum_byzfl_mean_of_nf") {
        return fmt::format("multi-krum:f={}", f);
    }
    if (key == "clipped_gossip_tau_epfml") {
        return "clipped-gossip:tau=second-largest";
    }
    if (key == "clipped_gossip_tau_he") {
        return fmt::format("clipped-gossip:tau=he,b={}", problem.b());
    }
    if (const auto tau = after(key, "clipped_gossip_tau"); tau.ends_with("_equal_weights")) {
        return fmt::format("clipped-gossip:tau={}", tau.substr(0, tau.find('_')));
    }
    if (const auto b = after(key, "cs_plus_b="); !b.empty()) {
        return fmt::format("cs-plus:b={}", b);
    }
    if (const auto b = after(key, "gts_b="); !b.empty()) {
        return fmt::format("gts:b={}", b);
    }
    if (const auto count = after(key, "ios_f"); !count.empty()) {
        return fmt::format("ios:f={}", count);
    }
    if (key == "monna_nearest_n-f" || key == "monna_nearest_n-2f") {
        return fmt::format("monna:f={},keep={}", f, key.substr(key.find("n-")));
    }
    if (key == "geometric_median") {
        return "geometric-median";
    }
    if (const auto tau = after(key, "centered_clipping_tau"); !tau.empty()) {
        return fmt::format("centered-clipping:tau={}", tau);
    }
    return "";
}

/// Returns our numbers for a key.
std::vector<double> numbers_for(const std::string& key, const Problem& problem) {
    if (key == "krum_scores_nf2") {
        return problem.scores(KrumScore::kNf2);
    }
    if (key == "krum_scores_nf1") {
        return problem.scores(KrumScore::kNf1);
    }
    if (key == "tau_epfml_second_largest") {
        return {second_largest_distance(problem.pulls())};
    }
    if (const auto b = after(key, "tau_he_weight_rule_b="); !b.empty()) {
        return {he_length(problem.pulls(), parse_tolerated_weight("b", b))};
    }
    const std::string aggregation = aggregation_of(key, problem);
    if (aggregation.empty()) {
        throw std::invalid_argument("names no rule");
    }
    return problem.merged(aggregation);
}

/// Returns the largest difference from a list of numbers, or from one.
double compare(const std::vector<double>& ours, const Field& theirs) {
    if (!theirs.json.is_array() && ours.size() == 1) {
        return relative_difference(ours.front(), theirs.number());
    }
    theirs.require_size(ours.size());
    double largest = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        largest = std::max(largest, relative_difference(ours[i], theirs.at(i).number()));
    }
    return largest;
}

}  // namespace

std::vector<RuleDifference> replay_robust(const Field& section) {
    const Problem problem(section);
    std::vector<RuleDifference> differences;
    for (const auto& [key, value] : section.json.items()) {
        if (key == "vectors_own_first" || key == "f") {
            continue;
        }
        const Field theirs = section.at(key);
        std::vector<double> ours;
        try {
            ours = numbers_for(key, problem);
        } catch (const std::invalid_argument& error) {
            differences.push_back(not_replayed(shown(key), error.what()));
            continue;
        }
        differences.push_back({key, compare(ours, theirs)});
    }
    return differences;
}

}  // namespace murmur::replay
