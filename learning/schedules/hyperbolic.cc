#include "learning/schedule.h"

#include <algorithm>

namespace murmur {
namespace {

/// max(f, 1 / (1 + (t - W) / T)): half of the rate T positions after the warm-up W.
ScheduleShare make_hyperbolic(const Options& options, const ScheduleSpan& span) {
    const auto period = static_cast<double>(options.integer("period", {1, std::int64_t{1} << 53}));
    const double final_share = options.number("final", {0, 1});
    return [period, final_share, begin = span.begin](double t) {
        return std::max(final_share, 1 / (1 + (t - begin) / period));
    };
}

}  // namespace

void register_hyperbolic(ScheduleRegistry& registry) {
    registry.add(
        {"hyperbolic",
         "1 / (1 + t / period)",
         schedule_options({required("period", "COUNT", "units in which it falls to half"),
                           named("final", "0", "share of --lr that it does not go below")})},
        make_hyperbolic);
}

}  // namespace murmur
