#include "emulator/report/run_folder.h"

#include "emulator/record/life_tables.h"
#include "emulator/record/link_tables.h"
#include "emulator/record/row_tables.h"
#include "emulator/record/summary_tables.h"

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

// What the page shows, by the names of the tables that runs write: another name does not compile.
const CsvColumns kMetricColumns{.numbers = {column<MetricsTable>("sim_time_s"),
                                            column<MetricsTable>("node"),
                                            column<MetricsTable>("test_accuracy"),
                                            column<MetricsTable>("bytes_sent"),
                                            column<MetricsTable>("bytes_received"),
                                            column<MetricsTable>("compute_s"),
                                            column<MetricsTable>("communication_s"),
                                            column<MetricsTable>("idle_s")}};
const CsvColumns kRoundColumns{.numbers = {column<RoundsTable>("round"),
                                           column<RoundsTable>("sim_time_mean_s"),
                                           column<RoundsTable>("sim_time_max_s"),
                                           column<RoundsTable>("test_accuracy_mean"),
                                           column<RoundsTable>("test_accuracy_min"),
                                           column<RoundsTable>("test_accuracy_max"),
                                           column<RoundsTable>("test_loss_mean"),
                                           column<RoundsTable>("test_loss_min"),
                                           column<RoundsTable>("test_loss_max"),
                                           column<RoundsTable>("train_loss_mean"),
                                           column<RoundsTable>("consensus_distance"),
                                           column<RoundsTable>("bytes_sent"),
                                           column<RoundsTable>("slowest_s"),
                                           column<RoundsTable>("slowest_from"),
                                           column<RoundsTable>("slowest_to"),
                                           column<RoundsTable>("slowest_own_s"),
                                           column<RoundsTable>("slowest_others_s"),
                                           column<RoundsTable>("slowest_latency_s"),
                                           column<RoundsTable>("slowest_window_s")},
                               .texts = {column<RoundsTable>("slowest_bound")},
                               .further_numbers = {column<OwnRoundsTable>("own_test_accuracy_mean"),
                                                   column<OwnRoundsTable>("own_test_accuracy_min"),
                                                   column<OwnRoundsTable>("own_test_accuracy_max"),
                                                   column<OwnRoundsTable>("own_test_loss_mean"),
                                                   column<OwnRoundsTable>("own_test_loss_min"),
                                                   column<OwnRoundsTable>("own_test_loss_max"),
                                                   column<RoundsTable>("samples_learnt"),
                                                   column<RoundsTable>("tokens_learnt"),
                                                   column<EnergyRoundsTable>("joules")}};
const CsvColumns kLinkColumns{.numbers = {column<LinksTable>("link"),
                                          column<LinksTable>("bytes"),
                                          column<LinksTable>("utilization"),
                                          column<LinksTable>("peak_utilization"),
                                          column<LinksTable>("waited_s")},
                              .texts = {column<LinksTable>("name"), column<LinksTable>("place")}};
const CsvColumns kLinkUseColumns{.numbers = {column<LinkUseTable>("sim_time_s"),
                                             column<LinkUseTable>("duration_s"),
                                             column<LinkUseTable>("link"),
                                             column<LinkUseTable>("utilization")}};
const CsvColumns kNodeColumns{.numbers = {column<NodesTable>("node"),
                                          column<NodesTable>("uplink_bps"),
                                          column<NodesTable>("downlink_bps"),
                                          column<NodesTable>("bytes_sent"),
                                          column<NodesTable>("bytes_received"),
                                          column<NodesTable>("compute_s"),
                                          column<NodesTable>("communication_s"),
                                          column<NodesTable>("idle_s")},
                              // Earlier versions had none.
                              .further_numbers = {column<NodesTable>("samples")}};
const CsvColumns kLabelColumns{.numbers = {column<LabelsTable>("node"),
                                           column<LabelsTable>("label"),
                                           column<LabelsTable>("samples")}};
const CsvColumns kExchangeColumns{.numbers = {column<ExchangesTable>("messages"),
                                              column<ExchangesTable>("sent"),
                                              column<ExchangesTable>("received")}};
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

