// Lives that are drawn: of each node from a stream of its own, as far as a run asks for them.
#include "emulator/base/quantity.h"
#include "emulator/nodes/availability.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace murmur {

namespace {

double positive_time(const Options& options, std::string_view key) {
    return parse_positive_time(fmt::format("--availability: {}: {}", options.where(), key),
                               options.text(key));
}

/// On and off for exponential times, one after the other.
Availability plan_poisson(const AvailabilityRequest& request) {
    const double on_s = positive_time(request.options, "on");
    const double off_s = positive_time(request.options, "off");
    return {.make_life = [on_s, off_s, seed = request.seed](NodeId node) {
        RandomStream stream(stream_seed(seed, "availability", node));
        // As in the long run: times without memory go on from any instant as from their beginning.
        const bool starts_present = stream.uniform() * (on_s + off_s) < on_s;
        const auto next = [stream, on_s, off_s, present = starts_present, now = SimTime(0)]() mutable
            -> std::optional<SimTime> {
            const double mean_s = present ? on_s : off_s;
            const double length_s = -mean_s * std::log1p(-stream.uniform());
            now += std::max(SimTime(1), from_seconds(std::min(length_s, kLongestSeconds)));
            present = !present;
            return now;
        };
        return Life{starts_present, next};
    }};
}

struct Diurnal {
    double day_s;
    double on_s;
    double spread_s;
    std::int64_t zones;
};

/// A time in each day, which begins at the hour of the node's zone; hour and length vary from day
/// to day.
class DiurnalWalk {
  public:
    DiurnalWalk(const Diurnal& diurnal, RandomStream stream)
        : diurnal_(diurnal), stream_(stream) {
        const auto zones = static_cast<std::uint64_t>(diurnal.zones);
        zone_s_ = diurnal.day_s * static_cast<double>(stream_.below(zones)) /
                  static_cast<double>(diurnal.zones);
        next_begin_ = begin_of_day();
        draw_span();
        while (span_.until <= SimTime(0)) {
            draw_span();
        }
        is_inside_ = span_.from <= SimTime(0);
    }

    [[nodiscard]] bool starts_present() const { return is_inside_; }
    SimTime next_change() {
        if (!is_inside_) {
            is_inside_ = true;
            return span_.from;
        }
        const SimTime end = span_.until;
        draw_span();
        is_inside_ = false;
        return end;
    }

  private:
    SimTime begin_of_day() {
        // A quarter of a day at most, so that days stay in order.
        const double shift = std::clamp(
            diurnal_.spread_s * stream_.normal(), -diurnal_.day_s / 4, diurnal_.day_s / 4);
        return from_seconds(static_cast<double>(day_++) * diurnal_.day_s + zone_s_ + shift);
    }
    void draw_span() {
        span_.from = next_begin_;
        next_begin_ = begin_of_day();
        const double length =
            std::max(diurnal_.on_s + diurnal_.spread_s * stream_.normal(), diurnal_.on_s / 10);
        span_.until = std::clamp(span_.from + from_seconds(length),
                                 span_.from + SimTime(1),
                                 next_begin_ - SimTime(1));
    }

    Diurnal diurnal_;
    RandomStream stream_;
    double zone_s_ = 0;
    std::int64_t day_ = -2;  ///< the next one to be drawn; what began the day before may go on at 0
    SimTime next_begin_{0};
    Span span_{};
    bool is_inside_ = false;
};

Availability plan_diurnal(const AvailabilityRequest& request) {
    const Options& options = request.options;
    Diurnal diurnal{.day_s = positive_time(options, "day"),
                    .on_s = positive_time(options, "on"),
                    .spread_s = 0,
                    .zones = options.integer("zones", {1, 1'000'000})};
    const std::string where = fmt::format("--availability: {}: spread", options.where());
    diurnal.spread_s =
        options.has("spread") ? parse_time(where, options.text("spread")) : diurnal.day_s / 24;
    if (diurnal.on_s >= diurnal.day_s || diurnal.day_s < 1e-6) {
        options.refuse(fmt::format("on: got {}, allowed less than the day, {}",
                                   options.text("on"),
                                   options.text("day")));
    }
    return {.make_life = [diurnal, seed = request.seed](NodeId node) {
        const auto walk = std::make_shared<DiurnalWalk>(
            diurnal, RandomStream(stream_seed(seed, "availability", node)));
        return Life{walk->starts_present(),
                    [walk]() -> std::optional<SimTime> { return walk->next_change(); }};
    }};
}

}  // namespace

void register_availability_drawn(AvailabilityRegistry& registry) {
    registry.add({"poisson",
                  "each node comes and goes by chance, for times that are exponentially distributed",
                  {required("on", "TIME", "mean time for which a node is there"),
                   required("off", "TIME", "mean time for which it is away")}},
                 plan_poisson);
    registry.add({"diurnal",
                  "each node is there once a day, from an hour of its own on",
                  {named("day", "24h", "length of a day"),
                   named("on", "8h", "mean time for which a node is there each day"),
                   unset("spread",
                         "TIME",
                         "standard deviation of hour and length from day to day; without: a 24th "
                         "of the day"),
                   named("zones", "24", "hours, equally far apart, of which each node draws one; "
                                        "1: all at once")}},
                 plan_diurnal);
}

}  // namespace murmur
