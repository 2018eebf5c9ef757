#pragma once

#include <nlohmann/json_fwd.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace murmur::replay {

/// How far one of our numbers, or the worst of several, is from that of a file of rounds.
struct RuleDifference {
    std::string key;
    double relative;  ///< |ours - theirs| / max(1, |theirs|)
    /// Up to where it is all the same float32, whatever tolerance was asked for.
    double least_tolerance = 0;
    std::string note{};  ///< what a reader should know of it; mostly nothing
};

/// Returns what stands for a value that was not replayed.
[[nodiscard]] inline RuleDifference not_replayed(std::string key, std::string why) {
    return {std::move(key), std::numeric_limits<double>::infinity(), 0, std::move(why)};
}

/// Returns |ours - theirs| / max(1, |theirs|), infinite where ours is no number.
[[nodiscard]] inline double relative_difference(double ours, double theirs) {
    const double difference = std::abs(ours - theirs) / std::max(1.0, std::abs(theirs));
    return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

/// Tells whether a file is one of rounds: of learning methods on a small problem, of aggregation
/// rules, of outer steps (`problem`, `optimisers`, `outer`, `robust`, `demo`).
[[nodiscard]] bool is_rounds_file(const nlohmann::json& root);

/// Replays the sections of a file of rounds with what runs use.
/// @param path      of the file, which `root` holds
/// @param sections  which to replay; empty: all that the file has
/// @throws std::invalid_argument  on one that the file has not, or that is of another shape
[[nodiscard]] std::vector<RuleDifference> replay_rounds(const std::filesystem::path& path,
                                                        const nlohmann::json& root,
                                                        const std::vector<std::string>& sections);

}  // namespace murmur::replay