CsvTable read_table(const std::filesystem::path& path, const CsvColumns& columns, RunFolder& run) {
    std::optional<std::ifstream> in = open(path, run);
    if (!in) {
        return {};
    }
    const std::string name = path.filename().string();
    CsvTable table = read_csv(*in, name, columns);
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

// A text as it is, a list of texts apart by blanks; any other value as JSON writes it.
std::string as_text(const Json& value) {
    if (value.is_null()) {
        return "";
    }
    if (value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& part) {
            return part.is_string();
        })) {
        std::string text;
        for (const Json& part : value) {
            text += text.empty() ? "" : " ";
            text += part.get<std::string>();
        }
        return text;
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

// What made the run: its program and what that was built from, then the versions of all parts.
Settings origin_from(const Json& json) {
    Settings origin;
    for (const char* key : {"program", "revision"}) {
        if (std::string text = text_at(json, key); !text.empty()) {
            origin.emplace_back(key, std::move(text));
        }
    }
    for (const auto& more : {settings_at(json, "versions"),
                             settings_at(json, "build"),
                             settings_at(json, "processor")}) {
        origin.insert(origin.end(), more.begin(), more.end());
    }
    return origin;
}

ExperimentRecord experiment_from(const Json& json) {
    ExperimentRecord record{
        text_at(json, "scenario"), settings_at(json, "options"), origin_from(json)};
    if (json.contains("metric")) {  // earlier versions wrote none
        record.metric = text_at(json, "metric");
    }
    return record;
}

SummaryRecord summary_from(const Json& json) {
    SummaryRecord summary{.status = text_at(json, "status"),
                          .error = text_at(json, "error"),
                          .scenario = text_at(json, "scenario"),
                          .seed = text_at(json, "seed"),
                          .parameter_hash = text_at(json, "parameter_hash"),
                          .figures = {}};
    for (const std::string_view key : {column<SummaryTable>("nodes"),
                                       column<SummaryTable>("rounds"),
                                       column<SummaryTable>("workers"),
                                       column<SummaryTable>("simulated_s"),
                                       column<SummaryTable>("mean_test_accuracy"),
                                       column<SummaryTable>("min_test_accuracy"),
                                       column<SummaryTable>("max_test_accuracy"),
                                       column<SummaryTable>("mean_test_loss"),
                                       column<SummaryTable>("consensus_distance"),
                                       column<SummaryTable>("messages"),
                                       column<SummaryTable>("messages_in_doubt"),
                                       column<SummaryTable>("bytes_sent"),
                                       column<SummaryTable>("bytes_content"),
                                       column<SummaryTable>("events"),
                                       column<SummaryTable>("wall_s"),
                                       column<SummaryTable>("cpu_s"),
                                       column<SummaryTable>("learning_cpu_s"),
                                       column<SummaryTable>("simulator_cpu_s"),
                                       column<SummaryTable>("peak_rss_bytes"),
                                       column<OwnSummaryTable>("mean_own_test_accuracy"),
                                       column<OwnSummaryTable>("min_own_test_accuracy"),
                                       column<OwnSummaryTable>("max_own_test_accuracy"),
                                       column<OwnSummaryTable>("mean_own_test_loss")}) {
        const auto figure = json.find(key);
        if (figure == json.end() || figure->is_null()) {
            continue;
        }
        if (!figure->is_number()) {
            throw std::runtime_error(
                fmt::format("summary.json: {}: not a number, got {}", key, as_text(*figure)));
        }
        summary.figures[std::string(key)] = figure->get<double>();
    }
    return summary;
}

}  // namespace

std::optional<double> SummaryRecord::figure(std::string_view name) const {
    const auto found = figures.find(name);
    return found == figures.end() ? std::nullopt : std::optional(found->second);
}

std::string Metric::capitalized() const {
    std::string text = name;
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    return text;
}

Metric metric_of(const RunFolder& run) {
    const std::string name = run.experiment ? run.experiment->metric : "";
    if (name.empty() || name == "accuracy") {
        return {};
    }
    return {.name = name, .unit = Unit::kNumber, .is_accuracy = false};
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
    run.metrics = read_table(folder / "metrics.csv", kMetricColumns, run);
    run.rounds = read_table(folder / "rounds.csv", kRoundColumns, run);
    run.nodes = read_table(folder / "nodes.csv", kNodeColumns, run);
    // A run may measure no links; the figures say so.
    if (is_there("links.csv") && is_there("link-use.csv")) {
        run.links = read_table(folder / "links.csv", kLinkColumns, run);
        run.link_use = read_table(folder / "link-use.csv", kLinkUseColumns, run);
    }
    if (is_there(LabelsTable::kFile.data())) {
        run.labels = read_table(folder / LabelsTable::kFile, kLabelColumns, run);
    }
    if (is_there(ExchangesTable::kFile.data())) {
        run.exchanges = read_table(folder / ExchangesTable::kFile, kExchangeColumns, run);
    }
    if (auto in = open(folder / "overlay.txt", run)) {
        run.overlay = read_overlay(*in, "overlay.txt");
    }
    return run;
}

}  // namespace murmur::report
