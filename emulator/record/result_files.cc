#include "emulator/record/result_files.h"

#include "emulator/base/replace_file.h"
#include "emulator/record/build_info.h"
#include "emulator/record/checkpoint_folder.h"
#include "emulator/record/life_tables.h"
#include "emulator/record/link_tables.h"
#include "emulator/record/model_files.h"
#include "emulator/record/row_tables.h"
#include "emulator/record/summary_tables.h"
#include "topologies/text_files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <variant>

namespace murmur {

namespace fs = std::filesystem;

namespace {

std::invalid_argument used_folder(const fs::path& folder) {
    return std::invalid_argument(
        fmt::format("--out: {} holds files already; choose another folder, or --overwrite to "
                    "replace a run's results",
                    folder.string()));
}

fs::path create(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        throw std::invalid_argument(
            fmt::format("--out: cannot create {}: {}", folder.string(), error.message()));
    }
    return folder;
}

/// Removes what an earlier run left: it must not look like this one's.
void remove_results(const fs::path& folder, bool with_checkpoints) {
    std::error_code error;
    if (with_checkpoints) {
        fs::remove_all(folder / kCheckpointFolder, error);
    }
    for (const char* name : {"summary.json",
                             "report.html",
                             "nodes.csv",
                             "links.csv",
                             "link-use.csv",
                             "labels.csv",
                             "exchanges.csv",
                             "compute-trace.csv",
                             "messages.csv",
                             "timeline.json"}) {
        fs::remove(folder / name, error);
    }
    remove_models(folder / kModelFolder);
}

/// Makes the folder ready for a run and returns it.
const fs::path& prepare(const fs::path& folder, UsedFolder used) {
    check_folder(folder, used != UsedFolder::kRefuse);
    const fs::path probe = folder / ".write-probe";
    if (!std::ofstream(probe)) {
        throw std::invalid_argument(fmt::format("--out: cannot write into {}", folder.string()));
    }
    std::error_code error;
    fs::remove(probe, error);
    remove_results(folder, used != UsedFolder::kGoOn);
    return folder;
}

/// A row of links.csv.
struct LinkCells {
    const LinkRow& link;
    double simulated_s;
};

/// A row of link-use.csv.
struct LinkUseCells {
    double begin_s;
    double duration_s;
    std::uint32_t link;
    double utilization;
};

/// Returns the text of a JSON file; bytes that are no UTF-8, in a path say, are replaced.
std::string json_text(const nlohmann::ordered_json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

template <class T>
nlohmann::ordered_json json_value(const T& value) {
    return value;
}
nlohmann::ordered_json json_value(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}
nlohmann::ordered_json json_value(const std::optional<std::string>& text) {
    return text ? nlohmann::ordered_json(*text) : nlohmann::ordered_json();
}

/// Adds a field for each column of a table.
template <class Table, class Row>
void add_fields(const Row& row, nlohmann::ordered_json& json) {
    Table::columns([&](std::string_view name,
                       std::string_view /*unit*/,
                       std::string_view /*meaning*/,
                       const auto& get) { json[std::string(name)] = json_value(get(row)); });
}

void add_cells(const std::string& cells, std::string& text) {
    text += ',';
    text += cells;
}

/// Header and rows of a table that has further columns in some runs.
template <class Table, class OwnTable, class LifeTable, class EnergyTable>
struct TableWithParts {
    static std::string header(RunParts parts) {
        std::string text = header_of<Table>();
        if (parts.own_tests) {
            add_cells(header_of<OwnTable>(), text);
        }
        if (parts.life) {
            add_cells(header_of<LifeTable>(), text);
        }
        if (parts.energy) {
            add_cells(header_of<EnergyTable>(), text);
        }
        return text;
    }
    template <class Row>
    static std::string row(RunParts parts, const Row& row) {
        std::string text = row_of<Table>(row);
        if (parts.own_tests) {
            add_cells(row_of<OwnTable>(row), text);
        }
        if (parts.life) {
            add_cells(row_of<LifeTable>(row), text);
        }
        if (parts.energy) {
            add_cells(row_of<EnergyTable>(row), text);
        }
        return text;
    }
};
/// Columns that there are none of.
struct NoTable {
    template <class Add>
    static constexpr void columns(Add&& /*add*/) {}
};
using Metrics = TableWithParts<MetricsTable, OwnMetricsTable, LifeMetricsTable, EnergyMetricsTable>;
using Rounds = TableWithParts<RoundsTable, OwnRoundsTable, LifeRoundsTable, EnergyRoundsTable>;
using Nodes = TableWithParts<NodesTable, NoTable, LifeNodesTable, EnergyNodesTable>;

nlohmann::ordered_json experiment_json(const RunDescription& run) {
    const BuildInfo build = build_info();
    const auto text = [](const std::string& value) {
        return json_value(value.empty() ? std::nullopt : std::optional(value));
    };
    nlohmann::ordered_json json;
    json["scenario"] = run.scenario;
    json["program"] = build.program;
    json["revision"] = text(build.revision);
    for (const auto& [name, value] : run.options) {
        std::visit([&](const auto& typed) { json["options"][name] = typed; }, value);
    }
    json["metric"] = text(run.metric);
    for (const auto& [name, version] : build.versions) {
        json["versions"][name] = version;
    }
    json["build"]["type"] = text(build.type);
    json["processor"] = {{"features", build.processor}, {"blas", text(build.blas)}};
    json["ns3"] = {{"environment", run.ns3.environment}, {"defaults", run.ns3.defaults}};
    return json;
}

}  // namespace

ResultFiles::Lock::Lock(const fs::path& folder)
    : file_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    // Where the file system knows no locks, there is none.
    if (file_ >= 0 && flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(file_);
        throw std::invalid_argument(fmt::format(
            "--out: another run writes into {} now; choose another folder", folder.string()));
    }
}

