#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace murmur::bench {

/// The operating system's account of a process that has ended.
struct ProcessCost {
    bool in_time;  ///< Whether it ended before its limit of CPU time
    double cpu_s;
    double wall_s;
    double peak_rss_gb;
};

/// Runs a program to its end, or until it has used so many CPU seconds.
/// @throws std::runtime_error  if it cannot be started or fails
[[nodiscard]] ProcessCost run_process(const std::filesystem::path& program,
                                      std::vector<std::string> arguments,
                                      std::optional<unsigned> max_cpu_s = std::nullopt);

}  // namespace murmur::bench
