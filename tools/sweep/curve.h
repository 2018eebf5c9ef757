#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::sweep {

/// The figures of a round that sweep-rounds.csv holds, by their columns in rounds.csv.
inline constexpr std::array<std::string_view, 6> kRoundFigures = {"test_accuracy_mean",
                                                                  "test_loss_mean",
                                                                  "train_loss_mean",
                                                                  "consensus_distance",
                                                                  "bytes_sent",
                                                                  "joules"};

/// A row of a run's rounds.csv, as written; an empty text is a figure that does not exist.
struct RoundPoint {
    std::string round;
    std::string time_s;  ///< when the last node had finished it
    std::array<std::string, kRoundFigures.size()> figures;

    /// Returns a figure as written.
    /// @pre it is among `kRoundFigures`
    [[nodiscard]] const std::string& text(std::string_view figure) const;
    /// Returns a figure as a number.
    [[nodiscard]] std::optional<double> number(std::string_view figure) const;
};

/// Reads the rounds that a run's folder holds; none where there is no such file, and only whole
/// rows.
[[nodiscard]] std::vector<RoundPoint> read_rounds(const std::filesystem::path& folder);

/// Returns the number of the last round that a run has written; nothing before the first.
[[nodiscard]] std::string last_round(const std::filesystem::path& folder);

}  // namespace murmur::sweep
