#pragma once

#include "emulator/report/csv_table.h"
#include "emulator/report/overlay.h"
#include "emulator/report/text.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur::report {

/// Settings by name, in the order of the file.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// experiment.json: what was asked for.
struct ExperimentRecord {
    std::string scenario;
    Settings options;
    Settings origin;                  ///< program, revision, versions, build and processor
    std::string metric = "accuracy";  ///< what columns called accuracy hold; empty: nothing
};

/// summary.json: what came out.  Texts and figures that the file lacks, or has as null, are empty.
struct SummaryRecord {
    std::string status;
    std::string error;
    std::string scenario;
    std::string seed;  ///< as written: 64 bits do not fit a double
    std::string parameter_hash;
    std::map<std::string, double, std::less<>> figures;

    [[nodiscard]] std::optional<double> figure(std::string_view name) const;
};

/// The files of a run as they are on disk, finished or not.
struct RunFolder {
    std::string name;
    std::optional<ExperimentRecord> experiment;
    std::optional<SummaryRecord> summary;
    CsvTable metrics;
    CsvTable rounds;
    CsvTable nodes;
    CsvTable links;      ///< empty where links were not measured
    CsvTable link_use;   ///< empty where links were not measured
    CsvTable labels;     ///< empty where samples have none
    CsvTable exchanges;  ///< empty where the run has finished no round
    std::optional<Overlay> overlay;
    std::vector<std::string> notes;  ///< what is missing or cut short, one sentence each
};

/// What columns called accuracy hold, as charts say it.
struct Metric {
    std::string name = "accuracy";  ///< such as perplexity
    Unit unit = Unit::kPercent;
    bool is_accuracy = true;

    /// Returns the name at the beginning of a sentence.
    [[nodiscard]] std::string capitalized() const;
};
[[nodiscard]] Metric metric_of(const RunFolder& run);

/// Reads a run folder; any of its files may be missing.
/// @throws std::invalid_argument  if `folder` is no directory or has none of the files of a run
/// @throws std::runtime_error     "file:line: ..." if a file cannot be read or is malformed
[[nodiscard]] RunFolder read_run_folder(const std::filesystem::path& folder);

}  // namespace murmur::report
