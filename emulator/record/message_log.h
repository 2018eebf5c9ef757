#pragma once

#include "emulator/base/csv_file.h"
#include "emulator/record/message_row.h"

#include <cstddef>
#include <deque>
#include <filesystem>
#include <utility>
#include <vector>

namespace murmur {

/// Writes messages.csv.  The simulation runs ahead of the learning, which may fail: a row is
/// written once it is known that its run came as far.
class MessageLog {
  public:
    explicit MessageLog(const std::filesystem::path& path);

    /// Takes a message that has ended, now.
    void add(MessageRow row) { waiting_.push_back(std::move(row)); }
    /// Writes the messages that ended before `until`; the others wait.
    void write_before(SimTime until);
    /// Writes what is left of those that were sent before `end`, `under_way` among them: they are
    /// under way then.
    void finish(SimTime end, std::vector<MessageRow> under_way);
    /// Returns how many messages wait.
    [[nodiscard]] std::size_t num_waiting() const { return waiting_.size(); }

  private:
    std::deque<MessageRow> waiting_;  ///< in the order in which they ended
    CsvFile file_;
};

}  // namespace murmur
