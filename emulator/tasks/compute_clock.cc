#include "emulator/tasks/compute_clock.h"

#include "emulator/base/quantity.h"
#include "emulator/tasks/compute_trace_table.h"
#include "learning/random_stream.h"
#include "tools/text/csv.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace murmur {

namespace {

constexpr std::string_view kAllowedClocks =
    "measured, calibrated[:jitter=X], modelled:WORK[,jitter=X][,merge=TIME] with WORK a time per "
    "training sample (2ms) or a speed (50GFLOPS), or recorded:FILE";

constexpr std::size_t kTaskKinds = 4;

std::size_t parse_task_kind(std::string_view where, std::string_view name) {
    for (std::size_t kind = 0; kind < kTaskKinds; ++kind) {
        if (task_kind_name(static_cast<TaskKind>(kind)) == name) {
            return kind;
        }
    }
    throw std::invalid_argument(
        fmt::format("{}: got task '{}', allowed train, encode, merge, evaluate", where, name));
}

SimTime parse_duration(std::string_view where, std::string_view text) {
    const std::uint64_t nanoseconds = parse_count(where, text);
    if (nanoseconds > static_cast<std::uint64_t>(kLongestSeconds * 1e9)) {
        throw std::invalid_argument(
            fmt::format("{}: got duration {}, allowed up to 1e18 ns", where, text));
    }
    return SimTime(static_cast<std::int64_t>(nanoseconds));
}

double parse_jitter(std::string_view text) {
    const double jitter = parse_number("--clock: jitter", text);
    if (jitter < 0 || jitter >= 1) {
        throw std::invalid_argument(
            fmt::format("--clock: jitter: got '{}', allowed 0 <= jitter < 1", text));
    }
    return jitter;
}

void parse_clock_option(std::string_view option, ClockSpec& spec) {
    if (option.starts_with("jitter=")) {
        spec.jitter = parse_jitter(option.substr(7));
    } else if (option.starts_with("merge=") && spec.kind == ClockSpec::Kind::kModelled) {
        const std::string_view given = option.substr(6);
        spec.seconds_per_value = given == "0" ? 0 : parse_time("--clock: merge", given) / 1e6;
    } else {
        throw std::invalid_argument(
            fmt::format("--clock: unknown part '{}', allowed {}", option, kAllowedClocks));
    }
}

}  // namespace

SimTime ComputeClock::from_cpu_time(std::uint32_t, std::chrono::nanoseconds) const {
    throw std::logic_error("this compute clock knows durations at submission");
}

std::optional<SimTime> ModelledClock::duration(const TaskDescription& task) const {
    const Cost& cost = task.cost;
    double seconds = 0;
    if (cost.kind == TaskKind::kTrain) {
        seconds = costs_.seconds_per_sample * static_cast<double>(cost.samples) +
                  costs_.seconds_per_step * static_cast<double>(cost.steps);
    } else {
        seconds = costs_.seconds_per_value * static_cast<double>(cost.values_read);
    }
    if (jitter_ > 0) {
        const auto purpose = fmt::format("clock-{}", task_kind_name(cost.kind));
        RandomStream stream(stream_seed(seed_, purpose, task.node, task.sequence));
        seconds *= stream.uniform(1 - jitter_, 1 + jitter_);
    }
    return from_seconds(seconds / speeds_[task.node]);
}

std::optional<SimTime> MeasuredClock::duration(const TaskDescription&) const {
    return std::nullopt;
}

SimTime MeasuredClock::from_cpu_time(std::uint32_t node, std::chrono::nanoseconds cpu_time) const {
    const double nanoseconds = static_cast<double>(cpu_time.count()) / speeds_[node];
    check_countable(1e-9 * nanoseconds);
    // Rounded down, so that the bound of a running task never passes its completion.
    return SimTime(static_cast<std::int64_t>(nanoseconds));
}

