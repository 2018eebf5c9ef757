#include "emulator/record/result_files.h"

#include "emulator/base/option_text.h"
#include "emulator/base/replace_file.h"
#include "topologies/text_files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace murmur {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMetricsHeader =
    "sim_time_s,node,round,train_loss,test_loss,test_accuracy,bytes_sent,bytes_received,compute_s,"
    "communication_s,idle_s";
constexpr std::string_view kRoundsHeader =
    "round,sim_time_min_s,sim_time_mean_s,sim_time_max_s,test_accuracy_mean,test_accuracy_min,"
    "test_accuracy_max,test_accuracy_std,test_loss_mean,test_loss_min,test_loss_max,test_loss_std,"
    "train_loss_mean,consensus_distance,bytes_sent,bytes_content,slowest_s,slowest_from,slowest_to,"
    "slowest_bytes,slowest_bound,slowest_link,slowest_own_s,slowest_others_s,slowest_latency_s,"
    "slowest_window_s";
/// Further columns where nodes test themselves on data of their own.
constexpr std::string_view kOwnMetricsHeader = ",own_test_loss,own_test_accuracy,own_test_samples";
constexpr std::string_view kOwnRoundsHeader =
    ",own_test_accuracy_mean,own_test_accuracy_min,own_test_accuracy_max,own_test_accuracy_std,"
    "own_test_loss_mean,own_test_loss_min,own_test_loss_max,own_test_loss_std";
constexpr std::string_view kNodesHeader =
    "node,speed,uplink_bps,downlink_bps,bytes_sent,bytes_received,compute_s,communication_s,idle_s,"
    "samples,transfers,transfer_own_s,transfer_others_s,transfer_latency_s,transfer_window_s";
constexpr std::string_view kLinksHeader =
    "link,name,place,rate_bps,bytes,busy_s,utilization,peak_utilization,messages_bound,waited_s,"
    "packets_lost";
constexpr std::string_view kLinkUseHeader = "sim_time_s,duration_s,link,utilization";

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
void remove_results(const fs::path& folder) {
    std::error_code error;
    for (const char* name : {"summary.json",
                             "report.html",
                             "nodes.csv",
                             "links.csv",
                             "link-use.csv",
                             "compute-trace.csv"}) {
        fs::remove(folder / name, error);
    }
}

/// Makes the folder ready for a run and returns it.
const fs::path& prepare(const fs::path& folder, bool overwrite) {
    check_folder(folder, overwrite);
    const fs::path probe = folder / ".write-probe";
    if (!std::ofstream(probe)) {
        throw std::invalid_argument(fmt::format("--out: cannot write into {}", folder.string()));
    }
    std::error_code error;
    fs::remove(probe, error);
    remove_results(folder);
    return folder;
}

std::string time_cells(const TransferTime& time) {
    return fmt::format("{},{},{},{}",
                       csv_number(time.own_s),
                       csv_number(time.others_s),
                       csv_number(time.latency_s),
                       csv_number(time.window_s));
}

std::string slowest_cells(const std::optional<SlowestTransfer>& slowest) {
    if (!slowest) {
        return ",,,,,,,,,";
    }
    return fmt::format("{},{},{},{},{},{},{}",
                       csv_number(slowest->time.total()),
                       slowest->from,
                       slowest->to,
                       slowest->bytes,
                       slowest->bound,
                       slowest->link,
                       time_cells(slowest->time));
}

std::string transfer_cells(const std::optional<TransferTotals>& transfers) {
    return transfers ? fmt::format("{},{}", transfers->messages, time_cells(transfers->time))
                     : ",,,,";
}

std::string link_cells(const LinkRow& row, double simulated_s) {
    const double peak = row.utilization.empty()
                            ? 0.0
                            : *std::max_element(row.utilization.begin(), row.utilization.end());
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{}",
                       row.link,
                       csv_text(row.name),
                       row.place,
                       csv_number(row.rate_bps),
                       csv_number(std::round(row.bytes)),
                       csv_number(row.busy_s),
                       csv_number(simulated_s > 0 ? row.busy_s / simulated_s : 0.0),
                       csv_number(peak),
                       row.messages_bound,
                       csv_number(row.waited_s),
                       row.packets_lost);
}

