#include "emulator/base/quantity.h"
#include "emulator/tasks/clocks.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

#include <memory>

namespace murmur {

namespace {

/// The option of clocks whose durations vary by chance.
OptionForm jitter_option() {
    return named(
        "jitter", "0", "X: durations are multiplied by a draw from 1 - X ... 1 + X; X below 1");
}

double jitter_of(const Options& options) {
    const double jitter = options.number("jitter", {0, 1});
    if (jitter == 1) {
        options.refuse(
            fmt::format("jitter: got '{}', allowed 0 <= jitter < 1", options.text("jitter")));
    }
    return jitter;
}

/// Reads a time per million values; the same number of seconds per value as was measured, where
/// nothing is said.
double seconds_per_value(const Options& options) {
    if (!options.has("merge")) {
        return kMergeSecondsPerValue;
    }
    const std::string& text = options.text("merge");
    return text == "0" ? 0 : parse_time(options.where() + ": merge", text) / 1e6;
}

ClockFactory plan_modelled(const Options& options, std::uint32_t /*num_nodes*/) {
    (void)seconds_per_sample(options, [] { return 1.0; });  // refused before the run
    const double jitter = jitter_of(options);
    const double merging = seconds_per_value(options);
    return [options, jitter, merging](const ClockSetting& setting) -> std::unique_ptr<const ComputeClock> {
        ComputeCosts costs;
        costs.seconds_per_value = merging;
        costs.seconds_per_sample = seconds_per_sample(options, setting.flops_per_sample);
        return std::make_unique<ModelledClock>(
            costs, jitter, setting.speeds, setting.seed, setting.speed_traces);
    };
}

ClockFactory plan_calibrated(const Options& options, std::uint32_t /*num_nodes*/) {
    const double jitter = jitter_of(options);
    return [jitter](const ClockSetting& setting) -> std::unique_ptr<const ComputeClock> {
        return std::make_unique<ModelledClock>(
            setting.calibrate(), jitter, setting.speeds, setting.seed, setting.speed_traces);
    };
}

}  // namespace

double seconds_per_sample(const Options& options, const std::function<double()>& flops_per_sample) {
    const std::string where = options.where() + ": work";
    const std::string& work = options.text("work");
    if (work.ends_with("FLOPS")) {
        return flops_per_sample() / parse_flops(where, work);
    }
    const double seconds = parse_time(where, work);
    if (seconds == 0) {
        options.refuse("got a time of 0 per sample; compute is not free");
    }
    return seconds;
}

std::optional<SimTime> ModelledClock::duration(const TaskDescription& task) const {
    const Cost& cost = task.cost;
    double seconds = 0;
    if (cost.kind == TaskKind::kTrain) {
        seconds = costs_.seconds_per_sample * static_cast<double>(cost.samples) +
                  costs_.seconds_per_step * static_cast<double>(cost.steps);
    } else {
        // A forward pass is a third of what training on a sample takes.
        constexpr double kForwardShare = 1.0 / 3;
        seconds = costs_.seconds_per_value * static_cast<double>(cost.values_read) +
                  kForwardShare * costs_.seconds_per_sample * static_cast<double>(cost.samples);
    }
    if (jitter_ > 0) {
        const auto purpose = fmt::format("clock-{}", task_kind_name(cost.kind));
        RandomStream stream(stream_seed(seed_, purpose, task.node, task.sequence));
        seconds *= stream.uniform(1 - jitter_, 1 + jitter_);
    }
    seconds /= speeds_[task.node];
    if (speed_traces_) {
        seconds = speed_traces_->duration_s(task.node, task.start, seconds);
    }
    return from_seconds(seconds);
}

void register_modelled_clock(ClockRegistry& registry) {
    registry.add({"calibrated",
                  "as modelled, what tasks cost measured on this machine when the run begins",
                  {jitter_option()}},
                 plan_calibrated);
    registry.add(
        {"modelled",
         "work / speed of the node's device, known before a task runs",
         {positional("work", "WORK", "a time per training sample (2ms), or a speed (50GFLOPS)"),
          jitter_option(),
          named("merge",
                fmt::format("{:g}us", kMergeSecondsPerValue * 1e12),
                "time per million values merged or encoded; 0: free")}},
        plan_modelled);
}

}  // namespace murmur
