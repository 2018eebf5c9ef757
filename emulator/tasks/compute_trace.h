#pragma once

#include "emulator/base/csv_file.h"
#include "emulator/tasks/task.h"

#include <deque>
#include <filesystem>
#include <optional>

namespace murmur {

/// Writes compute-trace.csv: the simulated duration of each task, in order of completion, for the
/// recorded clock.  The simulation runs ahead of the learning, which may fail: a row is written
/// once it is known that its run came as far.
class ComputeTraceWriter {
  public:
    /// Writes nothing.
    ComputeTraceWriter() = default;
    explicit ComputeTraceWriter(const std::filesystem::path& path);

    void add(const TaskDescription& task, SimTime duration);
    /// Writes the tasks that were completed before `until`; the others wait.
    void write_before(SimTime until);

  private:
    struct Row {
        TaskDescription task;
        SimTime duration;
    };
    std::deque<Row> waiting_;  ///< in order of completion
    std::optional<CsvFile> file_;
};

}  // namespace murmur