ResultFiles::Lock::~Lock() {
    if (file_ >= 0) {
        close(file_);
    }
}

ResultFiles::~ResultFiles() = default;

ResultFiles::ResultFiles(const fs::path& folder,
                         UsedFolder used,
                         RunParts parts,
                         unsigned threads)
    : folder_(create(folder)),
      lock_(folder_),
      parts_(parts),
      threads_(threads),
      metrics_(prepare(folder_, used) / MetricsTable::kFile, Metrics::header(parts)),
      rounds_(folder_ / RoundsTable::kFile, Rounds::header(parts)),
      trace_(folder_ / "compute-trace.csv") {}

void ResultFiles::begin(const RunDescription& run) {
    write_file("experiment.json", json_text(experiment_json(run)));

    const Overlay& overlay = run.overlay;
    const Graph& graph = overlay.graph(0);
    std::string edges;
    if (overlay.is_dynamic()) {
        edges = fmt::format("# Round 0 alone: {} is drawn anew each round.\n",
                            shown(overlay.topology()));
    }
    if (!run.chooses_peers.empty()) {
        edges += fmt::format("# Not what messages follow: {} chooses who sends to whom.\n",
                             run.chooses_peers);
    }
    if (overlay.is_directed()) {
        edges += "# Without the directions of its edges.\n";
    }
    edges += fmt::format("{}\n", boost::num_vertices(graph));
    for (const auto& [u, v] : sorted_edges(graph)) {
        edges += fmt::format("{} {}\n", u, v);
    }
    write_file("overlay.txt", edges);

    if (!run.labels.empty()) {
        CsvFile labels(folder_ / LabelsTable::kFile, header_of<LabelsTable>());
        for (const LabelCount& row : run.labels) {
            labels.add(row_of<LabelsTable>(row));
        }
        labels.flush();
    }
}

void ResultFiles::add_metrics(const Observation& row) {
    metrics_.add(Metrics::row(parts_, row));
    metrics_.flush();
}