/// Returns the text of a JSON file; bytes that are no UTF-8, in a path say, are replaced.
std::string json_text(const nlohmann::ordered_json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

nlohmann::json versions() {
    return {{"murmuration", MURMUR_VERSION},
            {"ns3", MURMUR_NS3_VERSION},
            {"libtorch", MURMUR_TORCH_VERSION},
            {"compiler", __VERSION__}};
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

ResultFiles::ResultFiles(const fs::path& folder, bool overwrite, bool has_own_tests)
    : folder_(create(folder)),
      lock_(folder_),
      has_own_tests_(has_own_tests),
      metrics_(prepare(folder_, overwrite) / "metrics.csv",
               std::string(kMetricsHeader) +
                   std::string(has_own_tests ? kOwnMetricsHeader : std::string_view())),
      rounds_(folder_ / "rounds.csv",
              std::string(kRoundsHeader) +
                  std::string(has_own_tests ? kOwnRoundsHeader : std::string_view())),
      trace_(folder_ / "compute-trace.csv") {}

void ResultFiles::write_setup(const std::string& scenario,
                              const OptionTexts& options,
                              const Overlay& overlay,
                              const ForeignSettings& ns3) {
    nlohmann::ordered_json json;
    json["scenario"] = scenario;
    for (const auto& [name, value] : options) {
        json["options"][name] = value;
    }
    json["versions"] = versions();
    json["ns3"] = {{"environment", ns3.environment}, {"defaults", ns3.defaults}};
    write_file("experiment.json", json_text(json));

    const Graph& graph = overlay.graph(0);
    std::string edges;
    if (overlay.is_dynamic()) {
        edges = fmt::format("# Round 0 alone: {} is drawn anew each round.\n",
                            shown(overlay.topology()));
    }
    if (overlay.is_directed()) {
        edges += "# Without the directions of its edges.\n";
    }
    edges += fmt::format("{}\n", boost::num_vertices(graph));
    for (const auto& [u, v] : sorted_edges(graph)) {
        edges += fmt::format("{} {}\n", u, v);
    }
    write_file("overlay.txt", edges);
}

void ResultFiles::add_metrics(const Observation& row) {
    const EvaluationResult& evaluation = row.evaluation.value();
    const double train_loss = row.train_loss ? row.train_loss.value() : std::nan("");
    const std::string own = has_own_tests_ ? fmt::format(",{},{},{}",
                                                         csv_number(evaluation.own_loss),
                                                         csv_number(evaluation.own_accuracy),
                                                         evaluation.own_samples)
                                           : std::string();
    metrics_.add(fmt::format("{},{},{},{},{},{},{},{},{},{},{}{}",
                             to_seconds(row.time),
                             row.node,
                             row.rounds,
                             csv_number(train_loss),
                             csv_number(evaluation.loss),
                             csv_number(evaluation.accuracy),
                             row.bytes_sent,
                             row.bytes_received,
                             to_seconds(row.time_use.compute),
                             to_seconds(row.time_use.communication),
                             to_seconds(row.time_use.idle),
                             own));
    metrics_.flush();
}

void ResultFiles::add_round(const RoundRow& row) {
    const auto numbers = [](const Spread& spread) {
        return fmt::format("{},{},{},{}",
                           csv_number(spread.mean),
                           csv_number(spread.min),
                           csv_number(spread.max),
                           csv_number(spread.std));
    };
    const std::string own = has_own_tests_ ? fmt::format(",{},{}",
                                                         numbers(row.own_accuracy),
                                                         numbers(row.own_loss))
                                           : std::string();
    rounds_.add(fmt::format("{},{},{},{},{},{},{},{},{},{},{}{}",
                            row.round,
                            csv_number(row.time_s.min),
                            csv_number(row.time_s.mean),
                            csv_number(row.time_s.max),
                            numbers(row.accuracy),
                            numbers(row.loss),
                            csv_number(row.train_loss_mean),
                            csv_number(row.consensus_distance),
                            row.bytes_sent,
                            row.bytes_content,
                            slowest_cells(row.slowest),
                            own));
    rounds_.flush();
}

void ResultFiles::write_nodes(const std::vector<NodeRow>& rows) {
    CsvFile file(folder_ / "nodes.csv", kNodesHeader);
    const auto rate = [](double bps) { return bps > 0 ? csv_number(bps) : std::string(); };
    for (const NodeRow& row : rows) {
        file.add(fmt::format("{},{},{},{},{},{},{},{},{},{},{}",
                             row.node,
                             csv_number(row.speed),
                             rate(row.up_bps),
                             rate(row.down_bps),
                             row.totals.bytes_sent,
                             row.totals.bytes_received,
                             to_seconds(row.totals.time_use.compute),
                             to_seconds(row.totals.time_use.communication),
                             to_seconds(row.totals.time_use.idle),
                             row.samples,
                             transfer_cells(row.totals.transfers)));
    }
    file.flush();
}

void ResultFiles::write_links(const LinkTable& table) {
    CsvFile links(folder_ / "links.csv", kLinksHeader);
    CsvFile use(folder_ / "link-use.csv", kLinkUseHeader);
    std::size_t bins = 0;
    for (const LinkRow& row : table.links) {
        links.add(link_cells(row, table.simulated_s));
        bins = std::max(bins, row.utilization.size());
    }
    for (std::size_t bin = 0; bin < bins; ++bin) {
        const double begin = static_cast<double>(bin) * table.bin_s;
        const double duration = std::min(table.bin_s, table.simulated_s - begin);
        for (const LinkRow& row : table.links) {
            if (row.utilization[bin] > 0) {
                use.add(fmt::format("{},{},{},{:.4g}",
                                    csv_number(begin),
                                    csv_number(duration),
                                    row.link,
                                    row.utilization[bin]));
            }
        }
    }
    links.flush();
    use.flush();
}

void ResultFiles::write_summary(const Summary& summary) {
    write_file("summary.json", to_json(summary));
}

void ResultFiles::write_file(const std::string& name, const std::string& content) {
    replace_file(folder_ / name, content);
}

std::string to_json(const Summary& summary) {
    const auto number = [](double value) {
        return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
    };
    const auto text = [](const std::string& value) {
        return value.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
    };
    nlohmann::ordered_json json{
        {"status", summary.status},
        {"error", text(summary.error)},
        {"ended_by", text(summary.ended_by)},
        {"scenario", summary.scenario},
        {"nodes", summary.nodes},
        {"rounds", summary.rounds},
        {"seed", summary.seed},
        {"workers", summary.workers},
        {"simulated_s", summary.simulated_s},
        {"mean_test_accuracy", number(summary.mean_test_accuracy)},
        {"min_test_accuracy", number(summary.min_test_accuracy)},
        {"max_test_accuracy", number(summary.max_test_accuracy)},
        {"mean_test_loss", number(summary.mean_test_loss)},
        {"consensus_distance", number(summary.consensus_distance)},
        {"messages", summary.messages},
        {"messages_in_doubt", summary.messages_in_doubt},
        {"messages_in_doubt_by_reason", summary.messages_in_doubt_by_reason},
        {"retransmissions", summary.retransmissions},
        {"timeouts", summary.timeouts},
        {"messages_in_flight", summary.messages_in_flight},
        {"bytes_sent", summary.bytes_sent},
        {"bytes_content", summary.bytes_content},
        {"bytes_metadata", summary.bytes_metadata},
        {"events", summary.events},
        {"wall_s", summary.wall_s},
        {"cpu_s", summary.cpu_s},
        {"learning_cpu_s", summary.learning_cpu_s},
        {"simulator_cpu_s", summary.simulator_cpu_s},
        {"held_back_s", summary.held_back_s},
        {"peak_rss_bytes", summary.peak_rss_bytes},
        {"protocol_counts", summary.protocol_counts},
        {"parameter_hash", text(summary.parameter_hash)}};
    if (std::isfinite(summary.mean_own_test_loss)) {
        json["mean_own_test_accuracy"] = number(summary.mean_own_test_accuracy);
        json["min_own_test_accuracy"] = number(summary.min_own_test_accuracy);
        json["max_own_test_accuracy"] = number(summary.max_own_test_accuracy);
        json["mean_own_test_loss"] = number(summary.mean_own_test_loss);
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