RecordedClock::RecordedClock(const std::string& path, std::uint32_t num_nodes)
    : path_(path), durations_(num_nodes * kTaskKinds) {
    std::ifstream file(path);
    std::error_code ignored;
    CsvReader rows(file);
    // A device may never end.
    if (!std::filesystem::is_regular_file(path, ignored) ||
        (!rows.next() && !rows.is_cut_short())) {
        throw std::invalid_argument(fmt::format("--clock: cannot read the trace {}", path));
    }
    const std::string header = header_of<ComputeTraceTable>();
    if (rows.line() != header) {
        throw std::invalid_argument(
            fmt::format("--clock: {}:1: got '{}', allowed '{}'", path, shown(rows.line()), header));
    }
    while (rows.next()) {
        const std::string where = fmt::format("--clock: {}:{}", path, rows.line_number());
        const std::vector<std::string>& fields = rows.cells();
        if (fields.size() != 6) {
            throw std::invalid_argument(
                fmt::format("{}: got {} fields, allowed 6", where, fields.size()));
        }
        const std::uint64_t node = parse_count(where, fields[0]);
        const std::size_t kind = parse_task_kind(where, fields[1]);
        if (node >= num_nodes) {
            throw std::invalid_argument(
                fmt::format("{}: got node {}, allowed 0 to {}", where, node, num_nodes - 1));
        }
        std::vector<SimTime>& tasks = durations_[node * kTaskKinds + kind];
        if (parse_count(where, fields[2]) != tasks.size()) {
            throw std::invalid_argument(
                fmt::format("{}: got sequence {}, allowed {} (next of its kind)",
                            where,
                            fields[2],
                            tasks.size()));
        }
        tasks.push_back(parse_duration(where, fields[5]));
    }
    if (rows.is_cut_short()) {
        // Of a run that was killed while it wrote: its last digits may be missing.
        throw std::invalid_argument(
            fmt::format("--clock: {}:{}: the line is cut off, it ends without a newline",
                        path,
                        rows.line_number()));
    }
}

std::optional<SimTime> RecordedClock::duration(const TaskDescription& task) const {
    const std::vector<SimTime>& durations =
        durations_[task.node * kTaskKinds + static_cast<std::size_t>(task.cost.kind)];
    if (task.sequence >= durations.size()) {
        throw std::runtime_error(fmt::format(
            "the trace {} ends before {} task {} of node {} (round {}); record a run of "
            "the same scenario and as many rounds",
            path_,
            task_kind_name(task.cost.kind),
            task.sequence,
            task.node,
            task.cost.round));
    }
    return durations[task.sequence];
}

ClockSpec parse_clock(std::string_view text) {
    ClockSpec spec;
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    const std::string_view rest =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const bool has_rest = colon != std::string_view::npos;
    if (name == "measured" && !has_rest) {
        spec.kind = ClockSpec::Kind::kMeasured;
    } else if (name == "calibrated") {
        spec.kind = ClockSpec::Kind::kCalibrated;
        if (has_rest) {
            parse_clock_option(rest, spec);
        }
    } else if (name == "modelled" && !rest.empty()) {
        spec.kind = ClockSpec::Kind::kModelled;
        spec.seconds_per_value = kMergeSecondsPerValue;
        const std::vector<std::string_view> parts = split(rest, ',');
        if (parts.front().ends_with("FLOPS")) {
            spec.flops_per_second = parse_flops("--clock", parts.front());
        } else {
            spec.seconds_per_sample = parse_time("--clock", parts.front());
        }
        for (std::size_t i = 1; i < parts.size(); ++i) {
            parse_clock_option(parts[i], spec);
        }
        if (spec.flops_per_second == 0 && spec.seconds_per_sample == 0) {
            throw std::invalid_argument("--clock: got a time of 0 per sample; compute is not free");
        }
    } else if (name == "recorded" && !rest.empty()) {
        spec.kind = ClockSpec::Kind::kRecorded;
        spec.trace_path = rest;
    } else {
        throw std::invalid_argument(
            text.empty()
                ? fmt::format("--clock: a run needs a compute clock; allowed {}", kAllowedClocks)
                : fmt::format("--clock: got '{}', allowed {}", text, kAllowedClocks));
    }
    return spec;
}

}  // namespace murmur
