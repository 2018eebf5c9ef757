#include "emulator/report/run_folder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace murmur::report {

namespace {

// Keeps the order of the file, so that options are listed as the scenario declares them.
using Json = nlohmann::ordered_json;

const std::vector<std::string_view> kMetricColumns{"sim_time_s",
                                                   "node",
                                                   "test_accuracy",
                                                   "bytes_sent",
                                                   "bytes_received",
                                                   "compute_s",
                                                   "communication_s",
                                                   "idle_s"};
const std::vector<std::string_view> kRoundColumns{"round",
                                                  "sim_time_mean_s",
                                                  "sim_time_max_s",
                                                  "test_accuracy_mean",
                                                  "test_accuracy_min",
                                                  "test_accuracy_max",
                                                  "test_loss_mean",
                                                  "test_loss_min",
                                                  "test_loss_max",
                                                  "train_loss_mean",
                                                  "consensus_distance",
                                                  "bytes_sent",
                                                  "slowest_s",
                                                  "slowest_from",
                                                  "slowest_to",
                                                  "slowest_own_s",
                                                  "slowest_others_s",
                                                  "slowest_latency_s",
                                                  "slowest_window_s"};
const std::vector<std::string_view> kRoundTexts{"slowest_bound"};
const std::vector<std::string_view> kLinkColumns{
    "link", "bytes", "utilization", "peak_utilization", "waited_s"};
const std::vector<std::string_view> kLinkTexts{"name", "place"};
const std::vector<std::string_view> kLinkUseColumns{
    "sim_time_s", "duration_s", "link", "utilization"};
const std::vector<std::string_view> kNodeColumns{"node",
                                                 "uplink_bps",
                                                 "downlink_bps",
                                                 "bytes_sent",
                                                 "bytes_received",
                                                 "compute_s",
                                                 "communication_s",
                                                 "idle_s"};
constexpr std::array<const char*, 6> kFiles{
    "experiment.json", "summary.json", "metrics.csv", "rounds.csv", "nodes.csv", "overlay.txt"};

// Opens a file of the run; an absent one is noted and gives nothing.
std::optional<std::ifstream> open(const std::filesystem::path& path, RunFolder& run) {
    const std::string name = path.filename().string();
    if (!std::filesystem::exists(path)) {
        run.notes.push_back(fmt::format("{} is missing.", name));
        return std::nullopt;
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw std::runtime_error(fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
    }
    return in;
}

CsvTable read_table(const std::filesystem::path& path,
                    const std::vector<std::string_view>& columns,
                    const std::vector<std::string_view>& texts,
                    RunFolder& run) {
    std::optional<std::ifstream> in = open(path, run);
    if (!in) {
        return {};
    }
    const std::string name = path.filename().string();
    CsvTable table = read_csv(*in, name, columns, texts);
    if (table.is_cut_short()) {
        run.notes.push_back(fmt::format("{} ends inside a row; that row is left out.", name));
    } else if (table.is_empty()) {
        run.notes.push_back(fmt::format("{} has no row yet.", name));
    }
    return table;
}

std::optional<Json> read_json(const std::filesystem::path& path, RunFolder& run) {
    std::optional<std::ifstream> in = open(path, run);
    if (!in) {
        return std::nullopt;
    }
    const std::string name = path.filename().string();
    std::ostringstream text;
    text << in->rdbuf();
    const std::string content = text.str();
    try {
        Json json = Json::parse(content);
        if (!json.is_object()) {
            throw std::runtime_error(fmt::format("{}:1: not a JSON object", name));
        }
        return json;
    } catch (const Json::parse_error& error) {
        // `byte` counts from 1; what stands before it decides the line.
        const std::string before = content.substr(0, error.byte == 0 ? 0 : error.byte - 1);
        const auto line = 1 + std::count(before.begin(), before.end(), '\n');
        throw std::runtime_error(
            fmt::format("{}:{}: not valid JSON: {}", name, line, error.what()));
    } catch (const Json::out_of_range& error) {
        throw std::runtime_error(fmt::format("{}: not valid JSON: {}", name, error.what()));
    }
}

// A text as it is; any other value as JSON writes it.
std::string as_text(const Json& value) {
    if (value.is_null()) {
        return "";
    }
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_at(const Json& object, const char* key) {
    return object.contains(key) ? as_text(object[key]) : "";
}

Settings settings_at(const Json& object, const char* key) {
    Settings settings;
    if (!object.contains(key)) {
        return settings;
    }
    if (!object[key].is_object()) {
        throw std::runtime_error(fmt::format("experiment.json: {}: not a JSON object", key));
    }
    for (const auto& [name, value] : object[key].items()) {
        settings.emplace_back(name, as_text(value));
    }
    return settings;
}

ExperimentRecord experiment_from(const Json& json) {
    return {text_at(json, "scenario"), settings_at(json, "options"), settings_at(json, "versions")};
}

SummaryRecord summary_from(const Json& json) {
    SummaryRecord summary{.status = text_at(json, "status"),
                          .error = text_at(json, "error"),
                          .scenario = text_at(json, "scenario"),
                          .seed = text_at(json, "seed"),
                          .parameter_hash = text_at(json, "parameter_hash"),
                          .figures = {}};
    for (const char* key : {"nodes",
                            "rounds",
                            "workers",
                            "simulated_s",
                            "mean_test_accuracy",
                            "min_test_accuracy",
                            "max_test_accuracy",
                            "mean_test_loss",
                            "consensus_distance",
                            "messages",
                            "messages_in_doubt",
                            "bytes_sent",
                            "bytes_content",
                            "events",
                            "wall_s",
                            "cpu_s",
                            "learning_cpu_s",
                            "simulator_cpu_s",
                            "peak_rss_bytes"}) {
        if (!json.contains(key) || json[key].is_null()) {
            continue;
        }
        if (!json[key].is_number()) {
            throw std::runtime_error(
                fmt::format("summary.json: {}: not a number, got {}", key, as_text(json[key])));
        }
        summary.figures[key] = json[key].get<double>();
    }
    return summary;
}

}  // namespace

std::optional<double> SummaryRecord::figure(std::string_view name) const {
    const auto found = figures.find(name);
    return found == figures.end() ? std::nullopt : std::optional(found->second);
}

RunFolder read_run_folder(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder)) {
        throw std::invalid_argument(fmt::format(
            "report: '{}' is not a folder; name the --out folder of a run", folder.string()));
    }
    const auto is_there = [&](const char* file) { return std::filesystem::exists(folder / file); };
    if (std::none_of(kFiles.begin(), kFiles.end(), is_there)) {
        throw std::invalid_argument(
            fmt::format("report: '{}' is not a run folder, it has none of the files that a run "
                        "writes, such as experiment.json; name the --out folder of a run",
                        folder.string()));
    }
    RunFolder run;
    // "runs/a/" has an empty file name.
    const std::filesystem::path full = std::filesystem::absolute(folder).lexically_normal();
    run.name = (full.has_filename() ? full : full.parent_path()).filename().string();
    if (const auto json = read_json(folder / "experiment.json", run)) {
        run.experiment = experiment_from(*json);
    }
    if (const auto json = read_json(folder / "summary.json", run)) {
        run.summary = summary_from(*json);
    }
    run.metrics = read_table(folder / "metrics.csv", kMetricColumns, {}, run);
    run.rounds = read_table(folder / "rounds.csv", kRoundColumns, kRoundTexts, run);
    run.nodes = read_table(folder / "nodes.csv", kNodeColumns, {}, run);
    // A run may measure no links; the figures say so.
    if (is_there("links.csv") && is_there("link-use.csv")) {
        run.links = read_table(folder / "links.csv", kLinkColumns, kLinkTexts, run);
        run.link_use = read_table(folder / "link-use.csv", kLinkUseColumns, {}, run);
    }
    if (auto in = open(folder / "overlay.txt", run)) {
        run.overlay = read_overlay(*in, "overlay.txt");
    }
    return run;
}

}  // namespace murmur::report
