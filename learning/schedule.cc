#include "learning/schedule.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace murmur {

ScheduleRegistry& schedules() {
    static ScheduleRegistry registry("schedule", register_all);
    return registry;
}

std::vector<OptionForm> schedule_options(std::vector<OptionForm> own) {
    own.push_back(word("unit", {"rounds", "steps"}, "what is counted: rounds, or a node's steps"));
    own.push_back(named("warmup", "0", "units in which the rate rises to --lr on a line"));
    own.push_back(unset(
        "warmup-from", "SHARE", "of --lr in the first of them, 0 to 1; 1/(warmup+1) without it"));
    return own;
}

LearningRate::LearningRate(const TrainingOptions& options) : base_(options.lr) {
    const auto chosen = schedules().select(options.schedule);
    const Options& given = chosen.options;
    counts_steps_ = given.choice<bool>("unit", {{"rounds", false}, {"steps", true}});
    warmup_ =
        static_cast<double>(given.integer("warmup", {0, std::numeric_limits<std::int64_t>::max()}));
    if (given.has("warmup-from") && warmup_ == 0) {
        given.refuse(fmt::format("warmup-from: got {} without a warm-up, allowed with warmup=COUNT",
                                 given.text("warmup-from")));
    }
    warmup_from_ =
        given.has("warmup-from") ? given.number("warmup-from", {0, 1}) : 1 / (warmup_ + 1);
    ScheduleSpan span{.begin = warmup_};
    // How many steps a pass takes is each node's own matter.
    if (options.run_rounds > 0 && !(counts_steps_ && options.local_epochs > 0)) {
        span.end = static_cast<double>(options.run_rounds) *
                   (counts_steps_ ? static_cast<double>(options.local_steps) : 1.0);
    }
    ScheduleShare decay = chosen.make(given, span);
    if (warmup_ > 0 || chosen.text.name != "constant") {
        share_ = std::move(decay);
    }
}

double LearningRate::share(std::uint64_t round, std::uint64_t step) const {
    if (is_constant()) {
        return 1;
    }
    const auto t = static_cast<double>(counts_steps_ ? step : round);
    return t < warmup_ ? warmup_from_ + (1 - warmup_from_) * t / warmup_ : share_(t);
}

}  // namespace murmur
