#pragma once

#include "emulator/base/csv_file.h"
#include "emulator/base/sim_time.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace murmur {

/// Writes a file in the Trace Event Format of Chrome, which ui.perfetto.dev and chrome://tracing
/// open, event by event: slices on tracks, which belong to groups, and arrows between slices.  The
/// format calls groups processes, and tracks threads.
///
/// Names are words that need no quoting in JSON; `arguments` are members of a JSON object, such as
/// `"round":3`, or empty.
class TraceEventFile {
  public:
    explicit TraceEventFile(const std::filesystem::path& path);
    /// Ends the file where nobody has, so that it can be read.
    ~TraceEventFile();
    TraceEventFile(const TraceEventFile&) = delete;
    TraceEventFile& operator=(const TraceEventFile&) = delete;

    struct Track {
        std::uint64_t group;  ///< above 0
        std::uint64_t track;  ///< above 0, different in all groups
    };

    /// Names a group, and places it among the groups.
    void name_group(std::uint64_t group, std::string_view name);
    /// Names a track, and places it among those of its group.
    void name_track(Track track, std::string_view name, std::uint64_t place);
    /// Slices of one track do not overlap.
    void add_slice(
        Track track, std::string_view name, SimTime begin, SimTime end, std::string_view arguments);
    /// Adds an arrow between two slices: each of them is the one that begins at that instant.
    void add_arrow(std::uint64_t id, Track from, SimTime begin, Track to, SimTime end);

    /// Hands everything to the operating system.
    void flush() { file_.flush(); }
    /// Ends the file; nothing may follow.
    void close();

  private:
    void add(std::string_view event);

    CsvFile file_;
    bool is_first_ = true;
    bool is_closed_ = false;
};

}  // namespace murmur
