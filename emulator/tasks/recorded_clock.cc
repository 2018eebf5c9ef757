#include "emulator/base/quantity.h"
#include "emulator/tasks/clocks.h"
#include "emulator/tasks/compute_trace_table.h"
#include "tools/text/csv.h"
#include "tools/text/words.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace murmur {

namespace {

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

/// Refuses a trace that lies in the folder of a run with another number of nodes.
void check_trace_is_of(const std::string& trace, std::uint32_t nodes) {
    std::ifstream file(std::filesystem::path(trace).parent_path() / "experiment.json");
    const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
    const nlohmann::json value =
        json.is_object()
            ? json.value(nlohmann::json::json_pointer("/options/nodes"), nlohmann::json())
            : nlohmann::json();
    // Runs of earlier versions have all values as texts.
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (!value.is_null() && text != std::to_string(nodes)) {
        throw std::invalid_argument(
            fmt::format("--clock: {} is of a run of {} nodes, allowed {}", trace, text, nodes));
    }
}

}  // namespace

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

void register_recorded_clock(ClockRegistry& registry) {
    registry.add({"recorded",
                  "the durations of an earlier run",
                  {rest("file", "FILE", "its compute-trace.csv")}},
                 [](const Options& options, std::uint32_t num_nodes) {
                     const std::string& path = options.text("file");
                     check_trace_is_of(path, num_nodes);
                     const auto clock = std::make_shared<const RecordedClock>(path, num_nodes);
                     return [clock](const ClockSetting& setting) -> std::unique_ptr<const ComputeClock> {
                         refuse_speed_traces(setting, "recorded");
                         return std::make_unique<RecordedClock>(*clock);
                     };
                 });
}

}  // namespace murmur
