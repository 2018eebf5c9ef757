#include "learning/schedule.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace murmur {
namespace {

/// f + (1 - f) (1 + cos(pi (t - W) / (T - W))) / 2 from the end of warm-up W to T, and the final
/// share f from there on [Loshchilov, 2017, eq. 5, without restarts].
/// - [Loshchilov, 2017] I. Loshchilov and F. Hutter. SGDR: stochastic gradient descent with warm
///   restarts. ICLR.
ScheduleShare make_cosine(const Options& options, const ScheduleSpan& span) {
    const double final_share = options.number("final", {0, 1});
    double end = 0;
    if (options.has("period")) {
        end = static_cast<double>(options.integer("period", {1, std::int64_t{1} << 53}));
    } else if (span.end) {
        end = *span.end;
    } else {
        options.refuse("period: must be given, for the run does not say how many there are");
    }
    if (span.begin > 0 && span.begin >= end) {
        options.refuse(
            fmt::format("warmup: got {} and an end at {}, allowed a warm-up that ends before",
                        span.begin,
                        end));
    }
    return [final_share, begin = span.begin, end](double t) {
        if (t >= end) {
            return final_share;
        }
        const double angle = std::numbers::pi * (t - begin) / (end - begin);
        return final_share + (1 - final_share) * (1 + std::cos(angle)) / 2;
    };
}

}  // namespace

void register_cosine(ScheduleRegistry& registry) {
    registry.add({"cosine",
                  "half a cosine from --lr down to a final value",
                  schedule_options(
                      {unset("period", "COUNT", "units until then, with warm-up; else the run's"),
                       named("final", "0", "share of --lr at the end, 0 to 1")})},
                 make_cosine);
}

}  // namespace murmur
