#pragma once

#include "emulator/record/summary_tables.h"
#include "tools/sweep/children.h"

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace murmur::sweep {

/// The figures that a sweep takes from a run's summary.json, in the order of its columns.
inline constexpr std::array kFigures = {column<SummaryTable>("simulated_s"),
                                        column<SummaryTable>("mean_test_accuracy"),
                                        column<SummaryTable>("min_test_accuracy"),
                                        column<SummaryTable>("max_test_accuracy"),
                                        column<SummaryTable>("consensus_distance"),
                                        column<SummaryTable>("messages"),
                                        column<SummaryTable>("bytes_sent"),
                                        column<SummaryTable>("bytes_content"),
                                        column<SummaryTable>("wall_s"),
                                        column<SummaryTable>("cpu_s"),
                                        column<SummaryTable>("peak_rss_bytes"),
                                        column<SummaryTable>("parameter_hash"),
                                        column<SummaryTable>("messages_in_doubt")};

/// What became of a run.
struct Outcome {
    /// "complete", "diverged", "interrupted" or "failed" as summary.json says; "failed" also
    /// without one, "killed" after a signal, "pending" for a run that has not ended.
    std::string status = "pending";
    std::optional<int> exit_code;  ///< absent where no process was started
    std::string error;             ///< one line; empty unless something went wrong
    std::map<std::string, std::string, std::less<>> figures;  ///< as written in summary.json

    [[nodiscard]] bool is_complete() const { return status == "complete"; }
    /// Returns a figure as a number; nothing where the run has no such figure.
    [[nodiscard]] std::optional<double> number(std::string_view figure) const;
};

/// Reads what a run left in `folder`; an unreadable or absent summary.json is a failed run.
[[nodiscard]] Outcome read_outcome(const std::filesystem::path& folder);

/// Reads what an ended process left in `folder`, and corrects it by how the process ended.
/// `log` holds what it printed.
[[nodiscard]] Outcome judge(const Ended& ended,
                            const std::filesystem::path& folder,
                            const std::filesystem::path& log);

/// Returns the last line of a text file that is not blank, cut to 300 bytes; empty if none.
[[nodiscard]] std::string last_line(const std::filesystem::path& file);

}  // namespace murmur::sweep
