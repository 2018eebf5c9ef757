#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/nodes/device_watcher.h"
#include "emulator/record/message_row.h"
#include "emulator/record/timeline_options.h"
#include "emulator/record/trace_event_file.h"
#include "emulator/tasks/task.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace murmur {

/// Writes timeline.json: what each node computes, sends, receives and waits for.
///
/// The simulation runs ahead of the learning, which may fail: what happened is written once it is
/// known that its run came as far.  A track shows one thing at a time: messages that are under way
/// at once to or from a node have tracks of their own, as many as it takes.
class Timeline final : public DeviceWatcher {
  public:
    Timeline(const std::filesystem::path& path, TimelineOptions options, std::uint32_t num_nodes);

    void begin_work(const TaskDescription& task) override;
    void end_work(const TaskDescription& task, bool is_cut_off) override;
    void pass_time(std::uint32_t node, Occupation what, SimTime begin) override;
    /// Says that a message is sent now.
    void send(const MessageRow& message);
    /// Says that it has ended now.
    void end(const MessageRow& message);

    /// Writes what was over before `until`; the rest waits.
    void write_before(SimTime until);
    /// Writes what is left of what began before `end`, cut off at `until`, and ends the file.
    /// @param under_way  messages that have not ended
    void finish(SimTime end, SimTime until, const std::vector<MessageRow>& under_way);
    /// Returns how many things wait.
    [[nodiscard]] std::size_t num_waiting() const { return waiting_.size(); }

  private:
    /// Numbers of tracks of one kind that are in use: the lowest free one is taken.
    class Lanes {
      public:
        std::uint32_t take();
        void give_back(std::uint32_t lane) { free_.insert(lane); }

      private:
        std::set<std::uint32_t> free_;
        std::uint32_t count_ = 0;
    };
    struct MessageLanes {
        std::uint32_t up = 0;
        std::uint32_t down = 0;
    };

    struct WorkSlice {
        TaskDescription task;
        SimTime end;
        bool is_cut_off;
    };
    struct WaitSlice {
        std::uint32_t node;
        Occupation what;
        SimTime begin;
        SimTime end;
    };
    struct MessageSlices {
        MessageRow row;
        MessageLanes lanes;
    };
    using What = std::variant<WorkSlice, WaitSlice, MessageSlices>;
    struct Waiting {
        SimTime since;
        What what;
    };
    /// Tracks of a node in the order in which they are shown.
    enum class TrackKind : std::uint8_t { kTrain, kEncode, kMerge, kWaiting, kUplink, kDownlink };

    [[nodiscard]] bool shows(const MessageRow& message) const {
        return options_.shows(message.from) || options_.shows(message.to);
    }
    void keep(What what);
    void close_wait(std::uint32_t node);
    /// Returns where something is to be among what is left at the end.
    [[nodiscard]] static std::tuple<SimTime, std::size_t, std::uint64_t, std::uint64_t> place_of(
        const What& what);
    void write(const WorkSlice& slice);
    void write(const WaitSlice& slice);
    void write(const MessageSlices& slices);
    [[nodiscard]] TraceEventFile::Track track(std::uint32_t node,
                                              TrackKind kind,
                                              std::uint32_t lane = 0);

    TraceEventFile file_;
    TimelineOptions options_;
    std::uint32_t num_nodes_;
    std::deque<Waiting> waiting_;
    std::map<std::pair<std::uint32_t, TaskKind>, TaskDescription> running_;
    std::vector<std::optional<WaitSlice>> waits_;            ///< [num_nodes], which may go on
    std::vector<Lanes> uplinks_;                             ///< [num_nodes]
    std::vector<Lanes> downlinks_;                           ///< [num_nodes]
    std::unordered_map<std::uint64_t, MessageLanes> lanes_;  ///< by message that is under way
    std::map<std::tuple<std::uint32_t, TrackKind, std::uint32_t>, std::uint64_t> tracks_;
    std::set<std::uint32_t> named_;  ///< nodes
    SimTime write_until_ = SimTime::max();
};

}  // namespace murmur
