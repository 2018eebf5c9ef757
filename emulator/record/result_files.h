#pragma once

#include "emulator/base/csv_file.h"
#include "emulator/record/run_sink.h"
#include "emulator/tasks/compute_trace.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace murmur {

/// What a run does with a result folder that holds files.
enum class UsedFolder : std::uint8_t {
    kRefuse,
    kReplace,  ///< removes the results and checkpoints of the run before
    kGoOn,     ///< removes its results, and goes on from its checkpoints
};

/// The result folder of a run: what a run leaves behind, each row on disk as soon as it exists.
class ResultFiles final : public RunSink {
  public:
    /// Creates the folder, or takes an empty one; of a used one, what `used` says.
    /// @param parts  which further columns there are
    /// @param threads  that make the lines of long tables
    /// @throws std::invalid_argument  where it holds files and may not, can't be written, or
    ///                                another run writes into it now
    ResultFiles(const std::filesystem::path& folder,
                UsedFolder used,
                RunParts parts = {},
                unsigned threads = 1);
    ~ResultFiles() override;
    ResultFiles(const ResultFiles&) = delete;
    ResultFiles& operator=(const ResultFiles&) = delete;

    /// Writes experiment.json, from which a run can be started again, and overlay.txt: an edge
    /// list, of the first round where the overlay is another one each round, and without directions
    /// where it has them, as comments then say; and labels.csv, where samples have labels.
    void begin(const RunDescription& run) override;
    void add_metrics(const Observation& row) override;
    void add_round(const RoundRow& row) override;
    /// Writes nodes.csv.
    void add_nodes(const std::vector<NodeRow>& rows) override;
    /// Writes links.csv, a row per link, and link-use.csv, a row per link and bin in which the link
    /// carried anything.
    void add_links(const LinkTable& table) override;
    /// Writes exchanges.csv.
    void add_exchanges(const std::vector<ExchangeCounts::Row>& rows) override;
    /// Writes summary.json.
    void end(const Summary& summary) override;
    [[nodiscard]] ComputeTraceWriter& compute_trace() { return trace_; }

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  private:
    void write_file(const std::string& name, const std::string& content);

    /// Holds the folder against other runs while one lives.
    class Lock {
      public:
        explicit Lock(const std::filesystem::path& folder);
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

      private:
        int file_;
    };

    std::filesystem::path folder_;
    Lock lock_;
    RunParts parts_;
    unsigned threads_;
    CsvFile metrics_;
    CsvFile rounds_;
    ComputeTraceWriter trace_;
};

/// Makes the first of `parent`/001, `parent`/002, ... that does not exist yet, and returns it: two
/// runs that start at once get one each.
/// @throws std::invalid_argument  where none can be made
[[nodiscard]] std::filesystem::path claim_free_folder(const std::filesystem::path& parent);

/// Refuses what `ResultFiles` would refuse; makes nothing.
/// @throws std::invalid_argument  where the folder holds files (unless `overwrite`)
void check_folder(const std::filesystem::path& folder, bool overwrite);

}  // namespace murmur