void ResultFiles::add_round(const RoundRow& row) {
    rounds_.add(Rounds::row(parts_, row));
    rounds_.flush();
}

void ResultFiles::add_nodes(const std::vector<NodeRow>& rows) {
    RunParts parts = parts_;
    parts.own_tests = false;
    CsvFile file(folder_ / NodesTable::kFile, Nodes::header(parts));
    file.add_in_batches(rows.size(), threads_, [&](std::size_t node, std::string& lines) {
        lines += Nodes::row(parts, rows[node]);
        lines += '\n';
    });
    file.flush();
}

void ResultFiles::add_links(const LinkTable& table) {
    CsvFile links(folder_ / LinksTable::kFile, header_of<LinksTable>());
    CsvFile use(folder_ / LinkUseTable::kFile, header_of<LinkUseTable>());
    const std::size_t count = table.links.size();
    links.add_in_batches(count, threads_, [&](std::size_t link, std::string& lines) {
        append_row<LinksTable>(LinkCells{table.links[link], table.simulated_s}, lines);
        lines += '\n';
    });
    std::size_t bins = 0;
    for (const LinkRow& row : table.links) {
        bins = std::max(bins, row.utilization.size());
    }
    use.add_in_batches(bins * count, threads_, [&](std::size_t item, std::string& lines) {
        const std::size_t bin = item / count;
        const LinkRow& row = table.links[item % count];
        if (row.utilization[bin] > 0) {
            const double begin = static_cast<double>(bin) * table.bin_s;
            const double duration = std::min(table.bin_s, table.simulated_s - begin);
            append_row<LinkUseTable>(
                LinkUseCells{begin, duration, row.link, row.utilization[bin]}, lines);
            lines += '\n';
        }
    });
    links.flush();
    use.flush();
}

void ResultFiles::add_exchanges(const std::vector<ExchangeCounts::Row>& rows) {
    CsvFile file(folder_ / ExchangesTable::kFile, header_of<ExchangesTable>());
    for (const ExchangeCounts::Row& row : rows) {
        file.add(row_of<ExchangesTable>(row));
    }
    file.flush();
}

void ResultFiles::end(const Summary& summary) {
    write_file(std::string(SummaryTable::kFile), to_json(summary));
}

void ResultFiles::write_file(const std::string& name, const std::string& content) {
    replace_file(folder_ / name, content);
}

std::string to_json(const Summary& summary) {
    nlohmann::ordered_json json;
    add_fields<SummaryTable>(summary, json);
    if (std::isfinite(summary.mean_own_test_loss)) {
        add_fields<OwnSummaryTable>(summary, json);
    }
    if (std::isfinite(summary.present_share)) {
        add_fields<LifeSummaryTable>(summary, json);
    }
    if (std::isfinite(summary.joules)) {
        add_fields<EnergySummaryTable>(summary, json);
    }
    if (std::isfinite(summary.delta)) {
        add_fields<PrivacySummaryTable>(summary, json);
    }
    return json_text(json);
}

void check_folder(const fs::path& folder, bool overwrite) {
    std::error_code error;
    if (!fs::exists(folder, error)) {
        return;
    }
    const bool is_used = !fs::is_empty(folder, error);
    if (error || !fs::is_directory(folder)) {
        throw std::invalid_argument(fmt::format("--out: cannot read {}: {}",
                                                folder.string(),
                                                error ? error.message() : "it is no folder"));
    }
    if (is_used && !overwrite) {
        throw used_folder(folder);
    }
}

fs::path claim_free_folder(const fs::path& parent) {
    std::error_code error;
    fs::create_directories(parent, error);
    for (int number = 1; !error; ++number) {
        fs::path folder = parent / fmt::format("{:03}", number);
        if (fs::create_directory(folder, error)) {
            return folder;
        }
        if (error == std::errc::file_exists) {
            error.clear();  // by a file
        }
    }
    throw std::invalid_argument(
        fmt::format("--out: cannot create a folder in {}: {}", parent.string(), error.message()));
}

}  // namespace murmur
