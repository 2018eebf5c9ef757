#include "emulator/protocols/skiptrain.h"

#include "emulator/base/quantity.h"
#include "emulator/protocols/plans.h"

#include <algorithm>
#include <cmath>

namespace murmur {

std::uint64_t SkipTrain::training_rounds(const Options& options, std::uint64_t rounds) {
    const std::uint64_t period = options.train + options.sync;
    return rounds / period * options.train + std::min(rounds % period, options.train);
}

bool SkipTrain::trains() {
    bool is_to_train = is_training_round(options_, node().round());
    if (is_to_train && options_.budget) {
        is_to_train = trainings_ < *options_.budget;
        if (is_to_train && options_.spending == Spending::kProbability) {
            const auto rounds = static_cast<double>(training_rounds(options_, node().num_rounds()));
            is_to_train = node().stream("skiptrain", node().round()).uniform() * rounds <
                          static_cast<double>(*options_.budget);
        }
    }
    if (is_to_train) {
        ++trainings_;
        node().count("trainings");
    }
    return is_to_train;
}

void register_skiptrain(ProtocolRegistry& registry) {
    using Spending = SkipTrain::Spending;
    registry.add(
        {"skiptrain",
         "dpsgd that trains in some rounds and only synchronizes in others",
         {named("train", "4", "rounds of training, one after the other"),
          named("sync", "4", "rounds without, between them"),
          unset(
              "budget", "COUNT", "trainings of each node, a value or a distribution: choice:20:80"),
          word("spend",
               {"probability", "greedy"},
               "the budget: with the same probability in each training round, or in the first "
               "ones"),
          on_missing_option()}},
        [](const Options& options, NodeId) {
            constexpr std::int64_t kMost = 1'000'000;
            SkipTrain::Options chosen;
            chosen.train = static_cast<std::uint64_t>(options.integer("train", {1, kMost}));
            chosen.sync = static_cast<std::uint64_t>(options.integer("sync", {0, kMost}));
            chosen.spending = options.choice<Spending>(
                "spend", {{"probability", Spending::kProbability}, {"greedy", Spending::kGreedy}});
            std::optional<Distribution> budget;
            if (options.has("budget")) {
                budget.emplace(options.where() + ": budget",
                               options.text("budget"),
                               [](std::string_view where, std::string_view text) {
                                   return static_cast<double>(parse_count(where, text));
                               });
            }
            ProtocolPlan plan;
            plan.make = [chosen, budget, missing = on_missing(options)](NodeContext& node) {
                SkipTrain::Options own = chosen;
                if (budget) {
                    RandomStream stream = node.stream("skiptrain-budget", 0);
                    own.budget =
                        static_cast<std::uint64_t>(std::llround(budget->draw(stream, node.id())));
                }
                return std::make_unique<SkipTrain>(node, own, missing);
            };
            plan.takes_directed_overlay = true;
            plan.lives_with_churn = true;
            return plan;
        });
}

}  // namespace murmur
