#pragma once

#include "emulator/record/summary_tables.h"
#include "tools/sweep/children.h"
#include "tools/sweep/curve.h"

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::sweep {

/// The figures that a sweep has of a run, in the order of its columns: those of its summary.json,
/// and when it reached the accuracy that all complete runs have reached.
inline constexpr std::array kFigures = {column<SummaryTable>("simulated_s"),
                                        column<SummaryTable>("mean_test_accuracy"),
                                        column<SummaryTable>("min_test_accuracy"),
                                        column<SummaryTable>("max_test_accuracy"),
                                        column<SummaryTable>("mean_test_loss"),
                                        column<SummaryTable>("consensus_distance"),
                                        column<SummaryTable>("messages"),
                                        column<SummaryTable>("bytes_sent"),
                                        column<SummaryTable>("bytes_content"),
                                        column<SummaryTable>("wall_s"),
                                        column<SummaryTable>("cpu_s"),
                                        column<SummaryTable>("peak_rss_bytes"),
                                        column<SummaryTable>("parameter_hash"),
                                        column<SummaryTable>("messages_in_doubt"),
                                        column<ComparisonTable>("common_accuracy"),
                                        column<ComparisonTable>("time_to_common_s"),
                                        column<ComparisonTable>("bytes_to_common"),
                                        column<SummaryTable>("tested_nodes")};

/// What became of a run.
struct Outcome {
    /// "complete", "diverged", "interrupted" or "failed" as summary.json says; "failed" also
    /// without one, "killed" after a signal, "pending" for a run that has not ended.
    std::string status = "pending";
    std::optional<int> exit_code;  ///< absent where no process was started
    std::string seed;              ///< by summary.json; empty without
    std::string error;             ///< one line; empty unless something went wrong
    std::map<std::string, std::string, std::less<>> figures;  ///< as written in summary.json
    std::vector<RoundPoint> rounds;                           ///< of a complete run
    std::string metric = "accuracy";  ///< what figures called accuracy are, by experiment.json
    /// The highest mean test accuracy among the rounds; absent where there is none.
    std::optional<double> best_accuracy;

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

/// Gives every complete run the highest whole percentage of test accuracy, mean over the nodes,
/// that all complete runs have reached, and the time and bytes that it took there; takes them from
/// all where there is none, as of a regression.  Looks through the rounds of a run again only where
/// that percentage is another one than before.
void compare(std::vector<Outcome>& outcomes);

/// Returns the last line of a text file that is not blank, cut to 300 bytes; empty if none.
[[nodiscard]] std::string last_line(const std::filesystem::path& file);

}  // namespace murmur::sweep
