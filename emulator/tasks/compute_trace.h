#pragma once

#include "emulator/base/csv_file.h"
#include "emulator/tasks/compute_clock.h"

#include <filesystem>
#include <optional>

namespace murmur {

/// Writes compute-trace.csv: the simulated duration of each task, in order of completion, for the
/// recorded clock.
class ComputeTraceWriter {
  public:
    /// Writes nothing.
    ComputeTraceWriter() = default;
    explicit ComputeTraceWriter(const std::filesystem::path& path);

    void add(const ComputeJob& job, SimTime start, SimTime duration);
    void flush();

  private:
    std::optional<CsvFile> file_;
};

}  // namespace murmur
