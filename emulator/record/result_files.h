#pragma once

#include "emulator/base/csv_file.h"
#include "emulator/base/option_text.h"
#include "emulator/network/network_record.h"
#include "emulator/network/overlay.h"
#include "emulator/nodes/observation.h"
#include "emulator/record/round_statistics.h"
#include "emulator/record/summary.h"
#include "emulator/tasks/compute_trace.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace murmur {

/// One row of nodes.csv: a node over the whole run.
struct NodeRow {
    std::uint32_t node = 0;
    double speed = 1;
    double up_bps = 0;  ///< 0: no access link of its own
    double down_bps = 0;
    std::int64_t samples = 0;
    Observation totals;
    std::optional<TransferTotals> transfers{};  ///< empty where the network is not measured
};

/// The result folder of a run: what a run leaves behind, each row on disk as soon as it exists.
class ResultFiles {
  public:
    /// Creates the folder, or takes an empty one.
    /// @throws std::invalid_argument  where it holds files (unless `overwrite`) or can't be written
    ResultFiles(const std::filesystem::path& folder, bool overwrite);

    /// Writes experiment.json, from which a run can be started again, and overlay.txt: an edge
    /// list, of the first round where the overlay is another one each round, which a comment then
    /// says.
    void write_setup(const std::string& scenario,
                     const OptionTexts& options,
                     const Overlay& overlay);

    void add_metrics(const Observation& observation);
    void add_round(const RoundRow& round);
    [[nodiscard]] ComputeTraceWriter& compute_trace() { return trace_; }

    void write_nodes(const std::vector<NodeRow>& rows);
    /// Writes links.csv, a row per link, and link-use.csv, a row per link and bin in which the link
    /// carried anything.
    void write_links(const LinkTable& table);
    void write_summary(const Summary& summary);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  private:
    void write_file(const std::string& name, const std::string& content);

    std::filesystem::path folder_;
    CsvFile metrics_;
    CsvFile rounds_;
    ComputeTraceWriter trace_;
};

/// Returns the first of `parent`/001, `parent`/002, ... that does not exist yet.
[[nodiscard]] std::filesystem::path next_free_folder(const std::filesystem::path& parent);

}  // namespace murmur
