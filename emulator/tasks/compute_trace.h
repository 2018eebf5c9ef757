#pragma once

#include "emulator/base/csv_file.h"
#include "emulator/tasks/task.h"

#include <deque>
#include <filesystem>
#include <optional>
#include <vector>

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

    struct Row {
        TaskDescription task;
        SimTime duration;
    };
    /// Writes what is left of those that started before `until`, `in_progress` among them: a replay
    /// asks for the duration of a task when it starts, though the run ends before it is over.
    void write_started_before(SimTime until, std::vector<Row> in_progress);

  private:
    void write(const Row& row);

    std::deque<Row> waiting_;  ///< in order of completion
    std::optional<CsvFile> file_;
};

}  // namespace murmur
