#pragma once

#include <filesystem>
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

/// Runs a program to its end, or until it has used so much CPU time.
/// @throws std::runtime_error  if it cannot be started or fails
[[nodiscard]] ProcessCost run_process(const std::filesystem::path& program,
                                      std::vector<std::string> arguments,
                                      unsigned max_cpu_s = 86'400);

/// A folder for temporary files, removed at the end.
class TemporaryFolder {
  public:
    /// @throws std::runtime_error  if it cannot be created
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace murmur::bench
