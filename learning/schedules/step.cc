#include "learning/schedule.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace murmur {
namespace {

constexpr std::pair<std::int64_t, std::int64_t> kPositions{1, std::int64_t{1} << 53};

/// Reads `150/180`.
std::vector<double> milestones(const Options& options) {
    std::vector<double> all;
    for (const std::string_view part : split(options.text("at"), '/')) {
        all.push_back(static_cast<double>(
            parse_integer(fmt::format("{}: at", options.where()), part, kPositions)));
    }
    return all;
}

/// gamma to the power of how many drops lie at or before t: each `period` positions of the run,
/// warm-up among them, or the milestones `at`.
ScheduleShare make_step(const Options& options, const ScheduleSpan& /*span*/) {
    if (options.has("at") == options.has("period")) {
        options.refuse(
            "period: where the rate drops is said once, allowed period=COUNT, or "
            "at=FIRST/SECOND/...");
    }
    const double gamma = options.number("gamma", {0, 1});
    const double final_share = options.number("final", {0, 1});
    const auto dropped = [gamma, final_share](double drops) {
        return std::max(final_share, std::pow(gamma, drops));
    };
    if (options.has("period")) {
        const auto period = static_cast<double>(options.integer("period", kPositions));
        return [dropped, period](double t) { return dropped(std::floor(t / period)); };
    }
    return [dropped, at = milestones(options)](double t) {
        return dropped(static_cast<double>(
            std::count_if(at.begin(), at.end(), [t](double milestone) { return milestone <= t; })));
    };
}

}  // namespace

void register_step(ScheduleRegistry& registry) {
    registry.add(
        {"step",
         "a factor less after each period, or at milestones",
         schedule_options({unset("period", "COUNT", "units from one drop to the next"),
                           unset("at", "A/B/...", "units at which it drops, instead"),
                           named("gamma", "0.1", "what remains at a drop, 0 to 1"),
                           named("final", "0", "share of --lr that it does not go below")})},
        make_step);
}

}  // namespace murmur
